"""Pod disruption budgets: how many of their pods may go, and what an eviction asks them.

Source: Kubernetes, "Specifying a Disruption Budget for your Application"; words:
kubernetes/kubernetes v1.37.2, `pkg/registry/core/pod/storage/eviction.go` (read 2026-11-29).
"""

from __future__ import annotations

import math
from typing import Any

from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Object
from podrole.lab.kubernetes.objects.object_store import ObjectStore
from podrole.lab.kubernetes.objects.selectors import label_selector
from podrole.lab.kubernetes.objects.status import ApiError

BUDGET = BUILT_IN["PodDisruptionBudget"]
_POD = BUILT_IN["Pod"]


def refresh(store: ObjectStore, now: str) -> None:
    """Give each budget the status that its pods give it; `now` is RFC 3339."""
    for budget in list(store.list(BUDGET)):
        status = _status(store, budget)
        former = budget.get("status") or {}
        if {**former, "conditions": None} == {**status, "conditions": None}:
            continue
        enough = status["disruptionsAllowed"] > 0
        condition = {
            "type": "DisruptionAllowed",
            "status": "True" if enough else "False",
            "reason": "SufficientPods" if enough else "InsufficientPods",
            "message": "",
            "lastTransitionTime": now,
            "observedGeneration": status["observedGeneration"],
        }
        changed = {**budget, "metadata": {**budget["metadata"]}}
        store.update(BUDGET, {**changed, "status": {**status, "conditions": [condition]}})


def check(store: ObjectStore, pod: Object) -> None:
    """Raise ApiError (429) where a budget does not let a pod go, 500 where two are for it."""
    budgets = [
        budget
        for budget in store.list(BUDGET, pod["metadata"]["namespace"])
        if _selects(budget, pod)
    ]
    if len(budgets) > 1:
        why = "more than one PodDisruptionBudget, which the eviction subresource does not support."
        raise ApiError(500, f"This pod has {why}")
    for budget in budgets:
        status = _status(store, budget)
        if status["disruptionsAllowed"] > 0:
            continue
        name = budget["metadata"]["name"]
        said = (
            f"The disruption budget {name} needs {status['desiredHealthy']} healthy pods and has"
            f" {status['currentHealthy']} currently"
        )
        raise ApiError(
            429,
            "Cannot evict pod as it would violate the pod's disruption budget.",
            causes=[{"reason": "DisruptionBudget", "message": said}],
        )


def _selects(budget: Object, pod: Object) -> bool:
    selector = (budget.get("spec") or {}).get("selector")
    labels = pod["metadata"].get("labels") or {}
    return selector is not None and label_selector(selector)(labels)


def _status(store: ObjectStore, budget: Object) -> dict[str, Any]:
    metadata, specification = budget["metadata"], budget.get("spec") or {}
    pods = [pod for pod in store.list(_POD, metadata["namespace"]) if _selects(budget, pod)]
    expected = len(pods)
    healthy = sum((pod.get("status") or {}).get("phase") == "Running" for pod in pods)
    least, most = specification.get("minAvailable"), specification.get("maxUnavailable")
    if most is not None:
        desired = max(expected - _count(most, expected), 0)
    else:
        desired = _count(1 if least is None else least, expected)
    return {
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "disruptionsAllowed": max(healthy - desired, 0) if expected else 0,
        "expectedPods": expected,
        "observedGeneration": metadata.get("generation", 1),
    }


def _count(wanted: Any, of: int) -> int:
    """A number, or a share of the pods, rounded up."""
    if isinstance(wanted, str) and wanted.endswith("%") and wanted[:-1].isdecimal():
        return math.ceil(int(wanted[:-1]) * of / 100)
    return wanted if isinstance(wanted, int) else 0
