"""EKS access entries: which IAM principal is who in the cluster's Kubernetes.

Members and errors: botocore 1.44.8's model of EKS; rules: EKS user guide, "Grant IAM users access
to Kubernetes with EKS access entries" and "Review access policy permissions" (checked 2026-11-24).
Texts of refusals: terraform-aws-modules/terraform-aws-eks #2969, hashicorp/terraform-provider-aws
#36447, aws-controllers-k8s/community #2144 (checked 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.services.eks.cluster_key import ClusterKey

#: EKS API reference, CreateAccessEntry, `type` (checked 2026-11-29).
_TYPES = (
    "STANDARD",
    "EC2_LINUX",
    "EC2_WINDOWS",
    "FARGATE_LINUX",
    "EC2",
    "HYBRID_LINUX",
    "HYPERPOD_LINUX",
)
_POLICY = "arn:aws:eks::aws:cluster-access-policy/"
#: The access policies of the lab, and the ClusterRole whose permissions stand for each.
POLICIES = {
    f"{_POLICY}AmazonEKSClusterAdminPolicy": "cluster-admin",
    f"{_POLICY}AmazonEKSAdminPolicy": "admin",
    f"{_POLICY}AmazonEKSEditPolicy": "edit",
    f"{_POLICY}AmazonEKSViewPolicy": "view",
}


@dataclass(frozen=True)
class AccessPolicy:
    """An access policy given to an entry: everywhere, or in some namespaces."""

    arn: str
    namespaces: tuple[str, ...] | None
    associated: datetime
    modified: datetime

    def described(self) -> dict[str, Any]:
        """The members of `AssociatedAccessPolicy`."""
        scope: dict[str, Any] = {"type": "cluster"}
        if self.namespaces is not None:
            scope = {"type": "namespace", "namespaces": list(self.namespaces)}
        return {
            "policyArn": self.arn,
            "accessScope": scope,
            "associatedAt": self.associated,
            "modifiedAt": self.modified,
        }


@dataclass(frozen=True)
class AccessEntry:
    """One principal's entry."""

    principal_arn: str
    cluster: str
    arn: str
    groups: tuple[str, ...]
    username: str
    type: str
    created: datetime
    modified: datetime
    tags: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[AccessPolicy, ...] = ()

    def grants(self) -> tuple[tuple[str, tuple[str, ...] | None], ...]:
        """The ClusterRoles that its policies stand for, each with its namespaces (None: all)."""
        return tuple((POLICIES[policy.arn], policy.namespaces) for policy in self.policies)

    def described(self) -> dict[str, Any]:
        """The members of `AccessEntry`."""
        return {
            "clusterName": self.cluster,
            "principalArn": self.principal_arn,
            "kubernetesGroups": list(self.groups),
            "accessEntryArn": self.arn,
            "createdAt": self.created,
            "modifiedAt": self.modified,
            "tags": dict(self.tags),
            "username": self.username,
            "type": self.type,
        }


class AccessEntries:
    """The access entries of one cluster."""

    def __init__(
        self,
        cluster: ClusterKey,
        clock: Clock,
        identifiers: Identifiers,
        exists: Callable[[str], bool],
    ) -> None:
        """`exists(arn)` says whether a role or user is there."""
        self._exists = exists
        self._cluster = cluster.name
        self._base = cluster.arn("access-entry")
        self._clock = clock
        self._identifiers = identifiers
        self._entries: dict[str, AccessEntry] = {}

    def principals(self) -> list[str]:
        """The principals that have an entry, in the order of the alphabet."""
        return sorted(self._entries)

    def of(self, caller: Caller) -> AccessEntry | None:
        """The entry of whoever is calling: a session's is its role's."""
        return self._entries.get(caller.principal_arn)

    def get(self, principal_arn: str) -> AccessEntry:
        """The principal's entry. Raises AwsError (ResourceNotFoundException)."""
        try:
            return self._entries[principal_arn]
        except KeyError:
            raise AwsError(
                "ResourceNotFoundException",
                "The specified principalArn could not be found. You can view your available"
                " access entries with 'list-access-entries'.",
                404,
            ) from None

    def create(self, parameters: Mapping[str, Any]) -> AccessEntry:
        """CreateAccessEntry. Raises AwsError."""
        principal = parameters["principalArn"]
        if principal in self._entries:
            raise AwsError(
                "ResourceInUseException",
                "The specified access entry resource is already in use on this cluster.",
                409,
            )
        parts = principal.split(":", 5)
        if len(parts) != 6 or parts[2] != "iam" or not self._exists(principal):
            raise _refused("The specified principalArn is invalid: invalid principal.")
        if parts[5].startswith("role/aws-service-role/"):
            raise _refused(
                "The caller is not allowed to modify access entries with a principalArn value of a"
                " Service Linked Role"
            )
        if parameters.get("type", "STANDARD") not in _TYPES:
            raise _refused(f"lab: type is one of {', '.join(_TYPES)}")
        groups = self._groups(parameters)
        kind, name = parts[5].split("/")[0], parts[5].rpartition("/")[2]
        now = self._clock.now()
        entry = AccessEntry(
            principal_arn=principal,
            cluster=self._cluster,
            arn=f"{self._base}/{kind}/{parts[4]}/{name}/{self._identifiers.uuid()}",
            groups=groups,
            username=parameters.get("username") or _username(principal, kind, parts[4], name),
            type=parameters.get("type") or "STANDARD",
            created=now,
            modified=now,
            tags=dict(parameters.get("tags") or {}),
        )
        self._entries[principal] = entry
        return entry

    def update(self, parameters: Mapping[str, Any]) -> AccessEntry:
        """UpdateAccessEntry: members that are not given stay as they are."""
        entry = self._standard(parameters["principalArn"])
        changes: dict[str, Any] = {"modified": self._clock.now()}
        if "kubernetesGroups" in parameters:
            changes["groups"] = self._groups(parameters)
        if parameters.get("username"):
            changes["username"] = parameters["username"]
        return self._store(replace(entry, **changes))

    def delete(self, principal_arn: str) -> None:
        """DeleteAccessEntry."""
        self.get(principal_arn)
        del self._entries[principal_arn]

    def associate(self, parameters: Mapping[str, Any]) -> AccessPolicy:
        """AssociateAccessPolicy; a second time changes the scope. Raises AwsError."""
        entry, arn = self._standard(parameters["principalArn"]), parameters["policyArn"]
        if arn not in POLICIES:
            raise AwsError(
                "ResourceNotFoundException",
                f"lab: no access policy {arn}; the lab has"
                f" {', '.join(name.rpartition('/')[2] for name in POLICIES)}",
                404,
            )
        scope = parameters["accessScope"]
        namespaces = tuple(scope.get("namespaces") or ())
        if (scope.get("type") == "namespace") != bool(namespaces):
            raise AwsError(
                "InvalidParameterException",
                "lab: accessScope has type cluster, or type namespace and namespaces",
            )
        now = self._clock.now()
        former = next((item for item in entry.policies if item.arn == arn), None)
        policy = AccessPolicy(arn, namespaces or None, former.associated if former else now, now)
        kept = tuple(item for item in entry.policies if item.arn != arn)
        self._store(replace(entry, policies=(*kept, policy)))
        return policy

    def disassociate(self, principal_arn: str, policy_arn: str) -> None:
        """DisassociateAccessPolicy. Raises AwsError (ResourceNotFoundException)."""
        entry = self.get(principal_arn)
        kept = tuple(item for item in entry.policies if item.arn != policy_arn)
        if len(kept) == len(entry.policies):
            raise AwsError(
                "ResourceNotFoundException",
                f"lab: the entry has no access policy {policy_arn}",
                404,
            )
        self._store(replace(entry, policies=kept))

    def tag(self, arn: str, tags: Mapping[str, str]) -> bool:
        """Give the entry of that ARN these tags; False where there is none."""
        for entry in self._entries.values():
            if entry.arn == arn:
                self._store(replace(entry, tags=dict(tags)))
                return True
        return False

    def tags(self, arn: str) -> Mapping[str, str] | None:
        """The tags of the entry of that ARN."""
        return next((item.tags for item in self._entries.values() if item.arn == arn), None)

    def _standard(self, principal_arn: str) -> AccessEntry:
        """The principal's entry, which people use and not nodes. Raises AwsError."""
        entry = self.get(principal_arn)
        if entry.type != "STANDARD":
            raise _refused(
                'This operation can only be performed on Access Entries with a type of "STANDARD".'
            )
        return entry

    def _store(self, entry: AccessEntry) -> AccessEntry:
        self._entries[entry.principal_arn] = entry
        return entry

    def _groups(self, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        groups = tuple(parameters.get("kubernetesGroups") or ())
        reserved = [name for name in groups if name.startswith(("system:", "eks:", "aws:"))]
        if reserved:
            raise AwsError(
                "InvalidParameterException",
                f"The kubernetes group name {reserved[0]} is invalid, it cannot start with system:",
            )
        return groups


def _refused(reason: str) -> AwsError:
    return AwsError("InvalidParameterException", reason)


def _username(principal: str, kind: str, account: str, name: str) -> str:
    if kind == "role":
        return f"arn:aws:sts::{account}:assumed-role/{name}/{{{{SessionName}}}}"
    return principal
