"""STS: who may become which role, and the credentials that come of it.

Codes and texts: STS API reference and the threads named in the shared facts (checked 2026-11-23).
The order of the checks, and texts marked `lab:`, are the lab's own: AWS publishes neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from podrole.policy import Policy, PolicyError, PolicySet, Request, authorize, parse_policy

from .authorization import Authorizer, Requirement, denied
from .aws_error import AwsError
from .call import Call
from .clock import Clock
from .credentials import Caller, Credentials, Session
from .iam_state import IamState, Principal
from .identifiers import Identifiers
from .issuer import Issuer, Token, TokenError
from .service import Operation, Service

_ROLE_ARN = re.compile(r"arn:aws:iam::(\d{12}):role/(?:.*/)?([\w+=,.@-]+)\Z")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}\Z", re.ASCII)
_WEB_IDENTITY_DENIED = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
_DEFAULT_DURATION, _SHORTEST, _CHAINED_LONGEST = 3600, 900, 3600


class Sts(Service):
    """The operations of STS that the lab carries."""

    def __init__(
        self,
        iam: IamState,
        credentials: Credentials,
        authorizer: Authorizer,
        issuers: Mapping[str, Issuer],
        clock: Clock,
        seed: int,
    ) -> None:
        """`issuers` maps issuer URLs to issuers; it may grow later."""
        self._iam = iam
        self._credentials = credentials
        self._authorizer = authorizer
        self._issuers = issuers
        self._clock = clock
        self._identifiers = Identifiers(seed, "sts")

    def issue(self, account: str, role_name: str, role: Principal, **more: Any) -> Session:
        """A new session of a role. `more`: name, seconds, and the members of Session."""
        now = self._clock.now()
        session = Session(
            access_key_id=self._identifiers.unique_id("ASIA"),
            secret_access_key=self._identifiers.secret_access_key(),
            token=self._identifiers.session_token(),
            account=account,
            role_name=role_name,
            role_id=role.unique_id,
            issued=now,
            expires=now + timedelta(seconds=more.pop("seconds")),
            **more,
        )
        self._credentials.add_session(session)
        return session

    def requirements(self, call: Call, caller: Caller) -> list[Requirement] | None:
        """GetCallerIdentity needs nothing; AssumeRole decides with the role's trust policy."""
        return [] if self.operation(call.name) else None

    def operation(self, name: str) -> Operation | None:
        """The signed operations; AssumeRoleWithWebIdentity has no caller."""
        return {
            "GetCallerIdentity": self.get_caller_identity,
            "AssumeRole": self.assume_role,
        }.get(name)

    # -- operations ----------------------------------------------------------------------

    def get_caller_identity(self, call: Call, caller: Caller) -> dict[str, Any]:
        """Answers everybody whose credentials are good: no policy can deny it."""
        return {"UserId": caller.unique_id, "Account": caller.account, "Arn": caller.arn}

    def assume_role(self, call: Call, caller: Caller) -> dict[str, Any]:
        """The role's trust policy and, as a rule, the caller's own policies must allow."""
        parameters = call.parameters
        account, name = _role_of(parameters)
        role_arn = parameters["RoleArn"]
        role = self._iam.role(account, name)
        tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])}
        transitive = frozenset(parameters.get("TransitiveTagKeys", []))
        inherited: dict[str, str] = {}
        if caller.session is not None:
            keep = caller.session.transitive_tags
            inherited = {key: value for key, value in caller.session.tags.items() if key in keep}
            transitive |= keep
        context: dict[str, Any] = {"sts:RoleSessionName": parameters["RoleSessionName"]}
        if "ExternalId" in parameters:
            context["sts:ExternalId"] = parameters["ExternalId"]
        for key, value in {**tags, **inherited}.items():
            context[f"aws:RequestTag/{key}"] = value
        if tags or inherited:
            context["aws:TagKeys"] = sorted({**tags, **inherited})
            context["sts:TransitiveTagKeys"] = sorted(transitive)
        actions = ["sts:AssumeRole"] + (["sts:TagSession"] if tags or inherited else [])
        for action in actions:
            requirement = Requirement(
                action, role_arn, account, context, role.trust if role else _nobody()
            )
            decision = self._authorizer.decide(call, caller, requirement)
            if not decision.allowed:
                refusal = denied(call, caller, requirement, decision)
                # STS names neither layer nor reason for a role (wire formats, shared facts).
                refusal.message = refusal.message.split(" because ")[0].split(" with an ")[0]
                raise refusal
        assert role is not None
        chained = caller.session is not None
        session = self.issue(
            account,
            name,
            role,
            name=_session_name(parameters),
            seconds=self._duration(parameters, role, chained=chained),
            tags={**tags, **inherited},
            transitive_tags=transitive,
            policies=_session_policies(parameters),
            chained=chained,
        )
        return _assumed(session)

    def assume_role_with_web_identity(self, call: Call) -> dict[str, Any]:
        """Token, issuer, provider, audience and age first; then the trust policy alone decides."""
        parameters = call.parameters
        account, name = _role_of(parameters)
        token = self._verified(parameters.get("WebIdentityToken", ""), account)
        issuer = self._issuers[token.text("iss")]
        provider_arn = f"arn:aws:iam::{account}:oidc-provider/{issuer.provider}"
        role = self._iam.role(account, name)
        subject, audience = token.text("sub"), token.audiences[0]
        request = Request(
            principal=provider_arn,
            action="sts:AssumeRoleWithWebIdentity",
            resource=parameters["RoleArn"],
            resource_account=account,
            context={
                **self._authorizer.context(call, None),
                f"{issuer.provider}:sub": subject,
                f"{issuer.provider}:aud": audience,
                "aws:FederatedProvider": provider_arn,
                "sts:RoleSessionName": parameters["RoleSessionName"],
            },
        )
        trust = role.trust if role else _nobody()
        if role is None or not authorize(request, PolicySet(resource=trust)).allowed:
            raise AwsError("AccessDenied", _WEB_IDENTITY_DENIED, 403)
        session = self.issue(
            account,
            name,
            role,
            name=_session_name(parameters),
            seconds=self._duration(parameters, role, chained=False),
            policies=_session_policies(parameters),
            provider=provider_arn,
        )
        return {
            **_assumed(session),
            "SubjectFromWebIdentityToken": subject,
            "Provider": provider_arn,
            "Audience": audience,
        }

    # -- checks --------------------------------------------------------------------------

    def _verified(self, text: str, account: str) -> Token:
        try:
            token = Token.read(text)
        except TokenError:
            raise AwsError(
                "InvalidIdentityToken",
                "The ID Token provided is not a valid JWT."
                " (You may see this error if you sent an Access Token)",
            ) from None
        url = token.text("iss")
        issuer = self._issuers.get(url)
        provider = url.removeprefix("https://")
        audiences = self._iam.provider_audiences(
            account, f"arn:aws:iam::{account}:oidc-provider/{provider}"
        )
        if audiences is None:
            raise AwsError(
                "InvalidIdentityToken",
                f"No OpenIDConnect provider found in your account for {url}",
            )
        if issuer is None:
            raise AwsError(
                "InvalidIdentityToken",
                "Couldn't retrieve verification key from your identity provider,  please"
                " reference AssumeRoleWithWebIdentity documentation for requirements",
            )
        if not issuer.signed(token):
            raise AwsError(
                "InvalidIdentityToken", "lab: the issuer's keys do not verify the signature"
            )
        if not token.audiences or not set(token.audiences) <= set(audiences):
            raise AwsError("InvalidIdentityToken", "Incorrect token audience")
        now = self._clock.timestamp()
        expiry = token.seconds("exp")
        if expiry is None or now >= expiry:
            raise AwsError(
                "ExpiredTokenException",
                f"Token expired: current date/time {now} must be before the expiration"
                f" date/time {int(expiry or 0)}",
            )
        if (token.seconds("nbf") or 0) > now:
            raise AwsError("InvalidIdentityToken", "lab: the token is not valid yet")
        return token

    def _duration(self, parameters: Mapping[str, Any], role: Principal, *, chained: bool) -> int:
        seconds = int(parameters.get("DurationSeconds", _DEFAULT_DURATION))
        if seconds < _SHORTEST:
            raise AwsError(
                "ValidationError",
                f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to"
                " satisfy constraint: Member must have value greater than or equal to 900",
            )
        if chained and seconds > _CHAINED_LONGEST:
            raise AwsError(
                "ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed"
                " by role chaining.",
            )
        if seconds > role.max_session:
            raise AwsError(
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            )
        return seconds


def _role_of(parameters: Mapping[str, Any]) -> tuple[str, str]:
    match = _ROLE_ARN.match(parameters.get("RoleArn", ""))
    if not match:
        raise AwsError("ValidationError", "Request ARN is invalid")
    return match[1], match[2]


def _session_name(parameters: Mapping[str, Any]) -> str:
    name = str(parameters.get("RoleSessionName", ""))
    if not _SESSION_NAME.match(name):
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy"
            " constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        )
    return name


def _session_policies(parameters: Mapping[str, Any]) -> tuple[Policy, ...]:
    if parameters.get("PolicyArns"):
        raise AwsError("NotImplemented", "the lab does not carry PolicyArns; use Policy", 501)
    if not parameters.get("Policy"):
        return ()
    try:
        return (parse_policy(parameters["Policy"], kind="session", name="session policy"),)
    except PolicyError as error:
        raise AwsError("MalformedPolicyDocument", str(error)) from error


def _nobody() -> Policy:
    """The trust policy of a role that does not exist: refused in the same words as a denial."""
    return parse_policy(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:*"}],
        },
        kind="trust",
        name="(no such role)",
    )


def _assumed(session: Session) -> dict[str, Any]:
    return {
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret_access_key,
            "SessionToken": session.token,
            "Expiration": session.expires,
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"{session.role_id}:{session.name}",
            "Arn": session.arn,
        },
    }
