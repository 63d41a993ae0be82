"""Pod identity associations: which service account of a cluster gets which role.

Members, errors and rules: botocore 1.44.8's model of EKS (checked 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from podrole.lab.aws_error import AwsError
from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.services.eks.associated_role import check_account
from podrole.lab.services.eks.cluster_key import ClusterKey

LIMIT = 5000  # a cluster, EKS user guide "View and manage Amazon EKS quotas"
_POLICY_LIMIT = 2048


@dataclass(frozen=True)
class Association:
    """One association as EKS describes it."""

    cluster: str
    namespace: str
    service_account: str
    role_arn: str
    arn: str
    id: str
    created: datetime
    modified: datetime
    tags: Mapping[str, str]
    disable_session_tags: bool
    target_role_arn: str | None
    policy: str | None
    external_id: str | None
    client_request_token: str | None
    owner_arn: str | None = None  # an add-on's

    def described(self) -> dict[str, Any]:
        """The members of `PodIdentityAssociation`."""
        return {
            **self.summary(),
            "roleArn": self.role_arn,
            "tags": self.tags,
            "createdAt": self.created,
            "modifiedAt": self.modified,
            "disableSessionTags": self.disable_session_tags,
            "targetRoleArn": self.target_role_arn,
            "externalId": self.external_id,
            "policy": self.policy,
        }

    def summary(self) -> dict[str, Any]:
        """The members of a list's entry."""
        return {
            "clusterName": self.cluster,
            "namespace": self.namespace,
            "serviceAccount": self.service_account,
            "associationArn": self.arn,
            "associationId": self.id,
            "ownerArn": self.owner_arn,
        }


class Associations:
    """The associations of one cluster."""

    def __init__(
        self,
        cluster: ClusterKey,
        clock: Clock,
        identifiers: Identifiers,
        check_role: Callable[[str], None],
    ) -> None:
        """`check_role(arn)` raises AwsError for a role that EKS could not assume."""
        self._cluster = cluster
        self._check_role = check_role
        self._clock = clock
        self._identifiers = identifiers
        #: How long a change takes to reach the webhook and EKS Auth.
        self.delay = timedelta()
        self._by_id: dict[str, Association] = {}
        self._ids: dict[tuple[str, str], str] = {}
        self._changes: dict[tuple[str, str], list[tuple[datetime, Association | None]]] = {}

    def of(self, namespace: str, service_account: str) -> Association | None:
        """The association of a service account as the webhook and EKS Auth see it by now."""
        changes = self._changes.get((namespace, service_account), [])
        now = self._clock.now()
        while len(changes) > 1 and changes[1][0] <= now:
            del changes[0]
        return changes[0][1] if changes and changes[0][0] <= now else None

    def create(self, parameters: Mapping[str, Any], *, owner_arn: str | None = None) -> Association:
        """CreatePodIdentityAssociation. The same clientRequestToken gives the same answer.

        Raises AwsError.
        """
        token = parameters.get("clientRequestToken")
        for association in self._by_id.values() if token else ():
            if association.client_request_token == token:
                return association
        namespace, service_account = parameters["namespace"], parameters["serviceAccount"]
        existing = self._ids.get((namespace, service_account))
        if existing is not None:
            raise AwsError("ResourceInUseException", f"Association already exists: {existing}", 409)
        if len(self._by_id) >= LIMIT:
            raise AwsError(
                "ResourceLimitExceededException",
                f"lab: the cluster has {LIMIT} associations, which is the most",
            )
        identifier = f"a-{self._identifiers.lower(17)}"
        now = self._clock.now()
        association = Association(
            cluster=self._cluster.name,
            namespace=namespace,
            service_account=service_account,
            role_arn=self._own_role(parameters["roleArn"]),
            arn=f"{self._cluster.arn('podidentityassociation')}/{identifier}",
            id=identifier,
            created=now,
            modified=now,
            tags=dict(parameters.get("tags") or {}),
            disable_session_tags=False,
            target_role_arn=None,
            policy=None,
            external_id=None,
            client_request_token=token,
            owner_arn=owner_arn,
        )
        return self._store(self._with_options(association, parameters))

    def update(self, parameters: Mapping[str, Any]) -> Association:
        """UpdatePodIdentityAssociation: members that are not given stay as they are.

        Raises AwsError.
        """
        association = self.get(parameters["associationId"])
        given = parameters.get("roleArn")
        role_arn = association.role_arn if given is None else self._own_role(given)
        association = replace(association, role_arn=role_arn, modified=self._clock.now())
        return self._store(self._with_options(association, parameters))

    def get(self, identifier: str) -> Association:
        """The association of that id. Raises AwsError (ResourceNotFoundException)."""
        try:
            return self._by_id[identifier]
        except KeyError:
            raise AwsError(
                "ResourceNotFoundException",
                f"lab: cluster {self._cluster.name} has no association {identifier}",
                404,
            ) from None

    def delete(self, identifier: str) -> Association:
        """DeletePodIdentityAssociation. Credentials that pods hold stay good."""
        association = self.get(identifier)
        del self._by_id[identifier]
        del self._ids[association.namespace, association.service_account]
        self._change(association, None)
        return association

    def delete_owned(self, owner_arn: str) -> None:
        """Delete the associations of an add-on."""
        for association in list(self._by_id.values()):
            if association.owner_arn == owner_arn:
                self.delete(association.id)

    def tag(self, arn: str, tags: Mapping[str, str]) -> bool:
        """Give the association of that ARN these tags; False where there is none."""
        association = self._by_id.get(arn.rpartition("/")[2])
        if association is None:
            return False
        self._by_id[association.id] = replace(association, tags=dict(tags))
        return True

    def tags(self, arn: str) -> Mapping[str, str] | None:
        """The tags of the association of that ARN."""
        association = self._by_id.get(arn.rpartition("/")[2])
        return association.tags if association else None

    def list(self, parameters: Mapping[str, Any]) -> list[Association]:
        """The associations that the filters `namespace` and `serviceAccount` leave."""
        return [
            association
            for association in self._by_id.values()
            if parameters.get("namespace") in (None, association.namespace)
            and parameters.get("serviceAccount") in (None, association.service_account)
        ]

    def _store(self, association: Association) -> Association:
        self._by_id[association.id] = association
        self._ids[association.namespace, association.service_account] = association.id
        self._change(association, association)
        return association

    def _change(self, association: Association, to: Association | None) -> None:
        key = (association.namespace, association.service_account)
        self._changes.setdefault(key, []).append((self._clock.now() + self.delay, to))

    def _own_role(self, role_arn: str) -> str:
        check_account(role_arn, self._cluster.account)
        self._check_role(role_arn)
        return role_arn

    def _with_options(self, association: Association, parameters: Mapping[str, Any]) -> Association:
        disabled = parameters.get("disableSessionTags", association.disable_session_tags)
        target = parameters.get("targetRoleArn", association.target_role_arn) or None
        policy = parameters.get("policy", association.policy) or None
        if policy and not disabled:
            raise AwsError("InvalidParameterException", "lab: policy needs disableSessionTags=true")
        if policy and len(policy) > _POLICY_LIMIT:
            raise AwsError(
                "InvalidParameterException", f"lab: policy is over {_POLICY_LIMIT} characters"
            )
        external_id = "/".join(
            (
                self._cluster.region,
                self._cluster.account,
                self._cluster.name,
                association.namespace,
                association.service_account,
            )
        )
        return replace(
            association,
            disable_session_tags=bool(disabled),
            target_role_arn=target,
            policy=policy,
            external_id=external_id if target and disabled else None,
        )
