"""GetSessionToken and GetFederationToken: temporary credentials by a user's long-lived key.

Source: STS API reference of both, and IAM user guide, "Compare AWS STS credentials" and
"Permissions for GetFederationToken"; "Cannot call … with session credentials": aws-sdk-net #1704
and granted #151 (checked 2026-11-23). The lab has no MFA devices.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from podrole.lab.access.authorizer import Requirement, delegated_to
from podrole.lab.access.iam_state import IamState
from podrole.lab.access.service import Operation
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller, FederatedUser, User
from podrole.lab.credentials import Federation, UserSession, issued
from podrole.lab.protocol.call import Call
from podrole.lab.services.sts.role_sessions import RoleSessions
from podrole.lab.services.sts.session_policies import session_policies
from podrole.lab.services.sts.session_request import NO_TAGS, SessionTags
from podrole.lab.services.sts.session_token import sizes, with_content
from podrole.policy import Policy, parse_policy

_DEFAULT_SECONDS = 12 * 3600
#: What temporary credentials of users may call in STS.
_BY_USER = {"AssumeRole", "GetCallerIdentity"}
_BY_FEDERATED_USER = {"GetCallerIdentity"}


class UserSessions:
    """The two operations that give users temporary credentials."""

    def __init__(self, iam: IamState, sessions: RoleSessions) -> None:
        """`sessions` has the clock, the identifiers and the place for what comes of it."""
        self._iam = iam
        self._credentials = sessions.credentials
        self._clock = sessions.clock
        self._identifiers = sessions.identifiers

    def operation(self, name: str) -> Operation | None:
        """The operation of that name."""
        return {
            "GetSessionToken": self._get_session_token,
            "GetFederationToken": self._get_federation_token,
        }.get(name)

    def requirements(self, call: Call, caller: Caller) -> list[Requirement]:
        """What the two need. Raises AwsError (AccessDenied) for a caller without a user's key."""
        if not isinstance(caller, User) or caller.session is not None:
            message = f"Cannot call {call.name} with session credentials"
            raise AwsError("AccessDenied", message, 403)
        if call.name == "GetSessionToken":
            return []  # "You cannot use policies to control authentication operations."
        account, name = caller.account, call.parameters["Name"]
        arn = f"arn:aws:sts::{account}:federated-user/{name}"
        tags = SessionTags.asked(call.parameters)
        actions = ["sts:GetFederationToken"] + (["sts:TagSession"] if tags.tags else [])
        here = delegated_to(account)
        return [Requirement(action, arn, account, tags.context, here) for action in actions]

    @staticmethod
    def check_reach(call: Call, caller: Caller) -> None:
        """Refuse what a user's temporary credentials cannot call in STS, whatever policies say.

        Raises AwsError (AccessDenied).
        """
        if isinstance(caller, FederatedUser):
            reach = _BY_FEDERATED_USER
        elif isinstance(caller, User) and caller.session is not None:
            reach = _BY_USER
        else:
            return
        if call.name not in reach | {"GetSessionToken", "GetFederationToken"}:
            reason = f"lab: these temporary credentials may call {', '.join(sorted(reach))} of STS"
            raise AwsError("AccessDenied", reason, 403)

    def _get_session_token(self, call: Call, caller: Caller) -> dict[str, Any]:
        if call.parameters.get("SerialNumber") or call.parameters.get("TokenCode"):
            raise AwsError("NotImplemented", "lab: there are no MFA devices", 501)
        session = self._issue(call, caller)
        return {"Credentials": issued(session), **sizes(session.token)}

    def _get_federation_token(self, call: Call, caller: Caller) -> dict[str, Any]:
        parameters = call.parameters
        policies = session_policies(parameters, caller.account, self._iam)
        tags = SessionTags.asked(parameters)
        federation = Federation(parameters["Name"], tags.tags, policies or (_nothing(),))
        session = self._issue(call, caller, federation, policies, tags)
        told = sizes(session.token)
        federated = FederatedUser(session, federation)
        return {
            "Credentials": issued(session),
            "FederatedUser": {"FederatedUserId": federated.unique_id, "Arn": federated.arn},
            "PackedPolicySize": told["SessionTokenUtilization"],
            **told,
        }

    def _issue(
        self,
        call: Call,
        caller: Caller,
        federation: Federation | None = None,
        policies: tuple[Policy, ...] = (),
        tags: SessionTags = NO_TAGS,
    ) -> UserSession:
        now = self._clock.now()
        seconds = int(call.parameters.get("DurationSeconds", _DEFAULT_SECONDS))
        session = UserSession(
            access_key_id=self._identifiers.unique_id("ASIA"),
            secret_access_key=self._identifiers.secret_access_key(),
            token=with_content(
                self._identifiers.session_token(),
                policies,
                tags,
                at_least=int(call.parameters.get("MinimumSessionTokenSize", 0)),
            ),
            account=caller.account,
            user_name=caller.name,
            issued=now,
            expires=now + timedelta(seconds=seconds),
            federation=federation,
        )
        self._credentials.add_user_session(session)
        return session


def _nothing() -> Policy:
    """A federated user without session policies has no permissions of its own; a resource-based
    policy can still name it."""
    nothing = {"Effect": "Allow", "Action": "lab:Nothing", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": nothing}
    return parse_policy(document, kind="session", name="(no session policy)")
