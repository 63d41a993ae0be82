"""EKS add-ons, as far as identity goes: the agent, and drivers that get a role.

Members and errors: botocore 1.44.8's model of EKS; service accounts and recommended policies: EKS
user guide, "IAM roles for Amazon EKS add-ons" and "Amazon VPC CNI" (checked 2026-11-28). Texts of
refusals: marcincuber/eks #10, hashicorp/terraform-provider-aws #33385, terraform-aws-modules/
terraform-aws-eks #3520 (checked 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from podrole.lab.aws_error import AwsError
from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.version import KUBERNETES_VERSION
from podrole.lab.services.eks.associated_role import check_account
from podrole.lab.services.eks.associations import Associations
from podrole.lab.services.eks.cluster_key import ClusterKey

AGENT_ADDON = "eks-pod-identity-agent"
#: The add-ons of the lab, each with a version that EKS has had.
VERSIONS = {
    AGENT_ADDON: "v1.3.3-eksbuild.1",
    "aws-ebs-csi-driver": "v1.31.0-eksbuild.1",
    "vpc-cni": "v1.18.0-eksbuild.1",
}
#: The service account of an add-on that calls AWS, and the managed policy that EKS recommends.
_NEEDS = {
    "aws-ebs-csi-driver": ("ebs-csi-controller-sa", "service-role/AmazonEBSCSIDriverPolicy"),
    "vpc-cni": ("aws-node", "AmazonEKS_CNI_Policy"),
}
#: The lab checks no configuration values: each add-on has a schema of its own, which EKS has.
_ANY_CONFIGURATION = '{"$schema":"https://json-schema.org/draft/2019-09/schema","type":"object"}'


@dataclass(frozen=True)
class Addon:
    """An installed add-on."""

    name: str
    cluster: str
    arn: str
    version: str
    created: datetime
    modified: datetime
    role_arn: str | None = None
    associations: tuple[str, ...] = ()  # ARNs
    tags: Mapping[str, str] = field(default_factory=dict)

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
            "modifiedAt": self.modified,
            "serviceAccountRoleArn": self.role_arn,
            "podIdentityAssociations": list(self.associations) or None,
            "tags": dict(self.tags),
        }


class Addons:
    """The add-ons of one cluster."""

    def __init__(
        self,
        cluster: ClusterKey,
        associations: Associations,
        clock: Clock,
        identifiers: Identifiers,
    ) -> None:
        self._cluster, self._account = cluster.name, cluster.account
        self._base = cluster.arn("addon")
        self._associations = associations
        self._clock = clock
        self._identifiers = identifiers
        self._installed: dict[str, Addon] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._installed

    def names(self) -> list[str]:
        """The installed ones, in the order of the alphabet."""
        return sorted(self._installed)

    def get(self, name: str) -> Addon:
        """The add-on of that name. Raises AwsError (ResourceNotFoundException)."""
        if name not in self._installed:
            raise AwsError(
                "ResourceNotFoundException",
                f"No addon: {name} found in cluster: {self._cluster}",
                404,
            )
        return self._installed[name]

    def create(self, parameters: Mapping[str, Any]) -> Addon:
        """CreateAddon; its podIdentityAssociations become associations that the add-on owns.

        Raises AwsError.
        """
        name = parameters["addonName"]
        if name not in VERSIONS:
            raise AwsError(
                "InvalidParameterException",
                f"Addon {name} specified is not supported in {KUBERNETES_VERSION} kubernetes"
                " version",
            )
        if name in self._installed:
            raise AwsError("ResourceInUseException", "Addon already exists.", 409)
        self._check(name, parameters)
        arn = f"{self._base}/{name}/{self._identifiers.uuid()}"
        now = self._clock.now()
        addon = Addon(
            name=name,
            cluster=self._cluster,
            arn=arn,
            version=parameters.get("addonVersion") or VERSIONS[name],
            created=now,
            modified=now,
            role_arn=parameters.get("serviceAccountRoleArn"),
            associations=self._associate(arn, parameters),
            tags=dict(parameters.get("tags") or {}),
        )
        self._installed[name] = addon
        return addon

    def update(self, parameters: Mapping[str, Any]) -> Addon:
        """UpdateAddon: members that are not given stay as they are."""
        addon = self.get(parameters["addonName"])
        self._check(addon.name, parameters)
        changes: dict[str, Any] = {"modified": self._clock.now()}
        if parameters.get("addonVersion"):
            changes["version"] = parameters["addonVersion"]
        if "serviceAccountRoleArn" in parameters:
            changes["role_arn"] = parameters["serviceAccountRoleArn"] or None
        if "podIdentityAssociations" in parameters:
            self._associations.delete_owned(addon.arn)
            changes["associations"] = self._associate(addon.arn, parameters)
        self._installed[addon.name] = replace(addon, **changes)
        return self._installed[addon.name]

    def delete(self, name: str) -> Addon:
        """DeleteAddon, and the associations that it owns."""
        addon = self.get(name)
        self._associations.delete_owned(addon.arn)
        return self._installed.pop(name)

    def tag(self, arn: str, tags: Mapping[str, str]) -> bool:
        """Give the add-on of that ARN these tags; False where there is none."""
        for name, addon in self._installed.items():
            if addon.arn == arn:
                self._installed[name] = replace(addon, tags=dict(tags))
                return True
        return False

    def tags(self, arn: str) -> Mapping[str, str] | None:
        """The tags of the add-on of that ARN."""
        return next((item.tags for item in self._installed.values() if item.arn == arn), None)

    def _check(self, name: str, parameters: Mapping[str, Any]) -> None:
        if parameters.get("addonVersion", VERSIONS[name]) != VERSIONS[name]:
            raise AwsError("InvalidParameterException", "Addon version specified is not supported")
        if "serviceAccountRoleArn" in parameters:
            check_account(parameters["serviceAccountRoleArn"], self._account)
        needed, _ = _NEEDS.get(name, ("", ""))
        for wanted in parameters.get("podIdentityAssociations") or ():
            if wanted["serviceAccount"] != needed:
                raise AwsError(
                    "InvalidParameterException",
                    f"Service account {wanted['serviceAccount']} in pod identity configuration is"
                    f" not supported for addon {name}",
                )

    def _associate(self, arn: str, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(
            self._associations.create({**wanted, "namespace": "kube-system"}, owner_arn=arn).arn
            for wanted in parameters.get("podIdentityAssociations") or ()
        )


def versions(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """DescribeAddonVersions: what the lab can install."""
    wanted = parameters.get("addonName")
    return [
        {
            "addonName": name,
            "owner": "aws",
            "publisher": "eks",
            "addonVersions": [{"addonVersion": version, "requiresIamPermissions": name in _NEEDS}],
        }
        for name, version in sorted(VERSIONS.items())
        if wanted in (None, name)
    ]


def configuration(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeAddonConfiguration: which service account of an add-on needs which policy.

    Raises AwsError (ResourceNotFoundException) for an add-on or a version that the lab lacks.
    """
    name, version = parameters["addonName"], parameters["addonVersion"]
    if VERSIONS.get(name) != version:
        had = ", ".join(f"{one} {which}" for one, which in VERSIONS.items())
        reason = f"lab: no add-on {name} {version}; the lab has {had}"
        raise AwsError("ResourceNotFoundException", reason, 404)
    needs = [
        {
            "serviceAccount": account,
            "recommendedManagedPolicies": [f"arn:aws:iam::aws:policy/{policy}"],
        }
        for account, policy in ([_NEEDS[name]] if name in _NEEDS else [])
    ]
    return {
        "addonName": name,
        "addonVersion": version,
        "configurationSchema": _ANY_CONFIGURATION,
        "podIdentityConfiguration": needs,
    }
