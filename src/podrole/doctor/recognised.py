"""What a document is, by its keys: an object of Kubernetes, an answer of AWS or a part of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from podrole.doctor.declared import declared
from podrole.doctor.tree import Tree, mapping, text, texts, trees
from podrole.policy.policy_file import kind_of
from podrole.reading.outputs import policies_in, policy_text

#: Add-ons of which each cluster has some: a bare list of texts with one of them lists add-ons.
_ADDONS = {"coredns", "kube-proxy", "vpc-cni", "eks-pod-identity-agent", "aws-ebs-csi-driver"}
#: The keys of answers that hold one thing.
_ANSWERS = {"Role": "role", "cluster": "cluster", "association": "association", "addon": "addon"}
Found = Iterator[tuple[str, Any]]


def recognised(tree: Any) -> Found:
    """The kind of each thing that a document shows, and its data; nothing if it shows none."""
    if isinstance(tree, list):
        yield from _of_list(tree)
    elif isinstance(tree, dict):
        kind = tree.get("kind")
        if isinstance(kind, str) and kind:
            yield from _of_kubernetes(kind, tree)
        yield from _of_aws(tree)


def _of_list(items: list[Any]) -> Found:
    names = texts(items)
    if names and len(names) == len(items):
        if all(":oidc-provider/" in one for one in names):
            yield "provider arns", names
        elif _ADDONS & set(names):
            yield "addon names", names
        return
    found = trees(items)
    if found and all(_is_association(one) and "roleArn" not in one for one in found):
        yield "associations", found
        return
    if found and all(text(one, "Effect") for one in found):
        yield from _of_policies(items)
        return
    for one in found:
        yield from recognised(one)


def _of_kubernetes(kind: str, tree: Tree) -> Found:
    if kind.endswith("List") and isinstance(tree.get("items"), list | str):
        yield "list", None
        for item in trees(tree.get("items")):
            # The items of a PodList have no kind of their own.
            named = item if item.get("kind") else {"kind": kind.removesuffix("List"), **item}
            yield from recognised(named)
        return
    if kind == "Status":
        yield (
            "error",
            {"Code": text(tree, "reason"), "Operation": "", "Message": text(tree, "message")},
        )
    elif kind == "Environment" and isinstance(tree.get("values"), dict):
        yield "environment", tree["values"]
    elif kind in ("ServiceAccount", "Pod"):
        yield ("service account" if kind == "ServiceAccount" else "pod"), tree
    elif _pod_template(tree):
        yield "workload", tree
    else:
        yield "object", tree  # another object of the namespace says nothing here


def _pod_template(tree: Tree) -> Tree:
    spec = mapping(tree.get("spec"))
    spec = mapping(mapping(spec.get("jobTemplate")).get("spec")) or spec
    template = mapping(spec.get("template"))
    return template if trees(mapping(template.get("spec")).get("containers")) else {}


def _of_aws(tree: Tree) -> Found:
    made = declared(tree)
    if made is not None:
        yield "declared", None
        for kind, data in made:
            if kind == "object":
                yield from recognised(data)
            else:
                yield kind, data
        return
    yield from _answers(tree)
    yield from _parts(tree)


def _answers(tree: Tree) -> Found:
    """The answers of the AWS CLI, by the key that each has."""
    if isinstance(error := tree.get("Error"), dict) and "Message" in error:
        yield "error", error
    for key, kind in _ANSWERS.items():
        if isinstance(tree.get(key), dict):
            yield kind, tree[key]
    for key in ("Roles", "RoleDetailList"):
        for role in trees(tree.get(key)):
            yield "role", role
    if isinstance(listed := tree.get("associations"), list):
        yield "associations", listed
        yield from (("association", one) for one in trees(listed) if "roleArn" in one)
    if isinstance(listed := tree.get("addons"), list):
        yield "addon names", listed
    if isinstance(listed := tree.get("OpenIDConnectProviderList"), list):
        yield "provider arns", [text(item, "Arn") for item in trees(listed)]
    if isinstance(tree.get("ClientIDList"), list) and "Url" in tree:
        yield "provider", tree
    for event in trees(tree.get("Records")):
        if "eventName" in event:
            yield "event", event
    for event in trees(tree.get("Events")):  # aws cloudtrail lookup-events
        inner = event.get("CloudTrailEvent")
        inner = policy_text(inner) if isinstance(inner, str) else inner
        if isinstance(inner, dict):
            yield "event", inner


def _parts(tree: Tree) -> Found:
    """A part of an answer, as `--query` prints it."""
    if "AssumeRolePolicyDocument" in tree:
        yield "role", tree
    elif _is_association(tree):
        yield (
            ("association" if "roleArn" in tree else "associations"),
            (tree if "roleArn" in tree else [tree]),
        )
    elif "addonName" in tree:
        yield "addon", tree
    elif "eventName" in tree and "eventSource" in tree:
        yield "event", tree
    elif text(tree, "identity", "oidc", "issuer"):
        yield "cluster", tree
    elif text(tree, "oidc", "issuer"):
        yield "cluster", {"identity": tree}
    elif text(tree, "issuer").startswith("https://"):
        yield "cluster", {"identity": {"oidc": tree}}
    elif not {"Role", "RoleDetailList", "Roles", "kind"} & set(tree):
        yield from _of_policies(tree)


def _is_association(tree: Tree) -> bool:
    return bool(text(tree, "serviceAccount") and text(tree, "namespace") and "metadata" not in tree)


def _of_policies(tree: Any) -> Found:
    """Policies without their role: a trust policy is of use, another one is known as such."""
    for held in policies_in(tree):
        trust = held.trust or kind_of(held.document) == "trust"
        yield ("trust" if trust else "policy"), held.document
