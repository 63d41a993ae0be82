"""STS: who may become which role, and the credentials that come of it.

Codes and texts: STS API reference, github.com/aws/eks-anywhere issue 9485 (the hour of a chained
role) and github.com/mattrobinsonsre/terrapod pull request 1546 (`sts:TagSession` in a chain), both
checked 2026-11-23.
The order of the checks, and texts marked `lab:`, are the lab's own: AWS publishes neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podrole.lab.access.authorizer import Denial, Requirement
from podrole.lab.access.iam_state import IamState
from podrole.lab.access.service import Operation, Service, Unsigned
from podrole.lab.arn import account_of
from podrole.lab.audit.user_identity import web_identity
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import AssumedRole, Caller
from podrole.lab.credentials import Session, issued
from podrole.lab.oidc import context_provider
from podrole.lab.oidc.issuer import Token, TokenError
from podrole.lab.protocol import validation
from podrole.lab.protocol.call import Call
from podrole.lab.services.sts import authorization_message, session_request
from podrole.lab.services.sts.events import StsEvents
from podrole.lab.services.sts.outbound_tokens import OutboundTokens
from podrole.lab.services.sts.role_assumption import Assumption, RoleAssumption
from podrole.lab.services.sts.role_sessions import RoleSessions
from podrole.lab.services.sts.scoped_credentials import ScopedCredentials
from podrole.lab.services.sts.session_policies import session_policies
from podrole.lab.services.sts.session_request import SessionTags
from podrole.lab.services.sts.session_token import sizes
from podrole.lab.services.sts.user_sessions import UserSessions
from podrole.lab.services.sts.web_identity import WebIdentities

#: STS names neither layer nor reason for a role (terrapod pull request 1546).
_WITHOUT_REASON = Denial(reason=False)
_WEB_IDENTITY_DENIED = Denial(
    "AccessDenied", 403, message="Not authorized to perform sts:AssumeRoleWithWebIdentity"
)
#: Operations without a resource, which the identity-based policies decide.
_PLAIN = {"GetAccessKeyInfo", "DecodeAuthorizationMessage", "GetScopedCredentials"}
#: "Not available on the STS Global endpoint" (botocore 1.44.8, model of STS).
_REGIONAL = {"GetScopedCredentials", "GetWebIdentityToken"}
_GLOBAL_ENDPOINT = "sts.amazonaws.com"


class Sts(Service):
    """The operations of STS that the lab carries."""

    events = StsEvents()

    def __init__(
        self,
        iam: IamState,
        sessions: RoleSessions,
        assumption: RoleAssumption,
        web_identities: WebIdentities,
        outbound: OutboundTokens,
    ) -> None:
        """EKS Auth too decides by `assumption` and makes sessions by `sessions`."""
        self._iam = iam
        self.sessions = sessions
        self.assumption = assumption
        self.web_identities = web_identities
        self._outbound = outbound
        self._users = UserSessions(iam, sessions)
        self._scoped = ScopedCredentials(iam, sessions)

    def requirements(self, call: Call, caller: Caller) -> list[Requirement] | None:
        """GetCallerIdentity needs nothing; AssumeRole decides with the role's trust policy.

        Raises AwsError for a call that the global endpoint does not have.
        """
        if self.operation(call.name) is None:
            return None
        validation.check(call)
        UserSessions.check_reach(call, caller)
        if call.name in _REGIONAL and call.headers.get("host") == _GLOBAL_ENDPOINT:
            reason = f"lab: {call.name} is not available on the global endpoint: ask a Region's"
            raise AwsError("InvalidAction", reason)
        if self._users.operation(call.name):
            return self._users.requirements(call, caller)
        if call.name == "GetWebIdentityToken":
            return self._outbound.requirements(call, caller)
        if call.name in _PLAIN:
            return [Requirement(f"sts:{call.name}", "*", caller.account)]
        return []

    def operation(self, name: str) -> Operation | None:
        """The signed operations; AssumeRoleWithWebIdentity has no caller."""
        return {
            "GetCallerIdentity": self.get_caller_identity,
            "AssumeRole": self.assume_role,
            "GetAccessKeyInfo": self._get_access_key_info,
            "DecodeAuthorizationMessage": self._decode_authorization_message,
            "GetScopedCredentials": self._scoped.get,
            "GetWebIdentityToken": self._outbound.get,
        }.get(name) or self._users.operation(name)

    def account(self, call: Call, caller: Caller) -> str:
        """The account of the role that the caller assumes."""
        return (
            account_of(call.parameters["RoleArn"])
            if call.name == "AssumeRole"
            else (caller.account)
        )

    def throttled(self) -> AwsError:
        """Code, text and status as an answer of STS has them (selling-partner-api #278 of
        2022-05-17, aws-sdk-go-v2 #2481 of 2024-02-05; checked 2026-11-24)."""
        return AwsError("Throttling", "Rate exceeded", 400)

    def unsigned(self, call: Call) -> Unsigned | None:
        """AssumeRoleWithWebIdentity: the token says who calls, before anyone has verified it."""
        if call.name != "AssumeRoleWithWebIdentity":
            return None
        self.validate(call)
        account = (call.parameters["RoleArn"].split(":")[4:5] or [""])[0]
        identity: Mapping[str, Any] = {"type": "WebIdentityUser", "userName": "unknown"}
        try:
            token = Token.read(call.parameters["WebIdentityToken"])
            provider = token.text("iss").removeprefix("https://")
            arn = f"arn:aws:iam::{account}:oidc-provider/{provider}"
            identity = web_identity(arn, ",".join(token.audiences), token.text("sub"))
        except TokenError:
            pass  # the operation says what is wrong with it
        return Unsigned(identity, account, lambda: self.assume_role_with_web_identity(call))

    # -- operations ----------------------------------------------------------------------

    def get_caller_identity(self, call: Call, caller: Caller) -> dict[str, Any]:
        """Answers everyone whose credentials are good: no policy can deny it."""
        return {"UserId": caller.unique_id, "Account": caller.account, "Arn": caller.arn}

    def _get_access_key_info(self, call: Call, caller: Caller) -> dict[str, Any]:
        account = self.sessions.credentials.account_of(call.parameters["AccessKeyId"])
        if account is None:
            raise AwsError("ValidationError", "lab: the lab has not issued this key")
        return {"Account": account}

    def _decode_authorization_message(self, call: Call, caller: Caller) -> dict[str, Any]:
        return {"DecodedMessage": authorization_message.decoded(call.parameters["EncodedMessage"])}

    def assume_role(self, call: Call, caller: Caller) -> dict[str, Any]:
        """The role's trust policy and, as a rule, the caller's own policies must allow."""
        parameters = call.parameters
        session_request.check_arn(parameters)
        account, _ = session_request.role_of(parameters)
        calling = caller.session if isinstance(caller, AssumedRole) else None
        tags = SessionTags.asked(parameters, calling)
        source = session_request.source_identity(parameters, calling)
        wish = Assumption(
            parameters["RoleArn"],
            parameters["RoleSessionName"],
            _WITHOUT_REASON,
            tags,
            source,
            parameters.get("ExternalId"),
        )
        role = self.assumption.role(call, caller, wish)
        chained = calling is not None
        policies = session_policies(parameters, account, self._iam)
        session = self.sessions.issue(
            role,
            name=session_request.session_name(parameters),
            seconds=session_request.duration(parameters, role.max_session, chained=chained),
            tags=tags,
            source_identity=source,
            policies=policies,
            chained=chained,
            token_size=int(parameters.get("MinimumSessionTokenSize", 0)),
        )
        return {**assumed(session), "SourceIdentity": source}

    def assume_role_with_web_identity(self, call: Call) -> dict[str, Any]:
        """Token, issuer, provider, audience and age first; then the trust policy alone decides."""
        validation.check(call)
        parameters = call.parameters
        account, _ = session_request.role_of(parameters)
        identity = self.web_identities.verified(parameters.get("WebIdentityToken", ""), account)
        wish = Assumption(
            parameters["RoleArn"], parameters["RoleSessionName"], _WEB_IDENTITY_DENIED
        )
        role = self.assumption.role(call, identity, wish)
        session = self.sessions.issue(
            role,
            name=session_request.session_name(parameters),
            seconds=session_request.duration(parameters, role.max_session, chained=False),
            policies=session_policies(parameters, account, self._iam),
            provider=identity.arn,
            origin=identity.origin,
            token_size=int(parameters.get("MinimumSessionTokenSize", 0)),
        )
        return {
            **assumed(session),
            "SubjectFromWebIdentityToken": identity.subject,
            "Provider": identity.arn,
            "Audience": identity.audience,
            "TrustedIdentityPropagationContext": context_provider.told(identity.origin),
        }


def assumed(session: Session) -> dict[str, Any]:
    """What AssumeRole answers with a session."""
    told = sizes(session.token)
    return {
        **told,
        "PackedPolicySize": told["SessionTokenUtilization"],
        "Credentials": issued(session),
        "AssumedRoleUser": {"AssumedRoleId": session.unique_id, "Arn": session.arn},
    }
