"""The operations of EKS that moto lacks: associations, add-ons, access entries, their tags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from podrole.lab.protocol.paging import page
from podrole.lab.services.eks import access_entries, addons
from podrole.lab.services.eks.cluster import Cluster

_Parameters = Mapping[str, Any]


def _described(key: str, member: str, act: str) -> Callable[[Any, _Parameters], dict[str, Any]]:
    """An operation that answers with one described thing of the cluster."""

    def operation(cluster: Any, parameters: _Parameters) -> dict[str, Any]:
        thing = getattr(getattr(cluster, member), act)(parameters)
        return {key: thing.described()}

    return operation


def _list_associations(cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    found, token = page(cluster.associations.list(parameters), parameters)
    return {"associations": [item.summary() for item in found], "nextToken": token}


def _list_identity_providers(_cluster: Any, _parameters: _Parameters) -> dict[str, Any]:
    """None: people sign in to the lab's clusters by IAM or a kubeconfig."""
    return {"identityProviderConfigs": []}


def _describe_association(cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    return {"association": cluster.associations.get(parameters["associationId"]).described()}


def _delete_association(cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    return {"association": cluster.associations.delete(parameters["associationId"]).described()}


def _create_addon(cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    return {"addon": cluster.addons.create(parameters).described() | {"status": "CREATING"}}


def _describe_addon(cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    return {"addon": cluster.addons.get(parameters["addonName"]).described()}


def _update_addon(cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    addon = cluster.addons.update(parameters)
    update = {
        "id": addon.arn.rpartition("/")[2],
        "status": "Successful",
        "type": "AddonUpdate",
        "params": [{"type": "AddonVersion", "value": addon.version}],
        "createdAt": addon.modified,
        "errors": [],
    }
    return {"update": update}


def _delete_addon(cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    return {
        "addon": cluster.addons.delete(parameters["addonName"]).described() | {"status": "DELETING"}
    }


def _list_addons(cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    found, token = page(cluster.addons.names(), parameters)
    return {"addons": found, "nextToken": token}


def _addon_versions(_cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    found, token = page(addons.versions(parameters), parameters)
    return {"addons": found, "nextToken": token}


def _describe_entry(cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    return {"accessEntry": cluster.access_entries.get(parameters["principalArn"]).described()}


def _delete_entry(cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    cluster.access_entries.delete(parameters["principalArn"])
    return {}


def _list_entries(cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    found, token = page(cluster.access_entries.principals(), parameters)
    return {"accessEntries": found, "nextToken": token}


def _associate_policy(cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    policy = cluster.access_entries.associate(parameters)
    return {
        "clusterName": cluster.name,
        "principalArn": parameters["principalArn"],
        "associatedAccessPolicy": policy.described(),
    }


def _disassociate_policy(cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    cluster.access_entries.disassociate(parameters["principalArn"], parameters["policyArn"])
    return {}


def _list_entry_policies(cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    entry = cluster.access_entries.get(parameters["principalArn"])
    found, token = page(entry.policies, parameters)
    return {
        "clusterName": cluster.name,
        "principalArn": entry.principal_arn,
        "associatedAccessPolicies": [policy.described() for policy in found],
        "nextToken": token,
    }


def _list_policies(_cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    found, token = page(sorted(access_entries.POLICIES), parameters)
    return {
        "accessPolicies": [{"name": arn.rpartition("/")[2], "arn": arn} for arn in found],
        "nextToken": token,
    }


def _addon_configuration(_cluster: Any, parameters: _Parameters) -> dict[str, Any]:
    return addons.configuration(parameters)


#: Name to operation, given the cluster (None where the call names none) and the parameters.
OPERATIONS: dict[str, Callable[[Any, _Parameters], dict[str, Any]]] = {
    "CreatePodIdentityAssociation": _described("association", "associations", "create"),
    "DescribePodIdentityAssociation": _describe_association,
    "UpdatePodIdentityAssociation": _described("association", "associations", "update"),
    "DeletePodIdentityAssociation": _delete_association,
    "ListIdentityProviderConfigs": _list_identity_providers,
    "ListPodIdentityAssociations": _list_associations,
    "CreateAddon": _create_addon,
    "DescribeAddon": _describe_addon,
    "UpdateAddon": _update_addon,
    "DeleteAddon": _delete_addon,
    "ListAddons": _list_addons,
    "DescribeAddonVersions": _addon_versions,
    "DescribeAddonConfiguration": _addon_configuration,
    "CreateAccessEntry": _described("accessEntry", "access_entries", "create"),
    "DescribeAccessEntry": _describe_entry,
    "UpdateAccessEntry": _described("accessEntry", "access_entries", "update"),
    "DeleteAccessEntry": _delete_entry,
    "ListAccessEntries": _list_entries,
    "AssociateAccessPolicy": _associate_policy,
    "DisassociateAccessPolicy": _disassociate_policy,
    "ListAssociatedAccessPolicies": _list_entry_policies,
    "ListAccessPolicies": _list_policies,
}


def change_tags(
    cluster: Cluster, name: str, arn: str, parameters: _Parameters
) -> dict[str, Any] | None:
    """TagResource, UntagResource or ListTagsForResource for an association, an add-on or an access
    entry of the cluster; None where the ARN is none of its."""
    for owner in (cluster.associations, cluster.addons, cluster.access_entries):
        tags = owner.tags(arn)
        if tags is None:
            continue
        if name == "ListTagsForResource":
            return {"tags": dict(tags)}
        if name == "TagResource":
            owner.tag(arn, {**tags, **parameters["tags"]})
        else:
            gone = set(parameters["tagKeys"])
            owner.tag(arn, {key: value for key, value in tags.items() if key not in gone})
        return {}
    return None
