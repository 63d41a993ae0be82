"""What the API server refuses of deployments and other workloads, and of roles.

Words: kubernetes/kubernetes v1.37.2, `pkg/apis/{apps,batch,rbac}/validation/validation.go` (read
2026-11-29). How many replicas there may be is the lab's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from podrole.lab.kubernetes.objects import metadata_validation, pod_validation
from podrole.lab.kubernetes.objects.kinds import Fault, Kind, Object

#: What a node's kubelet takes by default.
MOST_PODS = 110
SCALED = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
_ROLES = ("Role", "ClusterRole")
_ENDING = ("OnFailure", "Never")
_MISMATCH = "`selector` does not match template `labels`"


def faults(kind: Kind, given: Object) -> Iterator[Fault]:
    """What is refused of a workload or a role; nothing of another kind."""
    if kind.name in _ROLES:
        for index, rule in enumerate(given.get("rules") or ()):
            yield from _rule(rule, f"rules[{index}]", namespaced=kind.namespaced)
    if kind.name not in (*SCALED, "Job"):
        return
    specification = given.get("spec") or {}
    template = specification.get("template") or {}
    wanted = specification.get("replicas", 1)
    if wanted < 0:
        yield "spec.replicas", f"Invalid value: {wanted}: must be greater than or equal to 0"
    if wanted > MOST_PODS:
        why = f"lab: its one node runs at most {MOST_PODS} pods"
        yield "spec.replicas", f"Invalid value: {wanted}: {why}"
    if kind.name in SCALED:
        yield from _selector(kind, specification.get("selector"), template)
    yield from metadata_validation.faults(template.get("metadata") or {}, "spec.template.metadata")
    claims = pod_validation.claims(specification)
    pod = template.get("spec") or {}
    yield from pod_validation.faults(pod, "spec.template.spec", claims)
    yield from _restarts(kind, pod)
    rolling = (specification.get("strategy") or {}).get("rollingUpdate") or {}
    lacking, beyond = rolling.get("maxUnavailable", "25%"), rolling.get("maxSurge", "25%")
    if kind.name == "Deployment" and _is_none(lacking) and _is_none(beyond):
        why = f"Invalid value: {json.dumps(lacking)}: may not be 0 when `maxSurge` is 0"
        yield "spec.strategy.rollingUpdate.maxUnavailable", why


def _selector(kind: Kind, selector: Any, template: Mapping[str, Any]) -> Iterator[Fault]:
    labels = (template.get("metadata") or {}).get("labels") or {}
    place = "spec.template.metadata.labels"
    shown = json.dumps(labels or None, sort_keys=True, separators=(",", ":"))
    if selector is None:
        if kind.name != "DaemonSet":
            yield "spec.selector", "Required value"
        yield place, f"Invalid value: {shown}: {_MISMATCH}"
        return
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        why = f"empty selector is invalid for {kind.name.lower()}"
        yield "spec.selector", f"Invalid value: {json.dumps(selector)}: {why}"
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        yield place, f"Invalid value: {shown}: {_MISMATCH}"


def _restarts(kind: Kind, pod: Mapping[str, Any]) -> Iterator[Fault]:
    place, policy = "spec.template.spec.restartPolicy", pod.get("restartPolicy")
    if kind.name == "Job":
        if policy == "Always":  # also where a manifest says nothing
            yield place, 'Required value: valid values: "OnFailure", "Never"'
    elif policy in _ENDING:
        yield place, f'Unsupported value: {json.dumps(policy)}: supported values: "Always"'


def _is_none(share: Any) -> bool:
    return share in (0, "0%")


def _rule(rule: Mapping[str, Any], place: str, *, namespaced: bool) -> Iterator[Fault]:
    if not rule.get("verbs"):
        yield f"{place}.verbs", "Required value"
    paths = rule.get("nonResourceURLs")
    if paths:
        shown = json.dumps(paths, separators=(",", ":"))
        if namespaced:
            why = "namespaced rules cannot apply to non-resource URLs"
            yield f"{place}.nonResourceURLs", f"Invalid value: {shown}: {why}"
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            why = "rules cannot apply to both regular resources and non-resource URLs"
            yield f"{place}.nonResourceURLs", f"Invalid value: {shown}: {why}"
        return
    for name, word in (("apiGroups", "api group"), ("resources", "resource")):
        if not rule.get(name):
            why = f"resource rules must supply at least one {word}"
            yield f"{place}.{name}", f"Required value: {why}"
