"""Each call's decision: what it needs, the policies that speak, and AWS's words for a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from podrole.policy import Decision, Policy, PolicySet, Request, authorize

from .aws_error import AwsError
from .call import Call
from .clock import Clock
from .credentials import Caller
from .iam_state import IamState

_ACCOUNT_IN_ARN = 4
#: The address that calls come from, of the range for documentation (RFC 5737).
SOURCE_IP = "203.0.113.10"

# IAM user guide, "Troubleshoot access denied error messages" (checked 2026-11-23).
_LAYERS = {
    "identity": "identity-based policy",
    "resource": "resource-based policy",
    "trust": "resource-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
    "scp": "service control policy",
    "rcp": "resource control policy",
}


@dataclass(frozen=True)
class Denial:
    """How a service words its refusal, where it is not its protocol's usual way."""

    code: str | None = None
    status: int | None = None
    action: str = "{action}"  # how it spells `service:Action`: {action}, {lower}, {name}
    message: str | None = None  # in place of the sentence that names caller, action and resource
    shape: str | None = None  # the error's name in a JSON body, where it is not the code


@dataclass(frozen=True)
class Requirement:
    """One action on one resource that a call needs."""

    action: str
    resource: str
    account: str
    context: Mapping[str, Any] = field(default_factory=dict)
    policy: Policy | None = None  # of the resource
    shown: str | None = None  # how the service's message names the resource
    denial: Denial = Denial()


class Authorizer:
    """Decides requirements for callers, by the policies in force."""

    def __init__(self, iam: IamState, clock: Clock) -> None:
        self._iam = iam
        self._clock = clock

    def check(self, call: Call, caller: Caller, requirement: Requirement) -> None:
        """Raise AwsError unless the caller may."""
        decision = self.decide(call, caller, requirement)
        if not decision.allowed:
            raise denied(call, caller, requirement, decision)

    def decide(self, call: Call, caller: Caller, requirement: Requirement) -> Decision:
        """The engine's decision for one requirement."""
        request = Request(
            principal=caller.arn,
            action=requirement.action,
            resource=requirement.resource,
            resource_account=requirement.account,
            context={**self.context(call, caller), **requirement.context},
        )
        return authorize(request, self.policies(caller, requirement.policy))

    def policies(self, caller: Caller, resource: Policy | None) -> PolicySet:
        """The policies of every layer for this caller and a resource's own policy."""
        if caller.session is not None:
            principal = self._iam.role(caller.account, caller.session.role_name)
        elif caller.user_name is not None:
            principal = self._iam.user(caller.account, caller.user_name)
        else:
            principal = None
        return PolicySet(
            identity=principal.policies if principal else (),
            resource=resource,
            boundary=principal.boundary if principal else None,
            session=(caller.session.policies or None) if caller.session else None,
        )

    def context(self, call: Call, caller: Caller | None) -> dict[str, Any]:
        """The global condition keys of a request (IAM, "AWS global condition context keys")."""
        now = self._clock.now()
        keys: dict[str, Any] = {
            "aws:CurrentTime": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:EpochTime": str(int(now.timestamp())),
            "aws:RequestedRegion": call.region,
            # Both doors stand for AWS's TLS endpoints.
            "aws:SecureTransport": "true",
            "aws:SourceIp": SOURCE_IP,
            "aws:UserAgent": call.headers.get("user-agent", ""),
            "aws:ViaAWSService": "false",
        }
        if caller is None:
            return keys
        keys |= {
            "aws:PrincipalAccount": caller.account,
            "aws:PrincipalArn": caller.principal_arn,
            "aws:userid": caller.unique_id,
        }
        session = caller.session
        if session is None:
            keys["aws:PrincipalType"] = "User"
            if caller.user_name is not None:
                keys["aws:username"] = caller.user_name
                user = self._iam.user(caller.account, caller.user_name)
                keys |= _tags("aws:PrincipalTag", user.tags if user else {})
            return keys
        role = self._iam.role(caller.account, session.role_name)
        keys["aws:PrincipalType"] = "AssumedRole"
        keys["aws:TokenIssueTime"] = session.issued.strftime("%Y-%m-%dT%H:%M:%SZ")
        # A session tag wins over the role's tag of the same key (IAM, "Pass session tags").
        keys |= _tags("aws:PrincipalTag", {**(role.tags if role else {}), **session.tags})
        if session.provider:
            keys["aws:FederatedProvider"] = session.provider
        if session.source_identity:
            keys["aws:SourceIdentity"] = session.source_identity
        return keys


def _tags(prefix: str, tags: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}/{key}": value for key, value in tags.items()}


def account_of(arn: str) -> str:
    """The account in an ARN, empty where it names none."""
    parts = arn.split(":", 5)
    return parts[_ACCOUNT_IN_ARN] if len(parts) == 6 else ""


def denied(call: Call, caller: Caller, requirement: Requirement, decision: Decision) -> AwsError:
    """AWS's refusal in the words of the call's service."""
    denial = requirement.denial
    usual = "AccessDenied" if call.protocol in ("query", "rest-xml") else "AccessDeniedException"
    code = denial.code or usual
    status = denial.status or (400 if call.protocol == "json" else 403)
    if denial.message is not None:
        return AwsError(code, denial.message, status, denial.shape)
    resource = requirement.shown or requirement.resource
    if call.protocol == "rest-xml" and requirement.action.startswith("s3:"):
        resource = f'"{resource}"'  # not so the key that encrypts an object
    action = denial.action.format(
        action=requirement.action,
        lower=requirement.action.lower(),
        name=requirement.action.partition(":")[2],
    )
    message = f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource}"
    layer = _LAYERS.get(decision.decided_by)
    if layer and decision.effect == "explicit_deny":
        message += f" with an explicit deny in {_article(layer)} {layer}"
    elif layer:
        message += f" because no {layer} allows the {action} action"
    return AwsError(code, message, status, denial.shape)


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"
