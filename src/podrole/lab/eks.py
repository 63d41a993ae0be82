"""EKS: clusters (moto keeps them), add-ons and pod identity associations (moto has neither)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

from .associations import Associations
from .authorization import Requirement
from .aws_error import AwsError
from .call import Call
from .clock import Clock
from .credentials import Caller
from .identifiers import Identifiers
from .issuer import Issuer
from .service import Answer, Operation, Service

AGENT_ADDON = "eks-pod-identity-agent"
KUBERNETES_VERSION = "1.34"
#: A version that EKS has had, the oldest that hybrid nodes take (EKS user guide, 2026-11-23).
_ADDON_VERSIONS = {AGENT_ADDON: "v1.3.3-eksbuild.1"}


@dataclass(frozen=True)
class Addon:
    """An installed add-on."""

    name: str
    cluster: str
    arn: str
    version: str
    created: datetime

    def described(self) -> dict[str, Any]:
        """The members of `Addon`."""
        return {
            "addonName": self.name,
            "clusterName": self.cluster,
            "status": "ACTIVE",
            "addonVersion": self.version,
            "health": {"issues": []},
            "addonArn": self.arn,
            "createdAt": self.created,
            "modifiedAt": self.created,
            "tags": {},
        }


@dataclass
class Cluster:
    """What a cluster has beside moto's record of it."""

    name: str
    account: str
    region: str
    issuer: Issuer
    associations: Associations
    created: datetime
    addons: dict[str, Addon] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """`arn:aws:eks:REGION:ACCOUNT:cluster/NAME`."""
        return f"arn:aws:eks:{self.region}:{self.account}:cluster/{self.name}"


class Eks(Service):
    """The clusters of all accounts and regions."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._seed = seed
        self._identifiers = Identifiers(seed, "eks")
        self._clusters: dict[tuple[str, str, str], Cluster] = {}
        #: Issuer URL to issuer; STS reads it.
        self.issuers: dict[str, Issuer] = {}

    def clusters(self) -> Iterable[Cluster]:
        """All clusters."""
        return self._clusters.values()

    def cluster(self, account: str, region: str, name: str) -> Cluster:
        """The cluster of that name. Raises AwsError (ResourceNotFoundException)."""
        try:
            return self._clusters[account, region, name]
        except KeyError:
            raise AwsError(
                "ResourceNotFoundException", f"No cluster found for name: {name}.", 404
            ) from None

    def by_issuer(self, url: str) -> Cluster | None:
        """The cluster whose issuer has that URL."""
        for cluster in self._clusters.values():
            if cluster.issuer.url == url:
                return cluster
        return None

    def requirements(self, call: Call, caller: Caller) -> list[Requirement]:
        """The cluster; for one association, the association. Binding a role needs PassRole.

        Source: service authorization reference, Amazon EKS (checked 2026-11-23).
        """
        account, parameters = caller.account, call.parameters
        base = f"arn:aws:eks:{call.region}:{account}"
        cluster = parameters.get("clusterName") or parameters.get("name")
        resource = f"{base}:cluster/{cluster}" if cluster else "*"
        if "associationId" in parameters:
            resource = f"{base}:podidentityassociation/{cluster}/{parameters['associationId']}"
        if "addonName" in parameters and call.name != "CreateAddon":
            resource = f"{base}:addon/{cluster}/{parameters['addonName']}/*"
        needed = [Requirement(f"eks:{call.name}", resource, account)]
        if call.name.endswith("PodIdentityAssociation") and parameters.get("roleArn"):
            # Inferred: AWS documents that EKS checks PassRole, not the service that it names.
            service = {"iam:PassedToService": "pods.eks.amazonaws.com"}
            needed.append(Requirement("iam:PassRole", parameters["roleArn"], account, service))
        return needed

    # -- clusters, which moto answers ----------------------------------------------------

    def before_moto(self, call: Call) -> Answer | None:
        """A version where none was asked for: moto's own would be of years ago."""
        if call.name == "CreateCluster":
            body = json.dumps({"version": KUBERNETES_VERSION, **call.parameters}).encode()
            call.environ["wsgi.input"] = BytesIO(body)
            call.environ["CONTENT_LENGTH"] = str(len(body))
        return None

    def after_moto(self, call: Call, account: str, body: bytes) -> bytes:
        """moto's answer with this cluster's own issuer (moto's is one constant for all)."""
        document = json.loads(body)
        described = document.get("cluster")
        if not isinstance(described, dict):
            return body
        name = described["name"]
        key = (account, call.region, name)
        if call.name == "CreateCluster":
            self.add(account, call.region, name)
        cluster = self._clusters.get(key)
        if cluster is not None:
            described["identity"] = {"oidc": {"issuer": cluster.issuer.url}}
            described["createdAt"] = int(cluster.created.timestamp())  # moto takes the machine's
        if call.name == "DeleteCluster":
            removed = self._clusters.pop(key, None)
            if removed is not None:
                self.issuers.pop(removed.issuer.url, None)
        return json.dumps(document).encode()

    def add(self, account: str, region: str, name: str) -> None:
        """Give a new cluster its issuer and its associations."""
        issuer = Issuer(region, self._seed, self._clock, f"{account}/{region}/{name}")
        self.issuers[issuer.url] = issuer
        associations = Associations(name, account, region, self._clock, self._identifiers)
        cluster = Cluster(name, account, region, issuer, associations, self._clock.now())
        self._clusters[account, region, name] = cluster

    # -- operations of the lab's own -----------------------------------------------------

    def operation(self, name: str) -> Operation | None:
        """The lab's own operation of that name."""
        return {
            "CreatePodIdentityAssociation": self._create_association,
            "DescribePodIdentityAssociation": self._describe_association,
            "UpdatePodIdentityAssociation": self._update_association,
            "DeletePodIdentityAssociation": self._delete_association,
            "ListPodIdentityAssociations": self._list_associations,
            "CreateAddon": self._create_addon,
            "DescribeAddon": self._describe_addon,
            "ListAddons": self._list_addons,
            "DeleteAddon": self._delete_addon,
        }.get(name)

    def _of(self, call: Call, caller: Caller) -> Cluster:
        return self.cluster(caller.account, call.region, call.parameters["clusterName"])

    def _create_association(self, call: Call, caller: Caller) -> dict[str, Any]:
        association = self._of(call, caller).associations.create(call.parameters)
        return {"association": association.described()}

    def _describe_association(self, call: Call, caller: Caller) -> dict[str, Any]:
        association = self._of(call, caller).associations.get(call.parameters["associationId"])
        return {"association": association.described()}

    def _update_association(self, call: Call, caller: Caller) -> dict[str, Any]:
        association = self._of(call, caller).associations.update(call.parameters)
        return {"association": association.described()}

    def _delete_association(self, call: Call, caller: Caller) -> dict[str, Any]:
        association = self._of(call, caller).associations.delete(call.parameters["associationId"])
        return {"association": association.described()}

    def _list_associations(self, call: Call, caller: Caller) -> dict[str, Any]:
        found = self._of(call, caller).associations.list(call.parameters)
        return {"associations": [association.summary() for association in found]}

    def _create_addon(self, call: Call, caller: Caller) -> dict[str, Any]:
        cluster = self._of(call, caller)
        name = call.parameters["addonName"]
        if name not in _ADDON_VERSIONS:
            raise AwsError(
                "InvalidParameterException",
                f"lab: no add-on {name}; the lab has {', '.join(_ADDON_VERSIONS)}",
            )
        if name in cluster.addons:
            raise AwsError("ResourceInUseException", "Addon already exists.", 409)
        unique = self._identifiers.uuid()
        cluster.addons[name] = Addon(
            name=name,
            cluster=cluster.name,
            arn=f"arn:aws:eks:{cluster.region}:{cluster.account}"
            f":addon/{cluster.name}/{name}/{unique}",
            version=call.parameters.get("addonVersion") or _ADDON_VERSIONS[name],
            created=self._clock.now(),
        )
        return {"addon": cluster.addons[name].described() | {"status": "CREATING"}}

    def _addon(self, call: Call, caller: Caller) -> Addon:
        cluster, name = self._of(call, caller), call.parameters["addonName"]
        if name not in cluster.addons:
            raise AwsError(
                "ResourceNotFoundException",
                f"No addon: {name} found in cluster: {cluster.name}",
                404,
            )
        return cluster.addons[name]

    def _describe_addon(self, call: Call, caller: Caller) -> dict[str, Any]:
        return {"addon": self._addon(call, caller).described()}

    def _list_addons(self, call: Call, caller: Caller) -> dict[str, Any]:
        return {"addons": sorted(self._of(call, caller).addons)}

    def _delete_addon(self, call: Call, caller: Caller) -> dict[str, Any]:
        addon = self._addon(call, caller)
        del self._of(call, caller).addons[addon.name]
        return {"addon": addon.described() | {"status": "DELETING"}}
