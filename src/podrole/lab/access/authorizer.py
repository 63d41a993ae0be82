"""Each call's decision: what it needs, the policies that speak, and AWS's words for a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from podrole.lab.access.iam_state import IamState
from podrole.lab.access.organization_limits import OrganizationLimits
from podrole.lab.aws_error import AwsError
from podrole.lab.clock import Clock, stamp
from podrole.lab.credentials import Caller, Session, UserSession
from podrole.lab.protocol.call import SOURCE_IP, Call
from podrole.policy import Decision, Policy, PolicySet, Request, authorize, parse_policy

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

    def __init__(self, iam: IamState, clock: Clock, limits: OrganizationLimits) -> None:
        self._iam = iam
        self._clock = clock
        #: What organizations take away; Sts and EksAuth ask for the RCPs of roles.
        self.limits = limits
        #: The last refusal: what was asked, and by which policies it was decided.
        self.refused: tuple[Caller, Request, PolicySet] | None = None

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
            context={
                **self.context(call, caller),
                **self.resource_keys(requirement.account),
                **requirement.context,
            },
        )
        policies = self.policies(
            caller, requirement.policy, requirement.account, requirement.action
        )
        decision = authorize(request, policies)
        if not decision.allowed:
            self.refused = caller, request, policies
        return decision

    def policies(
        self, caller: Caller, resource: Policy | None, account: str, action: str
    ) -> PolicySet:
        """The policies of every layer for this caller and a resource's own policy.

        `account` holds the resource. Organizations do not limit service-linked roles.
        """
        if caller.session is not None:
            principal = self._iam.role(caller.account, caller.session.role_name)
        elif caller.user_name is not None:
            principal = self._iam.user(caller.account, caller.user_name)
        else:
            principal = None
        session = caller.session or caller.user_session
        limited = principal is None or not principal.service_linked
        return PolicySet(
            identity=principal.policies if principal else (),
            resource=resource,
            boundary=principal.boundary if principal else None,
            session=(session.policies or None) if session else None,
            scp=self.limits.scps(caller.account) if limited else (),
            rcp=self.limits.rcps(account, action) if limited else (),
        )

    def resource_keys(self, account: str) -> dict[str, Any]:
        """The global condition keys of a resource of that account."""
        return {"aws:ResourceAccount": account, **self.limits.keys(account, "Resource")}

    def context(self, call: Call, caller: Caller | None) -> dict[str, Any]:
        """The global condition keys of a request (IAM, "AWS global condition context keys")."""
        now = self._clock.now()
        keys: dict[str, Any] = {
            "aws:CurrentTime": stamp(now),
            "aws:EpochTime": str(int(now.timestamp())),
            "aws:RequestedRegion": call.region,
            # Both doors stand for AWS's TLS endpoints.
            "aws:SecureTransport": "true",
            "aws:SourceIp": SOURCE_IP,
            "aws:UserAgent": call.headers.get("user-agent", ""),
            "aws:ViaAWSService": "false",
            "aws:PrincipalIsAWSService": "false",
        }
        if caller is None:
            return keys
        keys |= {
            "aws:PrincipalAccount": caller.account,
            "aws:PrincipalArn": caller.principal_arn,
            "aws:userid": caller.unique_id,
            **self.limits.keys(caller.account, "Principal"),
        }
        session = caller.session
        if session is None:
            return keys | self._user_keys(caller)
        role = self._iam.role(caller.account, session.role_name)
        keys["aws:PrincipalType"] = "AssumedRole"
        keys |= _temporary(session)
        # A session tag wins over the role's tag of the same key (IAM, "Pass session tags").
        keys |= _tags("aws:PrincipalTag", {**(role.tags if role else {}), **session.tags})
        if session.provider:
            keys["aws:FederatedProvider"] = session.provider
        if session.source_identity:
            keys["aws:SourceIdentity"] = session.source_identity
        return keys

    def _user_keys(self, caller: Caller) -> dict[str, Any]:
        """The keys of a user, and of someone whom a user has federated."""
        temporary = caller.user_session
        keys: dict[str, Any] = _temporary(temporary) if temporary else {}
        if temporary is not None and temporary.federated_name is not None:
            tags = _tags("aws:PrincipalTag", temporary.tags)
            return keys | {"aws:PrincipalType": "FederatedUser", **tags}
        keys["aws:PrincipalType"] = "User"
        if caller.user_name is not None:
            keys["aws:username"] = caller.user_name
            user = self._iam.user(caller.account, caller.user_name)
            keys |= _tags("aws:PrincipalTag", user.tags if user else {})
        return keys


def _temporary(session: Session | UserSession) -> dict[str, str]:
    """The keys that only temporary credentials bring. The lab has no MFA."""
    issued = stamp(session.issued)
    return {"aws:TokenIssueTime": issued, "aws:MultiFactorAuthPresent": "false"}


def _tags(prefix: str, tags: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}/{key}": value for key, value in tags.items()}


@cache
def delegated_to(account: str) -> Policy:
    """A resource policy that leaves the decision to an account's identity-based policies.

    For actions that are elsewhere decided by a trust policy, on a resource that has none.
    """
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": account},
        "Action": "*",
        "Resource": "*",
    }
    return parse_policy({"Version": "2012-10-17", "Statement": statement}, kind="resource")


def denied(call: Call, caller: Caller, requirement: Requirement, decision: Decision) -> AwsError:
    """AWS's refusal in the words of the call's service."""
    denial = requirement.denial
    usual = "AccessDenied" if call.protocol in ("query", "rest-xml") else "AccessDeniedException"
    code = denial.code or usual
    status = denial.status or (400 if call.protocol == "json" else 403)
    if denial.message is not None:
        return AwsError(code, denial.message, status, denial.shape)
    resource = requirement.shown or requirement.resource
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
