"""An organization: a tree of root, organizational units and accounts, and the policies on it.

Shapes of ids and ARNs: botocore 1.44.8's model of Organizations; inheritance: Organizations user
guide, "SCP evaluation" and "RCP evaluation" (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from podrole.policy import Policy, parse_policy

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
#: How many policies of a type a root, a unit or an account has at most, AWS's own included. SCPs:
#: 10 since 2026-05-15, 5 before (landing-zone-accelerator-on-aws 1.16.0, its pull request 1120).
#: RCPs: 5 (Organizations user guide, "Quotas").
MOST_ATTACHED = {SCP: 10, RCP: 5}
_KINDS: dict[str, Any] = {SCP: "scp", RCP: "rcp"}
_FULL_ACCESS = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
)
_FULL_ACCESS_RCP = (
    '{"Version":"2012-10-17","Statement":'
    '[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
)


@lru_cache(maxsize=256)
def _compiled(content: str, kind: Any, name: str, arn: str) -> Policy:
    return parse_policy(content, kind=kind, name=name, arn=arn)


@dataclass
class OrganizationPolicy:
    """An SCP or an RCP, AWS's or the organization's own."""

    id: str
    arn: str
    name: str
    type: str
    content: str
    description: str = ""
    aws_managed: bool = False
    tags: dict[str, str] = field(default_factory=dict)

    def compiled(self) -> Policy:
        """The policy as the engine takes it. Raises PolicyError."""
        return _compiled(self.content, _KINDS[self.type], self.name, self.arn)

    def summary(self) -> dict[str, Any]:
        """The members of PolicySummary."""
        return {
            "Id": self.id,
            "Arn": self.arn,
            "Name": self.name,
            "Description": self.description,
            "Type": self.type,
            "AwsManaged": self.aws_managed,
        }


#: The policies that stand everywhere at first; the RCP cannot be taken away.
DEFAULTS = {
    SCP: OrganizationPolicy(
        "p-FullAWSAccess",
        "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
        "FullAWSAccess",
        SCP,
        _FULL_ACCESS,
        "Allows access to every operation",
        aws_managed=True,
    ),
    RCP: OrganizationPolicy(
        "p-RCPFullAWSAccess",
        "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess",
        "RCPFullAWSAccess",
        RCP,
        _FULL_ACCESS_RCP,
        "Allows access to every resource",
        aws_managed=True,
    ),
}


@dataclass
class Target:
    """The root, an organizational unit or an account: what policies are attached to."""

    id: str
    arn: str
    name: str
    kind: str  # ROOT, ORGANIZATIONAL_UNIT or ACCOUNT
    parent: str | None
    policies: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    email: str = ""  # of an account
    joined: datetime | None = None
    joined_method: str = "INVITED"

    def summary(self) -> dict[str, Any]:
        """The members of PolicyTargetSummary."""
        return {"TargetId": self.id, "Arn": self.arn, "Name": self.name, "Type": self.kind}


@dataclass
class Organization:
    """One organization."""

    id: str
    management: str
    feature_set: str
    root: Target
    targets: dict[str, Target] = field(default_factory=dict)
    policies: dict[str, OrganizationPolicy] = field(default_factory=dict)
    enabled: set[str] = field(default_factory=set)  # types of policies

    @property
    def arn(self) -> str:
        """The organization's own ARN."""
        return self.arn_of("organization")

    def arn_of(self, kind: str, *parts: str) -> str:
        """The ARN of something in the organization; the management account owns all of it."""
        return f"arn:aws:organizations::{self.management}:{'/'.join([kind, self.id, *parts])}"

    def add(self, target: Target) -> Target:
        """Put a target into the tree, with the policies that each target has at first."""
        self.targets[target.id] = target
        target.policies = [DEFAULTS[kind].id for kind in sorted(self.enabled)]
        return target

    def enable(self, policy_type: str) -> None:
        """From now on policies of the type can be attached; AWS's own is, everywhere."""
        self.enabled.add(policy_type)
        default = DEFAULTS[policy_type]
        self.policies[default.id] = default
        for target in self.targets.values():
            target.policies.append(default.id)

    def disable(self, policy_type: str) -> None:
        """Detach the policies of the type everywhere."""
        self.enabled.remove(policy_type)
        for target in self.targets.values():
            kept = [item for item in target.policies if self.policies[item].type != policy_type]
            target.policies = kept

    def accounts(self) -> list[Target]:
        """The accounts, in the order in which they came."""
        return [target for target in self.targets.values() if target.kind == "ACCOUNT"]

    def children(self, parent: str, kind: str | None = None) -> list[Target]:
        """What hangs directly below."""
        return [
            target
            for target in self.targets.values()
            if target.parent == parent and kind in (None, target.kind)
        ]

    def chain(self, target_id: str) -> list[Target]:
        """From the root down to the target."""
        found: list[Target] = []
        above: str | None = target_id
        while above is not None:
            target = self.targets[above]
            found.insert(0, target)
            above = target.parent
        return found

    def path(self, account: str) -> str:
        """`o-…/r-…/ou-…/`, as aws:PrincipalOrgPaths has it: without the account."""
        above = [target.id for target in self.chain(account)[:-1]]
        return "/".join([self.id, *above]) + "/"

    def levels(self, account: str, policy_type: str) -> Sequence[Sequence[Policy]]:
        """For each level from the root to a member account, the policies attached there.

        Empty where none apply: the type is not enabled, or it is the management account.
        """
        if account == self.management or policy_type not in self.enabled:
            return ()
        return [
            [item.compiled() for item in self.attached(target, policy_type)]
            for target in self.chain(account)
        ]

    def attached(self, target: Target, policy_type: str) -> Iterator[OrganizationPolicy]:
        """The policies of a type on a target."""
        for identifier in target.policies:
            if self.policies[identifier].type == policy_type:
                yield self.policies[identifier]
