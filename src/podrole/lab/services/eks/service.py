"""EKS: moto keeps the clusters; what moto lacks is the lab's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from io import BytesIO
from typing import Any

from podrole.lab.access.authorizer import Requirement
from podrole.lab.access.iam_state import IamState
from podrole.lab.access.service import Answer, Operation, Service
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.version import KUBERNETES_VERSION
from podrole.lab.moto_adapter import eks as moto_eks
from podrole.lab.moto_adapter.backend import Moto
from podrole.lab.oidc.issuer import Issuer
from podrole.lab.oidc.outside_issuer import OutsideIssuer
from podrole.lab.protocol.call import Call
from podrole.lab.seed import Seed
from podrole.lab.services.eks.access_entries import AccessEntries
from podrole.lab.services.eks.addons import Addons
from podrole.lab.services.eks.associated_role import POD_IDENTITY_SERVICE, check_role
from podrole.lab.services.eks.associations import Associations
from podrole.lab.services.eks.cluster import Cluster
from podrole.lab.services.eks.cluster_key import ClusterKey
from podrole.lab.services.eks.operations import OPERATIONS, change_tags

_ADMIN_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"

#: The members by which calls give EKS a role for itself, its nodes or an add-on.
_OWN_ROLES = {
    "CreateCluster": "roleArn",
    "CreateNodegroup": "nodeRole",
    "CreateFargateProfile": "podExecutionRoleArn",
    "CreateAddon": "serviceAccountRoleArn",
    "UpdateAddon": "serviceAccountRoleArn",
}


class Eks(Service):
    """The clusters of all accounts and regions."""

    def __init__(
        self, clock: Clock, seed: Seed, moto: Moto, iam: IamState, home: ClusterKey
    ) -> None:
        """`iam` holds the roles that associations name; `home` is the lab's own cluster."""
        self._home = home
        self._iam = iam
        self._clock = clock
        self._seed = seed
        self._moto = moto
        self._identifiers = Identifiers(seed, "eks")
        self._entry_identifiers = Identifiers(seed, "eks/access-entries")
        #: How long a change of an association takes to reach webhook and EKS Auth.
        self.delay = timedelta()
        self._clusters: dict[tuple[str, str, str], Cluster] = {}
        self._endpoint: Callable[[str], str] = lambda _name: ""
        #: The certificate (base64 of PEM) of the authority behind the API servers.
        self.authority = ""
        #: Issuer URL to issuer; STS reads it.
        self.issuers: dict[str, Issuer] = {}
        #: Issuers outside of the lab, by URL, whose pods are the lab's own cluster's; STS reads it.
        self.outside: dict[str, OutsideIssuer] = {}

    def listens(self, endpoint: Callable[[str], str], authority: str) -> None:
        """Note where the API server of the cluster of a name listens, and the certificate (base64
        of PEM) of the authority that signed for it."""
        self._endpoint, self.authority = endpoint, authority

    def clusters(self) -> Iterable[Cluster]:
        """All clusters: a copy, since a request that only reads waits for no other."""
        return list(self._clusters.values())

    def cluster(self, account: str, region: str, name: str) -> Cluster:
        """The cluster of that name. Raises AwsError (ResourceNotFoundException)."""
        try:
            return self._clusters[account, region, name]
        except KeyError:
            raise AwsError(
                "ResourceNotFoundException", f"No cluster found for name: {name}.", 404
            ) from None

    def by_issuer(self, url: str) -> Cluster | None:
        """The cluster whose issuer has that URL, or that trusts the issuer outside of the lab."""
        for cluster in self.clusters():
            if cluster.issuer.url == url or url in cluster.outside:
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
        if cluster and "addonName" in parameters and call.name != "CreateAddon":
            resource = f"{base}:addon/{cluster}/{parameters['addonName']}/*"
        if "principalArn" in parameters and call.name != "CreateAccessEntry":
            entry = self._entry_arn(call, account)
            resource = entry or f"{base}:access-entry/{cluster}/*"
        if "resourceArn" in parameters:
            resource = parameters["resourceArn"]
        return [Requirement(f"eks:{call.name}", resource, account), *_passed(call, account)]

    def _entry_arn(self, call: Call, account: str) -> str:
        try:
            cluster = self.cluster(account, call.region, call.parameters["clusterName"])
            return cluster.access_entries.get(call.parameters["principalArn"]).arn
        except AwsError:
            return ""

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
            config = call.parameters.get("accessConfig") or {}
            bootstrap = config.get("bootstrapClusterCreatorAdminPermissions", True)
            creator = call.caller.principal_arn if call.caller and bootstrap else None
            try:
                self.add(account, call.region, name, creator)
            except Exception:  # a fault of the lab: nothing of the cluster stays
                moto_eks.delete_cluster(account, call.region, name)
                raise
        cluster = self._clusters.get(key)
        if cluster is not None:
            if self.authority:
                described["endpoint"] = self._endpoint(name)
                described["certificateAuthority"] = {"data": self.authority}
            described["accessConfig"] = {"authenticationMode": "API"}
            described["identity"] = {"oidc": {"issuer": cluster.issuer.url}}
            described["createdAt"] = int(cluster.created.timestamp())  # moto takes the machine's
        if call.name == "DeleteCluster":
            removed = self._clusters.pop(key, None)
            if removed is not None:
                self.issuers.pop(removed.issuer.url, None)
        return json.dumps(document).encode()

    def create(self, account: str, region: str, name: str, creator: str) -> None:
        """Create a cluster as the lab itself, beside all checks, for the role `creator`."""
        moto_eks.create_cluster(account, region, name, KUBERNETES_VERSION)
        self.add(account, region, name, creator)

    def add(self, account: str, region: str, name: str, creator: str | None = None) -> None:
        """Give a new cluster its issuer, and its creator (a role's ARN) an entry as its admin."""
        issuer = Issuer(region, self._seed, self._clock, f"{account}/{region}/{name}")
        key = ClusterKey(name, account, region)
        associations = Associations(
            key, self._clock, self._identifiers, lambda arn: check_role(self._iam, arn)
        )
        associations.delay = self.delay
        cluster = Cluster(
            key,
            issuer=issuer,
            associations=associations,
            addons=Addons(key, associations, self._clock, self._identifiers),
            access_entries=AccessEntries(
                key, self._clock, self._entry_identifiers, self._iam.may_exist
            ),
            created=self._clock.now(),
            outside=self.outside if key == self._home else {},
        )
        if creator is not None:
            cluster.access_entries.create({"principalArn": creator})
            cluster.access_entries.associate(
                {
                    "principalArn": creator,
                    "policyArn": _ADMIN_POLICY,
                    "accessScope": {"type": "cluster"},
                }
            )
        self.issuers[issuer.url] = issuer
        self._clusters[account, region, name] = cluster

    def operation(self, name: str) -> Operation | None:
        """The lab's own operation of that name."""
        found = OPERATIONS.get(name)
        if found is None:
            return self._tag_operation(name)
        return lambda call, caller: found(self._of(call, caller), call.parameters)

    def _of(self, call: Call, caller: Caller) -> Cluster | None:
        name = call.parameters.get("clusterName")
        return self.cluster(caller.account, call.region, name) if name else None

    def _tag_operation(self, name: str) -> Operation | None:
        if name not in ("TagResource", "UntagResource", "ListTagsForResource"):
            return None

        def tagged(call: Call, caller: Caller) -> dict[str, Any]:
            arn = call.parameters["resourceArn"]
            for cluster in self._clusters.values():
                answer = change_tags(cluster, name, arn, call.parameters)
                if answer is not None:
                    return answer
            return self._moto.call("eks", name, caller.account, call.region, **call.parameters)

        return tagged


def _passed(call: Call, account: str) -> list[Requirement]:
    """`iam:PassRole` for each role that the call gives to EKS.

    For an association the service is `pods.eks.amazonaws.com` and the resource is the cluster
    (Amazon EMR on EKS development guide, "Set up EKS Pod Identity for job runs", checked
    2026-11-28). For the roles of the cluster itself the service is inferred.
    """
    parameters = call.parameters
    associated: list[str] = []
    if call.name.endswith("PodIdentityAssociation") and parameters.get("roleArn"):
        associated.append(parameters["roleArn"])
    if call.name.endswith("Addon"):
        wanted = parameters.get("podIdentityAssociations") or ()
        associated += [association["roleArn"] for association in wanted]
    cluster = f"arn:aws:eks:{call.region}:{account}:cluster/{parameters.get('clusterName', '')}"
    context = {"iam:PassedToService": POD_IDENTITY_SERVICE, "iam:AssociatedResourceARN": cluster}
    needed = [Requirement("iam:PassRole", role, account, context) for role in associated]
    own = parameters.get(_OWN_ROLES.get(call.name, ""))
    if own:
        context = {"iam:PassedToService": "eks.amazonaws.com"}
        needed.append(Requirement("iam:PassRole", own, account, context))
    return needed
