"""Each call's decision: what it needs, the policies that speak, and AWS's words for a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from podrole.lab.access.iam_state import IamState
from podrole.lab.access.organization_limits import OrganizationLimits
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import (
    AssumedRole,
    AwsService,
    FederatedUser,
    Principal,
    User,
    WebIdentity,
)
from podrole.lab.clock import Clock, stamp
from podrole.lab.credentials import Session, UserSession
from podrole.lab.protocol.call import SOURCE_IP, Call
from podrole.policy import Decision, Policy, PolicySet, Request, parse_policy
from podrole.policy.authorize import authorize, decide_by_policies

# IAM user guide, "Troubleshoot access denied error messages" (checked 2026-11-23).
_LAYERS = {
    "identity": "identity-based policy",
    "resource": "resource-based policy",
    "trust": "resource-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
    "scope": "session policy",  # inferred: what GetScopedCredentials says of its policy
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
    reason: bool = True  # whether the sentence goes on to name the layer that has decided


@dataclass(frozen=True)
class Requirement:
    """One action on one resource that a call needs."""

    action: str
    resource: str
    account: str
    context: Mapping[str, Any] = field(default_factory=dict)
    policy: Policy | None = None  # of the resource
    shown: str | None = None  # how the service's message names the resource; "" for not at all
    denial: Denial = Denial()


@dataclass(frozen=True)
class Refusal:
    """What policies have refused: who asked for what, and the policies that were in force."""

    principal: Principal
    request: Request
    policies: PolicySet


class Authorizer:
    """Decides requirements of principals, by the policies in force."""

    def __init__(self, iam: IamState, clock: Clock, limits: OrganizationLimits) -> None:
        self._iam = iam
        self._clock = clock
        self._limits = limits
        #: The last refusal of a call.
        self.refused: Refusal | None = None

    def check(self, call: Call, principal: Principal, requirement: Requirement) -> None:
        """Raise AwsError unless the principal may."""
        decision = self.decide(call, principal, requirement)
        if decision.allowed:
            return
        if decision.policy_arn and not self._may_see(principal, requirement.account):
            decision = replace(decision, policy_arn="")
        raise denied(call, principal, requirement, decision)

    def _may_see(self, principal: Principal, account: str) -> bool:
        """Whether a refusal may name the policy: within the account, or within the organization."""
        if isinstance(principal, WebIdentity | AwsService):
            return False
        organization = self._limits.organization(principal.account)
        return principal.account == account or (
            organization is not None and organization is self._limits.organization(account)
        )

    def decide(self, call: Call, principal: Principal, requirement: Requirement) -> Decision:
        """The engine's decision for one requirement of a call; a refusal is kept."""
        keys = self._keys(call.region)
        if call.via:
            # IAM, "AWS global condition context keys": aws:CalledVia (checked 2026-11-29). What
            # aws:SourceIp then says is not documented; here it is absent.
            keys |= {
                "aws:ViaAWSService": "true",
                "aws:CalledVia": [call.via],
                "aws:CalledViaFirst": call.via,
                "aws:CalledViaLast": call.via,
                "aws:UserAgent": call.via,
            }
        elif not isinstance(principal, AwsService):  # which calls from its own network
            keys |= {
                "aws:SourceIp": SOURCE_IP,
                "aws:UserAgent": call.headers.get("user-agent", ""),
            }
        question = self._question(principal, keys, requirement)
        # What AWS keeps for itself, its services refuse in words of their own.
        decision = decide_by_policies(question.request, question.policies)
        if not decision.allowed:
            self.refused = question
        return decision

    def allows_service(self, service: AwsService, region: str, requirement: Requirement) -> bool:
        """Whether a service may act by itself. Its refusal is of no call, and is not kept."""
        question = self._question(service, self._keys(region), requirement)
        return authorize(question.request, question.policies).allowed

    def _question(
        self, principal: Principal, keys: Mapping[str, Any], requirement: Requirement
    ) -> Refusal:
        """What is asked of the engine."""
        account = requirement.account
        request = Request(
            principal=principal.arn,
            action=requirement.action,
            resource=requirement.resource,
            resource_account=account,
            context={
                **keys,
                **self._principal_keys(principal),
                "aws:ResourceAccount": account,
                **self._limits.keys(account, "Resource"),
                **requirement.context,
            },
        )
        return Refusal(principal, request, self._policies(principal, requirement))

    def _policies(self, principal: Principal, requirement: Requirement) -> PolicySet:
        """The policies of every layer for the principal and the resource's own policy.

        Organizations do not limit service-linked roles. SCPs reach neither web identities, which
        are of no account, nor services; RCPs protect the resource from both.
        """
        rcps = self._limits.rcps(requirement.account, requirement.action)
        own: tuple[Policy, ...] = ()
        scope: tuple[Policy, ...] = ()
        match principal:
            case WebIdentity() | AwsService():
                return PolicySet(resource=requirement.policy, rcp=rcps)
            case AssumedRole(session):
                found, own = self._iam.role(session.account, session.role_name), session.policies
                scope = session.scope
            case FederatedUser(session, federation):
                found, own = self._iam.user(session.account, session.user_name), federation.policies
            case User():
                found = self._iam.user(principal.account, principal.name)
        limited = found is None or not found.service_linked
        return PolicySet(
            identity=found.policies if found else (),
            resource=requirement.policy,
            boundary=found.boundary if found else None,
            session=own or None,
            scope=scope,
            scp=self._limits.scps(principal.account) if limited else (),
            rcp=rcps if limited else (),
        )

    # -- condition keys ------------------------------------------------------------------

    def _keys(self, region: str) -> dict[str, Any]:
        """The global condition keys of every request (IAM, "AWS global condition context keys")."""
        now = self._clock.now()
        return {
            "aws:CurrentTime": stamp(now),
            "aws:EpochTime": str(int(now.timestamp())),
            "aws:RequestedRegion": region,
            # Both doors stand for AWS's TLS endpoints.
            "aws:SecureTransport": "true",
            "aws:ViaAWSService": "false",
        }

    def _principal_keys(self, principal: Principal) -> dict[str, Any]:
        """The global condition keys that say who asks."""
        match principal:
            case AwsService():
                return {
                    "aws:PrincipalIsAWSService": "true",
                    "aws:PrincipalServiceName": principal.name,
                    "aws:SourceArn": principal.source_arn,
                    "aws:SourceAccount": principal.source_account,
                    **self._limits.keys(principal.source_account, "Source"),
                }
            case WebIdentity():
                return {
                    "aws:PrincipalIsAWSService": "false",
                    "aws:FederatedProvider": principal.arn,
                    f"{principal.provider}:sub": principal.subject,
                    f"{principal.provider}:aud": principal.audience,
                }
        keys = {
            "aws:PrincipalIsAWSService": "false",
            "aws:PrincipalAccount": principal.account,
            "aws:PrincipalArn": principal.principal_arn,
            "aws:userid": principal.unique_id,
            **self._limits.keys(principal.account, "Principal"),
        }
        match principal:
            case AssumedRole(session):
                return keys | self._role_keys(session)
            case FederatedUser(session, federation):
                tags = _tags("aws:PrincipalTag", federation.tags)
                keys |= {"aws:PrincipalType": "FederatedUser"}
                return keys | _temporary(session) | tags
            case User():
                user = self._iam.user(principal.account, principal.name)
                temporary = _temporary(principal.session) if principal.session else {}
                keys |= {"aws:PrincipalType": "User", "aws:username": principal.name}
                return keys | temporary | _tags("aws:PrincipalTag", user.tags if user else {})

    def _role_keys(self, session: Session) -> dict[str, Any]:
        role = self._iam.role(session.account, session.role_name)
        keys = {"aws:PrincipalType": "AssumedRole", **_temporary(session)}
        # A session tag wins over the role's tag of the same key (IAM, "Pass session tags").
        keys |= _tags("aws:PrincipalTag", {**(role.tags if role else {}), **session.tags})
        if session.provider:
            keys["aws:FederatedProvider"] = session.provider
        if session.source_identity:
            keys["aws:SourceIdentity"] = session.source_identity
        return {**keys, **session.origin}


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


def denied(
    call: Call, principal: Principal, requirement: Requirement, decision: Decision
) -> AwsError:
    """AWS's refusal in the words of the call's service.

    Since January 2026 an explicit deny is followed by the policy's ARN, where it has one (AWS
    Security Blog, "Enhanced access denied error messages with policy ARNs"; that inline policies
    have none: reports of users; checked 2026-11-28).
    """
    denial = requirement.denial
    usual = "AccessDenied" if call.protocol in ("query", "rest-xml") else "AccessDeniedException"
    code = denial.code or usual
    status = denial.status or (400 if call.protocol == "json" else 403)
    if denial.message is not None:
        return AwsError(code, denial.message, status, denial.shape)
    resource = requirement.resource if requirement.shown is None else requirement.shown
    action = denial.action.format(
        action=requirement.action,
        lower=requirement.action.lower(),
        name=requirement.action.partition(":")[2],
    )
    message = f"User: {principal.arn} is not authorized to perform: {action}"
    message += f" on resource: {resource}" if resource else ""
    layer = _LAYERS.get(decision.decided_by) if denial.reason else None
    if layer and decision.effect == "explicit_deny":
        message += f" with an explicit deny in {_article(layer)} {layer}"
        message += f": {decision.policy_arn}" if decision.policy_arn else ""
    elif layer:
        message += f" because no {layer} allows the {action} action"
    return AwsError(code, message, status, denial.shape)


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"
