"""Which pod is judged: of replicas one, of a workload its template, of a bare environment that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from podrole.doctor.evidence import Evidence, EvidenceError
from podrole.doctor.pod_view import (
    CONTAINER,
    ROLE_ANNOTATION,
    WEB_IDENTITY,
    PodView,
    account_name,
    environment_of,
    set_in,
    skips,
)
from podrole.doctor.tree import Tree, mapping, name_of, namespace_of, text, trees

#: So many different pods are judged in one run; of more, one has to be chosen.
MOST_PODS = 12
_AGENT = re.compile(r"eks-pod-identity-agent-\w+\Z")


def views(evidence: Evidence, namespace: str, name: str) -> list[PodView]:
    """The pods that fit, one for each kind of them.

    Raises EvidenceError: the files hold no such pod, or too many different ones.
    """
    pods = _fitting(evidence.pods, namespace, name)
    if not name:
        pods = [pod for pod in pods if not _AGENT.match(name_of(pod))] or pods
    if pods:
        groups = _groups(pods)
        if len(groups) > 1:
            groups = [group for group in groups if _concerned(evidence, group[0])] or groups
        if len(groups) > MOST_PODS:
            names = ", ".join(sorted(name_of(group[0]) for group in groups)[:8])
            raise EvidenceError(f"several pods fit: {names} …; choose one by --pod")
        return [_view(evidence, group) for group in groups]
    workloads = _fitting(evidence.workloads, namespace, name)
    if workloads:
        chosen = [one for one in workloads if _concerned(evidence, _template(one))] or workloads
        return [_written(evidence, one) for one in chosen[:MOST_PODS]]
    if evidence.environments and not evidence.pods and not name:
        return [_of_environment(one) for one in evidence.environments[:MOST_PODS]]
    reason = f"no pod {name or 'at all'} in the files: add the output of "
    raise EvidenceError(f"{reason}kubectl -n <namespace> get sa,pod -o yaml{_why(evidence)}")


def _why(evidence: Evidence) -> str:
    said = [text(one, "Message") for one in evidence.errors if not text(one, "Operation")]
    passed = evidence.passed_over[:1]
    return f" ({said[0]})" if said else f" ({passed[0]})" if passed else ""


def _fitting(items: Iterable[Tree], namespace: str, name: str) -> list[Tree]:
    found = [
        item
        for item in items
        if name_of(item).startswith(name) and (not namespace or namespace_of(item) == namespace)
    ]
    return [item for item in found if name_of(item) == name] or found


def _groups(pods: list[Tree]) -> list[list[Tree]]:
    """Pods that do not differ in what is judged here, together."""
    found: dict[str, list[Tree]] = {}
    for pod in pods:
        found.setdefault(_looks(pod), []).append(pod)
    return list(found.values())


def _looks(pod: Tree) -> str:
    """What tells pods apart: their owner, and what the chain looks at."""
    spec = mapping(pod.get("spec"))
    owner = next(iter(trees(mapping(pod.get("metadata")).get("ownerReferences"))), {})
    containers: list[Any] = [
        {key: one.get(key) for key in ("name", "env", "envFrom", "volumeMounts")}
        for key in ("containers", "initContainers")
        for one in trees(spec.get(key))
    ]
    volumes = [one.get("projected") for one in trees(spec.get("volumes")) if "projected" in one]
    # A pod of its own has no other that is like it.
    whose = text(owner, "uid") or text(owner, "name") or name_of(pod)
    looks = [namespace_of(pod), whose, account_name(pod), containers, len(volumes)]
    return json.dumps(looks, sort_keys=True, default=str)


def _concerned(evidence: Evidence, pod: Tree) -> bool:
    """Whether a pod has anything to do with a role."""
    spec = mapping(pod.get("spec"))
    for container in trees(spec.get("containers")):
        if any(name in environment_of(container) for name in (*WEB_IDENTITY, *CONTAINER)):
            return True
    account = _account(evidence, pod)
    annotations = mapping(mapping((account or {}).get("metadata")).get("annotations"))
    if any("amazonaws.com/" in str(key) for key in annotations):
        return True
    wanted = (namespace_of(pod), account_name(pod))
    known = [*evidence.associations, *(evidence.listed_associations or ())]
    return any((text(one, "namespace"), text(one, "serviceAccount")) == wanted for one in known)


def _view(evidence: Evidence, group: list[Tree]) -> PodView:
    # The newest is what the cluster makes of the manifest now.
    chosen = max(group, key=lambda pod: text(pod, "metadata", "creationTimestamp"))
    containers = trees(mapping(chosen.get("spec")).get("containers"))
    if not containers:
        raise EvidenceError(f"pod {name_of(chosen)} has no containers")
    alike = tuple(name_of(pod) for pod in group if pod is not chosen)
    return PodView(
        chosen,
        _account(evidence, chosen),
        _container(chosen, containers),
        written="" if _seen(chosen) else "Pod",
        alike=alike,
    )


def _seen(pod: Tree) -> bool:
    """Whether the cluster has had a pod: what the API server adds is not in a manifest."""
    metadata = mapping(pod.get("metadata"))
    return (
        bool({"uid", "creationTimestamp", "resourceVersion"} & set(metadata))
        or bool(mapping(pod.get("status")) or pod.get("described"))
        or bool(text(pod, "spec", "nodeName"))
    )


def _container(pod: Tree, containers: list[Tree]) -> Tree:
    """The container that has the variables, or should have them: a sidecar may stand first."""

    def rank(container: Tree) -> int:
        names = environment_of(container)
        if any(all(name in names for name in pair) for pair in (CONTAINER, WEB_IDENTITY)):
            return 0 if not set_in(container, "AWS_ACCESS_KEY_ID") else 1
        if any(name in names for name in (*WEB_IDENTITY, *CONTAINER)):
            return 2
        return 4 if skips(pod, container) else 3

    return min(containers, key=rank)


def _template(workload: Tree) -> Tree:
    """The pod that a workload writes."""
    spec = mapping(workload.get("spec"))
    spec = mapping(mapping(spec.get("jobTemplate")).get("spec")) or spec
    template = mapping(spec.get("template"))
    metadata = {**mapping(template.get("metadata")), "name": name_of(workload)}
    metadata["namespace"] = namespace_of(workload)
    return {"kind": "Pod", "metadata": metadata, "spec": template.get("spec")}


def _written(evidence: Evidence, workload: Tree) -> PodView:
    pod = _template(workload)
    containers = trees(mapping(pod["spec"]).get("containers"))
    container = _container(pod, containers)
    return PodView(pod, _account(evidence, pod), container, written=str(workload.get("kind")))


def _of_environment(values: Tree) -> PodView:
    """What `env` in a container tells: its variables, and the pod's name by HOSTNAME."""
    container = {
        "name": "the container that printed env",
        "env": [{"name": key, "value": value} for key, value in values.items()],
    }
    pod = {
        "kind": "Pod",
        "metadata": {"name": str(values.get("HOSTNAME") or "the pod that printed env")},
        "spec": {"containers": [container]},
    }
    return PodView(pod, None, container, partial=True)


def _account(evidence: Evidence, pod: Tree) -> Tree | None:
    wanted = (namespace_of(pod), account_name(pod))
    for account in evidence.service_accounts:
        if (namespace_of(account), name_of(account)) == wanted:
            return account
    return None


def other_annotated(evidence: Evidence, view: PodView) -> Iterator[Tree]:
    """Service accounts that have the annotation and are not the pod's, its namespace first."""
    found = [
        account
        for account in evidence.service_accounts
        if account is not view.service_account
        and text(account, "metadata", "annotations", ROLE_ANNOTATION)
    ]
    yield from sorted(found, key=lambda account: namespace_of(account) != view.namespace)
