"""The kinds of object that the lab's API server knows, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
#: A column of `kubectl get`: its title, and its text for an object.
Column = tuple[str, Callable[[Mapping[str, Any]], Any]]


@dataclass(frozen=True)
class Kind:
    """One kind: its names and where it lives."""

    name: str
    plural: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True
    short: tuple[str, ...] = ()
    columns: tuple[Column, ...] = field(default=())

    @property
    def api_version(self) -> str:
        """`v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """`pods`, `deployments.apps`: as messages name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        """`pod`, `deployment.apps`: as kubectl's lines name it."""
        return self.name.lower() + (f".{self.group}" if self.group else "")


def _at(*path: str) -> Callable[[Mapping[str, Any]], Any]:
    def read(found: Any) -> Any:
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    return read


def _count(*path: str) -> Callable[[Mapping[str, Any]], Any]:
    read = _at(*path)
    return lambda found: len(read(found) or ())


def _ready(found: Mapping[str, Any]) -> str:
    wanted = len(found.get("spec", {}).get("containers") or ())
    return f"{wanted}/{wanted}"


def _replicas(found: Mapping[str, Any]) -> str:
    status = found.get("status", {})
    return f"{status.get('readyReplicas', 0)}/{found.get('spec', {}).get('replicas', 1)}"


_DATA: tuple[Column, ...] = (("Data", _count("data")),)
_ROLE_REF: tuple[Column, ...] = (
    ("Role", lambda found: f"{found['roleRef']['kind']}/{found['roleRef']['name']}"),
)
_RBAC = "rbac.authorization.k8s.io"

KINDS = (
    Kind(
        "Namespace",
        "namespaces",
        namespaced=False,
        short=("ns",),
        columns=(("Status", _at("status", "phase")),),
    ),
    Kind(
        "Node",
        "nodes",
        namespaced=False,
        short=("no",),
        columns=(
            ("Status", lambda _: "Ready"),
            ("Version", _at("status", "nodeInfo", "kubeletVersion")),
        ),
    ),
    Kind("ServiceAccount", "serviceaccounts", short=("sa",)),
    Kind(
        "Secret", "secrets", columns=(("Type", lambda found: found.get("type", "Opaque")), *_DATA)
    ),
    Kind("ConfigMap", "configmaps", short=("cm",), columns=_DATA),
    Kind("Service", "services", short=("svc",)),
    Kind("Event", "events", short=("ev",)),
    Kind(
        "Pod",
        "pods",
        short=("po",),
        columns=(
            ("Ready", _ready),
            ("Status", _at("status", "phase")),
            ("Restarts", lambda _: 0),
        ),
    ),
    Kind(
        "Deployment",
        "deployments",
        "apps",
        short=("deploy",),
        columns=(
            ("Ready", _replicas),
            ("Up-to-date", lambda found: found.get("status", {}).get("updatedReplicas", 0)),
            ("Available", lambda found: found.get("status", {}).get("availableReplicas", 0)),
        ),
    ),
    Kind(
        "ReplicaSet",
        "replicasets",
        "apps",
        short=("rs",),
        columns=(
            ("Desired", _at("spec", "replicas")),
            ("Current", _at("status", "replicas")),
            ("Ready", _at("status", "readyReplicas")),
        ),
    ),
    Kind("StatefulSet", "statefulsets", "apps", short=("sts",), columns=(("Ready", _replicas),)),
    Kind("DaemonSet", "daemonsets", "apps", short=("ds",)),
    Kind(
        "Job",
        "jobs",
        "batch",
        columns=(
            ("Status", lambda found: "Complete" if found.get("status") else "Running"),
            ("Completions", lambda found: f"{found.get('status', {}).get('succeeded', 0)}/1"),
        ),
    ),
    Kind("NetworkPolicy", "networkpolicies", "networking.k8s.io", short=("netpol",)),
    Kind("Role", "roles", _RBAC),
    Kind("RoleBinding", "rolebindings", _RBAC, columns=_ROLE_REF),
    Kind("ClusterRole", "clusterroles", _RBAC, namespaced=False),
    Kind("ClusterRoleBinding", "clusterrolebindings", _RBAC, namespaced=False, columns=_ROLE_REF),
)
BY_NAME = {kind.name: kind for kind in KINDS}
BY_PLURAL = {(kind.group, kind.plural): kind for kind in KINDS}
GROUPS = sorted({kind.group for kind in KINDS if kind.group})
