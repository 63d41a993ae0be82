"""What the API server fills in of the kinds that charts bring along.

Source: kubernetes/kubernetes v1.37.2, `pkg/apis/*/v1/defaults.go`; `pkg/apis/autoscaling/v2`
(read 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from podrole.lab.kubernetes.objects.kinds import Object

_CPU = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
}
_HOOK: Mapping[str, Any] = {
    "failurePolicy": "Fail",
    "matchPolicy": "Equivalent",
    "namespaceSelector": {},
    "objectSelector": {},
    "timeoutSeconds": 10,
}


def fill(kind: str, given: Object) -> None:
    """Fill in what an object of a kind leaves open; kinds without defaults of their own stay."""
    act = _OF.get(kind)
    if act is not None:
        act(given)


def _missing(found: Any, values: Mapping[str, Any]) -> None:
    if isinstance(found, dict):
        for name, value in values.items():
            if found.get(name) is None:
                found[name] = value.copy() if isinstance(value, dict | list) else value


def _of_specification(**values: Any) -> Callable[[Object], None]:
    return lambda given: _missing(given.get("spec"), values)


def _ports(items: Iterable[Any], **values: Any) -> None:
    for item in items:
        for port in item.get("ports") or ():
            _missing(port, {"protocol": "TCP", **values})


def _webhooks(**more: Any) -> Callable[[Object], None]:
    def act(given: Object) -> None:
        for hook in given.get("webhooks") or ():
            _missing(hook, {**_HOOK, **more})
            _missing((hook.get("clientConfig") or {}).get("service"), {"port": 443})
            for rule in hook.get("rules") or ():
                _missing(rule, {"scope": "*"})

    return act


def _claim(given: Object) -> None:
    _missing(given.get("spec"), {"volumeMode": "Filesystem"})
    given.setdefault("status", {"phase": "Pending"})


def _volume(given: Object) -> None:
    retained = {"persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem"}
    _missing(given.get("spec"), retained)
    given.setdefault("status", {"phase": "Available"})


_OF: Mapping[str, Callable[[Object], None]] = {
    "CronJob": _of_specification(
        concurrencyPolicy="Allow",
        suspend=False,
        successfulJobsHistoryLimit=3,
        failedJobsHistoryLimit=1,
    ),
    "EndpointSlice": lambda given: _ports([given], name=""),
    "Endpoints": lambda given: _ports(given.get("subsets") or ()),
    "HorizontalPodAutoscaler": _of_specification(minReplicas=1, metrics=[_CPU]),
    "MutatingWebhookConfiguration": _webhooks(reinvocationPolicy="Never"),
    "PersistentVolume": _volume,
    "PersistentVolumeClaim": _claim,
    "PriorityClass": lambda given: _missing(given, {"preemptionPolicy": "PreemptLowerPriority"}),
    "StorageClass": lambda given: _missing(
        given, {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"}
    ),
    "ValidatingWebhookConfiguration": _webhooks(),
}
