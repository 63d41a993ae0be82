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
    #: Columns after the age; `kubectl get` shows them with `-o wide`, a node's version always.
    wide: tuple[Column, ...] = field(default=())
    #: What field selectors may name, beside an object's name and namespace.
    selected_by: tuple[str, ...] = ()
    in_all: bool = False  # of `kubectl get all`

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
    done = _at("status", "phase")(found) == "Succeeded"
    return f"{0 if done else wanted}/{wanted}"


def _pod_status(found: Mapping[str, Any]) -> Any:
    phase = _at("status", "phase")(found)
    return "Completed" if phase == "Succeeded" else phase


def _replicas(found: Mapping[str, Any]) -> str:
    status = found.get("status", {})
    return f"{status.get('readyReplicas', 0)}/{found.get('spec', {}).get('replicas', 1)}"


def _containers(member: str) -> Callable[[Mapping[str, Any]], Any]:
    read = _at("spec", "template", "spec", "containers")
    return lambda found: ",".join(str(item.get(member, "")) for item in read(found) or ())


def _texts(*path: str) -> Callable[[Mapping[str, Any]], Any]:
    read = _at(*path)
    return lambda found: ",".join(f"{key}={value}" for key, value in (read(found) or {}).items())


def _subjects(kind: str) -> Callable[[Mapping[str, Any]], Any]:
    def read(found: Mapping[str, Any]) -> str:
        named = (item for item in found.get("subjects") or () if item.get("kind") == kind)
        return ", ".join(
            f"{item['namespace']}/{item['name']}" if item.get("namespace") else item["name"]
            for item in named
        )

    return read


def _ports(found: Mapping[str, Any]) -> str:
    given = _at("spec", "ports")(found) or ()
    return ",".join(f"{item.get('port')}/{item.get('protocol', 'TCP')}" for item in given)


def _address(found: Mapping[str, Any]) -> str:
    given = _at("status", "addresses")(found) or ()
    inside = (item.get("address") for item in given if item.get("type") == "InternalIP")
    return next(inside, None) or "<none>"


_DATA: tuple[Column, ...] = (("Data", _count("data")),)
_ROLE_REF: tuple[Column, ...] = (
    ("Role", lambda found: f"{found['roleRef']['kind']}/{found['roleRef']['name']}"),
)
_BOUND: tuple[Column, ...] = (
    ("Users", _subjects("User")),
    ("Groups", _subjects("Group")),
    ("ServiceAccounts", _subjects("ServiceAccount")),
)
_TEMPLATE: tuple[Column, ...] = (
    ("Containers", _containers("name")),
    ("Images", _containers("image")),
    ("Selector", _texts("spec", "selector", "matchLabels")),
)
_RBAC = "rbac.authorization.k8s.io"

KINDS = (
    Kind(
        "Namespace",
        "namespaces",
        namespaced=False,
        short=("ns",),
        columns=(("Status", _at("status", "phase")),),
        selected_by=("status.phase",),
    ),
    Kind(
        "Node",
        "nodes",
        namespaced=False,
        short=("no",),
        columns=(("Status", lambda _: "Ready"), ("Roles", lambda _: "<none>")),
        wide=(
            ("Version", _at("status", "nodeInfo", "kubeletVersion")),
            ("Internal-IP", _address),
        ),
        selected_by=("spec.unschedulable",),
    ),
    Kind(
        "ServiceAccount",
        "serviceaccounts",
        short=("sa",),
        columns=(("Secrets", _count("secrets")),),
    ),
    Kind(
        "Secret",
        "secrets",
        columns=(("Type", lambda found: found.get("type", "Opaque")), *_DATA),
        selected_by=("type",),
    ),
    Kind("ConfigMap", "configmaps", short=("cm",), columns=_DATA),
    Kind(
        "Service",
        "services",
        short=("svc",),
        columns=(
            ("Type", lambda found: _at("spec", "type")(found) or "ClusterIP"),
            ("Cluster-IP", lambda found: _at("spec", "clusterIP")(found) or "<none>"),
            ("External-IP", lambda _: "<none>"),
            ("Port(s)", _ports),
        ),
        wide=(("Selector", _texts("spec", "selector")),),
        in_all=True,
    ),
    Kind(
        "Event",
        "events",
        short=("ev",),
        selected_by=tuple(
            ["reason", "type"]
            + [f"involvedObject.{name}" for name in ("kind", "name", "namespace", "uid")]
        ),
    ),
    Kind("ResourceQuota", "resourcequotas", short=("quota",)),
    Kind("LimitRange", "limitranges", short=("limits",)),
    Kind(
        "Pod",
        "pods",
        short=("po",),
        columns=(
            ("Ready", _ready),
            ("Status", _pod_status),
            ("Restarts", lambda _: 0),
        ),
        wide=(("IP", _at("status", "podIP")), ("Node", _at("spec", "nodeName"))),
        selected_by=tuple(
            [f"spec.{name}" for name in ("nodeName", "restartPolicy", "serviceAccountName")]
            + ["status.phase", "status.podIP"]
        ),
        in_all=True,
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
        wide=_TEMPLATE,
        in_all=True,
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
        wide=_TEMPLATE,
        in_all=True,
    ),
    Kind(
        "StatefulSet",
        "statefulsets",
        "apps",
        short=("sts",),
        columns=(("Ready", _replicas),),
        wide=_TEMPLATE[:2],
        in_all=True,
    ),
    Kind("DaemonSet", "daemonsets", "apps", short=("ds",), wide=_TEMPLATE, in_all=True),
    Kind(
        "Job",
        "jobs",
        "batch",
        columns=(
            ("Status", lambda found: "Complete" if found.get("status") else "Running"),
            ("Completions", lambda found: f"{found.get('status', {}).get('succeeded', 0)}/1"),
        ),
        wide=_TEMPLATE,
        in_all=True,
    ),
    Kind("NetworkPolicy", "networkpolicies", "networking.k8s.io", short=("netpol",)),
    Kind("Role", "roles", _RBAC),
    Kind("RoleBinding", "rolebindings", _RBAC, columns=_ROLE_REF, wide=_BOUND),
    Kind("ClusterRole", "clusterroles", _RBAC, namespaced=False),
    Kind(
        "ClusterRoleBinding",
        "clusterrolebindings",
        _RBAC,
        namespaced=False,
        columns=_ROLE_REF,
        wide=_BOUND,
    ),
)
BY_NAME = {kind.name: kind for kind in KINDS}
BY_PLURAL = {(kind.group, kind.plural): kind for kind in KINDS}
GROUPS = sorted({kind.group for kind in KINDS if kind.group})
