"""Walk the chain from a pod to its role, link by link."""

from __future__ import annotations

from collections.abc import Iterator

from podrole.doctor.container_credentials import association_of, container_links
from podrole.doctor.evidence import Evidence
from podrole.doctor.injection import injection_link
from podrole.doctor.instant import instant, shown
from podrole.doctor.link import Link, ok, unknown
from podrole.doctor.pod_view import ROLE_ANNOTATION, PodView
from podrole.doctor.pods import other_annotated, views
from podrole.doctor.shadows import shadow_links
from podrole.doctor.tree import Tree, name_of, text
from podrole.doctor.web_identity import web_identity_links
from podrole.terminal import shell_word

_INJECTED = {"AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_FULL_URI"}
#: So many lines about files that were read in part, or passed over.
_MOST_NOTES = 20


def diagnose(evidence: Evidence, namespace: str = "", pod: str = "") -> list[Link]:
    """Judge every link of the chain of each pod that fits; of replicas, one is judged.

    `evidence` is what kubectl and aws have printed. `namespace` is the pod's, or any when empty;
    `pod` is its name or how its name begins, or all there are when empty. Returns the links in the
    chain's order, pod after pod, each beginning with the link `pod`; the first broken one is the
    one to fix. Raises EvidenceError if the files hold no such pod, or too many.
    """
    found = [link for view in views(evidence, namespace, pod) for link in _links(evidence, view)]
    return [*found, *_remarks(evidence, found)]


def _links(evidence: Evidence, view: PodView) -> Iterator[Link]:
    yield _pod(view)
    yield from shadow_links(view)
    if not (view.by_web_identity or view.by_container):
        if view.written:
            yield from _as_written(evidence, view)
        elif view.partial:
            yield _no_variables(view)
        else:
            yield injection_link(evidence, view)
        return
    yield _mechanism(view)
    if view.by_web_identity:
        if not view.by_container and (association := association_of(evidence, view)) is not None:
            yield _age(view, association)
        yield from web_identity_links(evidence, view)
    else:
        yield from container_links(evidence, view)
    yield from _events(evidence, view)
    yield unknown(
        "permissions",
        "the refusal itself says whether the role's policies deny the call",
        "read the end of the error text: it names the layer that denied the call",
    )


def _pod(view: PodView) -> Link:
    runs = f"{view.namespace}/{view.name} runs as {view.account_name}"
    if view.partial:
        return unknown(
            "pod",
            f"env shows the variables of {view.name}, but not its service account",
            "kubectl -n <namespace> get sa,pod -o yaml",
        )
    if view.written == "Pod" and (view.by_web_identity or view.by_container):
        return ok("pod", runs)
    if view.written == "Pod":
        return unknown(
            "pod",
            f"the file is the manifest of {view.namespace}/{view.name}: it shows what was written, "
            "not what the webhook changed",
            f"kubectl -n {shell_word(view.namespace)} get sa,pod -o yaml",
        )
    if view.written:
        return unknown(
            "pod",
            f"no file shows a pod of the {view.written} {view.namespace}/{view.name}: its template "
            "shows what was written, not what the webhook changed",
            f"kubectl -n {shell_word(view.namespace)} get sa,pod -o yaml",
        )
    if view.alike:
        others = ", ".join(view.alike[:8])
        return ok(
            "pod", f"{runs}; judged as one of {len(view.alike) + 1} identical pods, with {others}"
        )
    return ok("pod", runs)


def _mechanism(view: PodView) -> Link:
    without = [
        text(one, "name")
        for one in view.containers
        if one is not view.container and not _INJECTED & _names(one)
    ]
    if view.by_web_identity and view.by_container:
        says = "the pod has both sets of variables: SDKs use IRSA's"
    elif view.by_container:
        says = "Pod Identity, by the pod's variables"
    else:
        says = "IRSA, by the pod's variables"
    if len(view.containers) > 1:
        says += f" in the container {text(view.container, 'name')}"
    if without:
        says += f"; {', '.join(without)} has none, so it gets no role"
    return ok("mechanism", says)


def _names(container: Tree) -> set[str]:
    env = container.get("env")
    return {text(one, "name") for one in env} if isinstance(env, list) else set()


def _age(view: PodView, association: Tree) -> Link:
    made = instant(association.get("createdAt"))
    born = instant(text(view.pod, "metadata", "creationTimestamp"))
    if made and born and born > made:
        return unknown(
            "age",
            f"the pod ({shown(born)}) is newer than the association ({shown(made)}) but has "
            "only IRSA's variables: the association belongs to another cluster, the webhook did"
            " not "
            "know it yet, or the platform does not support Pod Identity",
            "aws eks list-pod-identity-associations --cluster-name <cluster>",
        )
    if made and born:
        return unknown(
            "age",
            f"there is an association, but the pod is older ({shown(born)} before {shown(made)}): "
            "a new pod would use Pod Identity",
        )
    return unknown(
        "age", "there is an association, but no file shows whether it or the pod is older"
    )


def _no_variables(view: PodView) -> Link:
    return unknown(
        "mechanism",
        f"the environment of {view.name} has none of the webhook's variables",
        "kubectl -n <namespace> get sa,pod -o yaml",
    )


def _as_written(evidence: Evidence, view: PodView) -> Iterator[Link]:
    """What a template without its pods tells: which mechanism the pods will have."""
    if association_of(evidence, view) is not None and not view.platform:
        yield unknown("mechanism", "Pod Identity, if the webhook knows the association")
        yield from container_links(evidence, view)
    elif view.annotated:
        yield unknown("mechanism", "IRSA, because its service account is annotated")
        yield from web_identity_links(evidence, view)
    else:
        link = injection_link(evidence, view)
        yield link
        others = [name_of(one) for one in other_annotated(evidence, view)]
        if link.name == "set-up" and others:
            yield unknown("service account", f"{', '.join(others[:4])} has {ROLE_ANNOTATION}")


def _events(evidence: Evidence, view: PodView) -> Iterator[Link]:
    """What CloudTrail has of the pod's own calls for the role."""
    for event in evidence.events[:200]:
        if not text(event, "errorCode") or not text(event, "eventName").startswith("AssumeRole"):
            continue
        who = text(event, "userIdentity", "userName")
        wanted = text(event, "requestParameters", "roleArn")
        if who == view.subject or (wanted and wanted == view.environment.get("AWS_ROLE_ARN")):
            yield unknown(
                "CloudTrail",
                f"{text(event, 'eventName')} was refused ({text(event, 'eventTime') or '?'}): "
                f"{text(event, 'errorCode')}: {text(event, 'errorMessage')}",
                "compare the trust policy with the token's sub, aud and issuer",
            )


def _remarks(evidence: Evidence, found: list[Link]) -> Iterator[Link]:
    """Errors in place of answers, files read in part, and files passed over: none is lost."""
    said = " ".join(link.says for link in found)
    for error in evidence.errors[:_MOST_NOTES]:
        message = text(error, "Message")
        if message and message not in said:
            operation = text(error, "Operation") or "a command"
            yield unknown(
                "answer",
                f"{operation} printed an error instead of its answer: {text(error, 'Code')} "
                f"{message}",
                "run it again with permission and with the right names",
            )
    for note in evidence.notes[:_MOST_NOTES]:
        yield unknown("read in part", note)
    for passed in evidence.passed_over[:_MOST_NOTES]:
        yield unknown("not read", passed)
    left = len(evidence.passed_over) - _MOST_NOTES
    if left > 0:
        yield unknown("not read", f"{left} more files")
