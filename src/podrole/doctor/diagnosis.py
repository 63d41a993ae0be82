"""Walk the chain from a pod to its role, link by link."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from podrole.doctor.container_credentials import association_of, container_links
from podrole.doctor.evidence import (
    Evidence,
    EvidenceError,
    Tree,
    mapping,
    namespace_of,
    text,
    trees,
)
from podrole.doctor.link import Link, broken, ok, unknown
from podrole.doctor.pod_view import PodView, account_name
from podrole.doctor.web_identity import web_identity_links
from podrole.terminal import shell_word

_ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"


def diagnose(evidence: Evidence, namespace: str = "", pod: str = "") -> list[Link]:
    """Judge every link of one pod's chain.

    Args:
        evidence: what kubectl and aws have printed.
        namespace: the pod's; any, when empty.
        pod: its name, or how its name begins; the only one there, when empty.

    Returns:
        The links in the chain's order; the first broken one is the one to fix.

    Raises:
        EvidenceError: the files hold no such pod, or several.
    """
    return list(_links(evidence, _view(evidence, namespace, pod)))


def _view(evidence: Evidence, namespace: str, name: str) -> PodView:
    found = [
        pod
        for pod in evidence.pods
        if text(pod, "metadata", "name").startswith(name)
        and (not namespace or namespace_of(pod) == namespace)
    ]
    exact = [pod for pod in found if text(pod, "metadata", "name") == name]
    found = exact or found
    if not found:
        raise EvidenceError(
            f"no pod {name or 'at all'} in the files: add the output of "
            "kubectl -n <namespace> get sa,pod -o yaml"
        )
    if len(found) > 1:
        names = ", ".join(sorted(text(pod, "metadata", "name") for pod in found)[:8])
        raise EvidenceError(f"several pods fit: {names}; choose one by --pod")
    chosen = found[0]
    containers = trees(mapping(chosen.get("spec")).get("containers"))
    if not containers:
        raise EvidenceError(f"pod {text(chosen, 'metadata', 'name')} has no containers")
    views = [PodView(chosen, _account(evidence, chosen), one) for one in containers]
    return next((view for view in views if not view.skipped), views[0])


def _account(evidence: Evidence, pod: Tree) -> Tree | None:
    wanted = (namespace_of(pod), account_name(pod))
    for account in evidence.service_accounts:
        if (namespace_of(account), text(account, "metadata", "name")) == wanted:
            return account
    return None


def _links(evidence: Evidence, view: PodView) -> Iterator[Link]:
    yield ok("pod", f"{view.namespace}/{view.name} runs as {view.account_name}")
    yield from _shadows(view)
    if not (view.by_web_identity or view.by_container):
        yield from _not_injected(evidence, view)
        return
    if view.by_web_identity and view.by_container:
        yield ok("mechanism", "both sets of variables are there: SDKs take IRSA's")
    elif view.by_container:
        yield ok("mechanism", "Pod Identity, by the pod's variables")
    else:
        yield ok("mechanism", "IRSA, by the pod's variables")
        if association_of(evidence, view) is not None:
            yield unknown(
                "age",
                "there is an association, and the pod is older: a new pod would use Pod Identity",
            )
    if view.by_web_identity:
        yield from web_identity_links(evidence, view)
    else:
        yield from container_links(evidence, view)
    yield unknown(
        "permissions",
        "whether the role may do what the program asks, the refusal itself says",
        "the end of the error text names the layer",
    )


def _shadows(view: PodView) -> Iterator[Link]:
    if "AWS_ACCESS_KEY_ID" in view.environment:
        yield broken(
            "static key",
            "AWS_ACCESS_KEY_ID is in the container's environment, and comes before every role",
            "take it out of the manifest",
            "find-static-keys",
        )
    for name in ("AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        if name in view.environment:
            yield unknown("profile", f"{name} is set: a profile may come first", f"look at {name}")
    if trees(view.container.get("envFrom")):
        yield unknown(
            "environment",
            "envFrom brings variables that the manifest does not show",
            "kubectl exec … -- env | grep ^AWS_",
        )


def _not_injected(evidence: Evidence, view: PodView) -> Iterator[Link]:
    if view.skipped:
        yield broken(
            "injection",
            f"the container {text(view.container, 'name')} is named in skip-containers",
            "take it out of that annotation, and recreate the pod",
            "deployment-skip-containers",
        )
        return
    association = association_of(evidence, view)
    metadata = (view.service_account or {}).get("metadata")
    annotated = text(metadata, "annotations", _ROLE_ANNOTATION)
    if association is not None and view.platform and not annotated:
        yield broken(
            "platform",
            f"the pod runs on {view.platform}, where Pod Identity does not",
            "use IRSA there",
            "sa-annotated",
        )
    elif association is not None:
        yield _late(view, association)
    elif annotated:
        yield broken(
            "injection",
            "the service account is annotated and the pod has no variables: it is older than the "
            "annotation, or the webhook was down",
            "recreate the pod; a restarted container is not enough",
            "sa-annotate",
        )
    elif view.service_account is None:
        yield unknown(
            "service account",
            f"no file shows {view.namespace}/{view.account_name}",
            f"kubectl -n {shell_word(view.namespace)} get sa,pod -o yaml",
        )
    elif evidence.listed_associations is None:
        yield unknown(
            "set-up",
            f"{view.account_name} has no {_ROLE_ANNOTATION}, and no file lists associations",
            "aws eks list-pod-identity-associations --cluster-name <cluster>",
        )
    else:
        near = _misspelt(metadata)
        yield broken(
            "set-up",
            f"{view.account_name} has neither an annotation nor an association{near}; the SDK goes "
            "on to the node's role, if it can reach it",
            "associate it with a role, or annotate it, then recreate the pod",
            "pia-create",
        )


def _late(view: PodView, association: Tree) -> Link:
    made, born = (
        _instant(association.get("createdAt")),
        _instant(text(view.pod, "metadata", "creationTimestamp")),
    )
    says = "there is an association, and the pod has no variables: "
    says += (
        "the pod came first"
        if made and born and born <= made
        else "it came before the webhook knew of it, or the webhook was down"
    )
    return broken(
        "injection",
        says,
        "recreate the pod; a restarted container is not enough",
        "deployment-fail-fast",
    )


def _misspelt(metadata: Any) -> str:
    for key in mapping(mapping(metadata).get("annotations")):
        if isinstance(key, str) and "role" in key and "arn" in key:
            return f" (it has {key!r}; the key is {_ROLE_ANNOTATION!r})"
    return ""


def _instant(value: Any) -> datetime | None:
    """A time as kubectl or the AWS CLI prints it: ISO 8601, or seconds since 1970."""
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        pass
    try:
        when = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
