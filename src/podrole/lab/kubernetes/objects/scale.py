"""The part `scale` of a workload, or of a custom resource whose definition has one.

Source: Kubernetes API reference, autoscaling/v1 Scale; "Extend the Kubernetes API with
CustomResourceDefinitions", section "Scale subresource" (checked 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podrole.lab.kubernetes.objects.kinds import Kind, Object
from podrole.lab.kubernetes.objects.status import ApiError

_WORKLOAD = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".spec.replicas"}
_NAMED = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def read(kind: Kind, found: Object) -> dict[str, Any]:
    """The scale of an object. Raises ApiError where a custom resource has no replicas."""
    metadata = found["metadata"]
    paths = _paths(kind)
    wanted = _at(found, paths["specReplicasPath"])
    if wanted is None and kind.custom is not None:
        path = paths["specReplicasPath"]
        raise ApiError(
            500, f'Internal error occurred: the spec replicas field "{path}" does not exist'
        )
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in _NAMED if name in metadata},
        "spec": {"replicas": 1 if wanted is None else wanted},
        "status": {
            "replicas": _ready(kind, found, paths["statusReplicasPath"]),
            **_selector(kind, found),
        },
    }


def _ready(kind: Kind, found: Object, path: str) -> int:
    value = _at(found, path)
    if value is None:
        return 1 if kind.custom is None else 0
    return int(value)


def changed(kind: Kind, found: Object, replicas: int) -> Object:
    """A copy of an object that wants another number of replicas."""
    parts = _paths(kind)["specReplicasPath"].strip(".").split(".")
    return _put(found, parts, replicas)


def _paths(kind: Kind) -> Mapping[str, str]:
    return _WORKLOAD if kind.custom is None else kind.custom.scale or _WORKLOAD


def _selector(kind: Kind, found: Object) -> dict[str, str]:
    if kind.custom is not None:
        path = _paths(kind).get("labelSelectorPath")
        text = _at(found, path) if path else None
        return {"selector": text} if isinstance(text, str) and text else {}
    labels = (found["spec"].get("selector") or {}).get("matchLabels") or {}
    return {"selector": ",".join(f"{name}={value}" for name, value in labels.items())}


def _at(found: Any, path: str) -> Any:
    for name in path.strip(".").split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _put(found: Any, parts: list[str], value: Any) -> Object:
    below = found if isinstance(found, Mapping) else {}
    name, rest = parts[0], parts[1:]
    return {**below, name: _put(below.get(name), rest, value) if rest else value}
