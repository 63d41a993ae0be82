"""The volume by which a pod calls its cluster's API server: `kube-api-access-…`.

Source: Kubernetes, "Managing Service Accounts", section "ServiceAccount admission controller";
form: kubernetes/kubernetes v1.37.2, `plugin/pkg/admission/serviceaccount` (read 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from podrole.lab.kubernetes.objects.kinds import Object

MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
PREFIX = "kube-api-access-"
#: 3600 seconds, and 7 more by which the API server knows its own volume.
_LIFETIME = 3607


def add(specification: Object, account: Mapping[str, Any], suffix: Callable[[], str]) -> None:
    """Give each container of a pod the volume, unless the pod or its account wants none of it.

    `suffix` draws five letters for the name of a new volume.
    """
    wanted = specification.get("automountServiceAccountToken")
    if wanted is None:
        wanted = account.get("automountServiceAccountToken")
    if wanted is False:
        return
    lacking = [
        container
        for place in ("initContainers", "containers")
        for container in specification.get(place) or ()
        if all(
            mount.get("mountPath") != MOUNT_PATH for mount in container.get("volumeMounts") or ()
        )
    ]
    if not lacking:
        return
    volumes = specification.get("volumes") or []
    names = [one.get("name") or "" for one in volumes]
    name = next((one for one in names if one.startswith(PREFIX)), "")
    if not name:
        name = PREFIX + suffix()
        specification["volumes"] = [*volumes, _volume(name)]
    mount = {"name": name, "readOnly": True, "mountPath": MOUNT_PATH}
    for container in lacking:
        container["volumeMounts"] = [*(container.get("volumeMounts") or ()), dict(mount)]


def _mounted(container: Mapping[str, Any]) -> list[str]:
    return [mount.get("mountPath") or "" for mount in container.get("volumeMounts") or ()]


def _volume(name: str) -> dict[str, Any]:
    namespace = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    authority = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    return {
        "name": name,
        "projected": {
            "sources": [
                {"serviceAccountToken": {"expirationSeconds": _LIFETIME, "path": "token"}},
                {"configMap": authority},
                {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": namespace}]}},
            ],
            "defaultMode": 0o644,
        },
    }
