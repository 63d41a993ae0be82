"""Resources that CloudFormation and Terraform declare, in the shapes that the AWS CLI prints.

Source of the properties: CloudFormation's template reference, Terraform's AWS and Kubernetes
providers (checked 2026-11-28).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from podrole.doctor.tree import Tree, mapping, text, trees

#: Deeper modules of Terraform nobody writes.
_DEPTH = 12
_ROLE = {
    "AssumeRolePolicyDocument": "AssumeRolePolicyDocument",
    "assume_role_policy": "AssumeRolePolicyDocument",
    "RoleName": "RoleName",
    "name": "RoleName",
    "arn": "Arn",
    "Path": "Path",
    "path": "Path",
}
_ASSOCIATION = {
    "ClusterName": "clusterName",
    "cluster_name": "clusterName",
    "Namespace": "namespace",
    "namespace": "namespace",
    "ServiceAccount": "serviceAccount",
    "service_account": "serviceAccount",
    "RoleArn": "roleArn",
    "role_arn": "roleArn",
    "TargetRoleArn": "targetRoleArn",
    "target_role_arn": "targetRoleArn",
    "DisableSessionTags": "disableSessionTags",
    "disable_session_tags": "disableSessionTags",
}
_PROVIDER = {
    "Url": "Url",
    "url": "Url",
    "ClientIdList": "ClientIDList",
    "client_id_list": "ClientIDList",
}
#: Type of a resource to the shape that it has here.
_SHAPES = {
    "AWS::IAM::Role": ("role", _ROLE),
    "aws_iam_role": ("role", _ROLE),
    "AWS::EKS::PodIdentityAssociation": ("association", _ASSOCIATION),
    "aws_eks_pod_identity_association": ("association", _ASSOCIATION),
    "AWS::IAM::OIDCProvider": ("provider", _PROVIDER),
    "aws_iam_openid_connect_provider": ("provider", _PROVIDER),
}


def declared(tree: Tree) -> Iterator[tuple[str, Any]] | None:
    """The kind and the shape of each resource that is of use; None if nothing is declared here."""
    if any(key in tree for key in ("planned_values", "resource_changes", "terraform_version")):
        return _made(_terraform(tree, 0))
    resources = tree.get("Resources")
    if isinstance(resources, dict) and any("Type" in mapping(one) for one in resources.values()):
        return _made(
            (text(one, "Type"), mapping(mapping(one).get("Properties")))
            for one in resources.values()
        )
    if isinstance(tree.get("resource") or tree.get("data"), dict) and "kind" not in tree:
        return _made(_hcl(mapping(tree.get("resource"))))
    return None


def _terraform(tree: Any, depth: int) -> Iterator[tuple[str, Tree]]:
    """The resources of a plan or a state: of `terraform show -json`, or of the state file."""
    if depth > _DEPTH:
        return
    tree = mapping(tree)
    if "planned_values" in tree:
        yield from _terraform(tree["planned_values"], depth + 1)
        return
    for key in ("root_module", "values"):
        if isinstance(tree.get(key), dict):
            yield from _terraform(tree[key], depth + 1)
    for module in trees(tree.get("child_modules")):
        yield from _terraform(module, depth + 1)
    for one in trees(tree.get("resources")):
        kind = text(one, "type")
        if isinstance(one.get("values"), dict):
            yield kind, one["values"]
        for instance in trees(one.get("instances")):
            yield kind, mapping(instance.get("attributes"))
    for one in trees(tree.get("resource_changes")):
        yield text(one, "type"), mapping(mapping(one.get("change")).get("after"))


def _hcl(blocks: Tree) -> Iterator[tuple[str, Tree]]:
    for kind, named in blocks.items():
        for block in mapping(named).values():
            yield kind, mapping(block)


def _made(resources: Iterator[tuple[str, Tree]]) -> Iterator[tuple[str, Any]]:
    for kind, values in resources:
        if kind.startswith("kubernetes_manifest"):
            yield "object", values.get("manifest")
        elif kind.startswith("kubernetes_service_account"):
            metadata = values.get("metadata")
            yield (
                "object",
                {
                    "kind": "ServiceAccount",
                    "metadata": metadata[0]
                    if isinstance(metadata, list) and metadata
                    else metadata,
                },
            )
        elif kind in _SHAPES:
            shape, names = _SHAPES[kind]
            yield shape, {names[key]: value for key, value in values.items() if key in names}
