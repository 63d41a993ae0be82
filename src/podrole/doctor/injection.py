"""Why a pod has none of the webhook's variables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from podrole.doctor.container_credentials import association_of, foreign_association
from podrole.doctor.evidence import Evidence
from podrole.doctor.instant import instant, shown
from podrole.doctor.link import Link, broken, unknown
from podrole.doctor.pod_view import CONTAINER, ROLE_ANNOTATION, WEB_IDENTITY, PodView
from podrole.doctor.pods import other_annotated
from podrole.doctor.tree import Tree, mapping, name_of, namespace_of, text, trees
from podrole.terminal import shell_word

_KUBE2IAM = "iam.amazonaws.com/role"
_RECREATE = "recreate the pod; a restarted container is not enough"


def injection_link(evidence: Evidence, view: PodView) -> Link:
    """The one reason that the files show, the surest first."""
    return next(_reasons(evidence, view))


def _reasons(evidence: Evidence, view: PodView) -> Iterator[Link]:
    if view.skipped:
        yield broken(
            "injection",
            f"the container {text(view.container, 'name')} is listed in skip-containers",
            "remove it from that annotation, then recreate the pod",
            "skip-containers-remove",
        )
    yield from _by_hand(view)
    association = association_of(evidence, view)
    if association is not None and view.platform and not view.annotated:
        yield broken(
            "platform",
            f"the pod runs on {view.platform}, which does not support Pod Identity",
            "use IRSA there",
            "sa-annotated",
        )
    if association is not None:
        yield _late(view, association)
    if view.annotated:
        yield broken("injection", _annotated_later(view), _RECREATE, "sa-annotate")
    yield from _misplaced(evidence, view)
    if view.service_account is None:
        yield unknown(
            "service account",
            f"no file shows {view.namespace}/{view.account_name}",
            f"kubectl -n {shell_word(view.namespace)} get sa,pod -o yaml",
        )
    if other := foreign_association(evidence, view):
        yield other
    if evidence.listed_associations is None:
        yield unknown(
            "set-up",
            f"{view.account_name} has no {ROLE_ANNOTATION} annotation, and no file lists"
            " associations",
            "aws eks list-pod-identity-associations --cluster-name <cluster>",
        )
    yield broken(
        "set-up",
        f"{view.account_name} has neither an annotation nor an association; the SDK falls back to"
        " the "
        "node's role, if it can reach the metadata service",
        "create an association for it, or annotate it, then recreate the pod",
        "pia-create",
    )


def _by_hand(view: PodView) -> Iterator[Link]:
    """One variable of a pair: the manifest sets it, so the webhook adds neither it nor the other.

    Source: amazon-eks-pod-identity-webhook, `pkg/handler` (read 2026-11-28).
    """
    for pair in (WEB_IDENTITY, CONTAINER):
        there = [name for name in pair if name in view.environment]
        if len(there) == 1:
            other = next(name for name in pair if name not in there)
            yield broken(
                "injection",
                f"{there[0]} is set by hand in the manifest, so the webhook adds neither that"
                " variable nor "
                f"{other}",
                f"remove {there[0]} from the manifest, then recreate the pod",
                "deployment-app",
            )


def _misplaced(evidence: Evidence, view: PodView) -> Iterator[Link]:
    """An annotation that does nothing: in another place, or under another key."""
    annotations = mapping(mapping((view.service_account or {}).get("metadata")).get("annotations"))
    of_pod = mapping(mapping(view.pod.get("metadata")).get("annotations"))
    for where, found in (("service account", annotations), ("pod", of_pod)):
        if _KUBE2IAM in found:
            yield broken(
                "annotation",
                f"{_KUBE2IAM} on the {where} is the annotation of kube2iam and kiam, which the "
                f"webhook does not read; the key is {ROLE_ANNOTATION}, on the service account",
                f"annotate the service account {view.account_name} with {ROLE_ANNOTATION}, then "
                "recreate the pod",
                "sa-annotate",
            )
    if ROLE_ANNOTATION in of_pod:
        yield broken(
            "annotation",
            f"{ROLE_ANNOTATION} is on the pod, where nothing reads it; it belongs on the service "
            f"account {view.account_name}",
            "move it from the pod's template to the service account, then recreate the pod",
            "sa-annotate",
        )
    for key in annotations:
        if isinstance(key, str) and key != ROLE_ANNOTATION and _means_role(key):
            yield broken(
                "set-up",
                f"{view.account_name} has the annotation {key!r}; the key is {ROLE_ANNOTATION!r}",
                f"annotate it with {ROLE_ANNOTATION}, then recreate the pod",
                "sa-annotate",
            )
    if ROLE_ANNOTATION in annotations:
        yield broken(
            "annotation",
            f"{ROLE_ANNOTATION} of {view.account_name} is empty",
            "write the role's ARN into it, then recreate the pod",
            "sa-annotate",
        )
    for account in other_annotated(evidence, view):
        yield from _another_account(evidence, view, account)


def _means_role(key: str) -> bool:
    folded = key.lower()
    return "role" in folded and ("arn" in folded or "amazonaws.com" in folded)


def _another_account(evidence: Evidence, view: PodView, account: Tree) -> Iterator[Link]:
    name, where = name_of(account), namespace_of(account)
    if where == view.namespace and (view.account_name == "default" or view.service_account is None):
        yield broken(
            "service account",
            f"the pod runs as {view.account_name}, while the service account {name} is annotated: "
            "spec.serviceAccountName is missing or names another account",
            f"write serviceAccountName: {name} into the pod's template",
            "service-account-set",
        )
    elif (
        where != view.namespace and name == view.account_name and evidence.listed_associations == []
    ):
        yield broken(
            "service account",
            f"{where}/{name} is annotated, but the pod runs as {view.namespace}/{name}: a service "
            "account belongs to one namespace",
            f"annotate the one in {view.namespace}, then recreate the pod",
            "sa-annotate",
        )


def _annotated_later(view: PodView) -> str:
    says = "the service account is annotated, but the pod has no variables: "
    born = instant(text(view.pod, "metadata", "creationTimestamp"))
    account = view.service_account or {}
    made = instant(text(account, "metadata", "creationTimestamp"))
    set_at = _annotated_at(account)
    if born and made and born < made:
        return f"{says}the pod is older ({shown(born)}) than the service account ({shown(made)})"
    if born and set_at and born < set_at:
        return f"{says}the pod is older ({shown(born)}) than the annotation ({shown(set_at)})"
    if born and set_at:
        return (
            f"{says}the pod is newer than the annotation ({shown(set_at)}), so the webhook was down"
        )
    return f"{says}the pod is older than the annotation, or the webhook was down"


def _annotated_at(account: Tree) -> Any:
    """When the annotation was last written, where kubectl was asked to show managed fields."""
    for one in trees(mapping(account.get("metadata")).get("managedFields")):
        fields = mapping(
            mapping(mapping(one.get("fieldsV1")).get("f:metadata")).get("f:annotations")
        )
        if f"f:{ROLE_ANNOTATION}" in fields:
            return instant(text(one, "time"))
    return None


def _late(view: PodView, association: Tree) -> Link:
    made = instant(association.get("createdAt"))
    born = instant(text(view.pod, "metadata", "creationTimestamp"))
    says = "there is an association, but the pod has no variables: "
    if made and born and born <= made:
        says += f"the pod is older ({shown(born)}, the association {shown(made)})"
    elif made and born:
        says += (
            f"the pod is newer ({shown(born)}, the association {shown(made)}), so the webhook "
            "did not know the association yet, or was down"
        )
    else:
        says += "the webhook did not know the association yet, or was down"
    return broken("injection", says, _RECREATE, "rollout-restart")
