"""What the API server fills in where a manifest says nothing; clients count on some of it.

Source: Kubernetes, `pkg/apis/core/v1/defaults.go`, `pkg/apis/apps/v1/defaults.go` and
`pkg/apis/batch/v1/defaults.go` (checked 2026-11-24), as far as the lab carries the fields.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from podrole.lab.kubernetes.objects import chart_defaults
from podrole.lab.kubernetes.objects.kinds import Kind, Object

_ROLLING: Mapping[str, Any] = {
    "type": "RollingUpdate",
    "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
}
_SPECIFICATIONS: Mapping[str, Mapping[str, Any]] = {
    "Deployment": {
        "replicas": 1,
        "strategy": _ROLLING,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    },
    "ReplicaSet": {"replicas": 1},
    "StatefulSet": {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "podManagementPolicy": "OrderedReady",
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
    },
    "DaemonSet": {
        "revisionHistoryLimit": 10,
        "updateStrategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
        },
    },
    "Job": {
        "parallelism": 1,
        "completions": 1,
        "completionMode": "NonIndexed",
        "backoffLimit": 6,
        "suspend": False,
    },
    "Service": {"type": "ClusterIP", "sessionAffinity": "None"},
}
_POD: Mapping[str, Any] = {
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
    "securityContext": {},
    "terminationGracePeriodSeconds": 30,
}
#: How long a pod stays on a node that is not ready, or not reached: admission adds them.
_TOLERATED = ("not-ready", "unreachable")
_CONTAINER: Mapping[str, Any] = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
_MODE = 0o644


def fill(kind: Kind, given: Object) -> None:
    """Fill in what `given`, which is of the kind and has the fields' types, leaves open."""
    chart_defaults.fill(kind.name, given)
    specification = given.get("spec")
    if not isinstance(specification, dict):
        return
    if kind.name == "CronJob":
        specification = (specification.get("jobTemplate") or {}).get("spec")
        if not isinstance(specification, dict):
            return
    _default(specification, _SPECIFICATIONS.get(kind.name, {}))
    template = specification.get("template")
    if kind.name == "Pod":
        _pod(specification)
        _default(specification, {"enableServiceLinks": True})
    elif isinstance(template, dict) and isinstance(template.get("spec"), dict):
        _pod(template["spec"])


def _default(found: dict[str, Any], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name not in found:
            found[name] = copy.deepcopy(value)


def tolerate(specification: Object) -> None:
    """What DefaultTolerationSeconds adds to a pod of a controller or of its own."""
    given = list(specification.get("tolerations") or ())
    for word in _TOLERATED:
        key = f"node.kubernetes.io/{word}"
        if all((one.get("key") or key) != key for one in given):
            wanted = {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
            given.append({"key": key, **wanted})
    specification["tolerations"] = given


def _pod(specification: dict[str, Any]) -> None:
    _default(specification, _POD)
    account = specification.get("serviceAccountName") or specification.get("serviceAccount")
    if account:
        specification |= {"serviceAccountName": account, "serviceAccount": account}
    for place in ("containers", "initContainers"):
        for container in specification.get(place) or ():
            if not isinstance(container, dict):
                continue
            _default(container, _CONTAINER)
            if "image" in container:
                _default(container, {"imagePullPolicy": _pull_policy(container["image"])})
            for port in container.get("ports") or ():
                _default(port, {"protocol": "TCP"})
    for volume in specification.get("volumes") or ():
        for name in ("secret", "configMap", "projected"):
            if isinstance(volume.get(name), dict):
                _default(volume[name], {"defaultMode": _MODE})
        for source in (volume.get("projected") or {}).get("sources") or ():
            if isinstance(source.get("serviceAccountToken"), dict):
                _default(source["serviceAccountToken"], {"expirationSeconds": 3600})


def _pull_policy(image: str) -> str:
    """Always for `latest`, which is also meant by an image without a tag."""
    name, _, digest = image.partition("@")
    _, _, tag = name.rpartition("/")[2].partition(":")
    return "Always" if not digest and tag in ("", "latest") else "IfNotPresent"
