"""The kinds that every cluster of the lab has, as data."""

from __future__ import annotations

from collections.abc import Mapping

from podrole.lab.kubernetes.objects.chart_kinds import CHART_KINDS, STATUS
from podrole.lab.kubernetes.objects.columns import (
    address,
    at,
    containers,
    count,
    involved,
    pod_status,
    ports,
    ready,
    replicas,
    since,
    subjects,
    texts,
)
from podrole.lab.kubernetes.objects.kinds import Column, Kind, Part

_DATA: tuple[Column, ...] = (("Data", count("data")),)
_ROLE_REF: tuple[Column, ...] = (
    ("Role", lambda found: f"{found['roleRef']['kind']}/{found['roleRef']['name']}"),
)
_BOUND: tuple[Column, ...] = (
    ("Users", subjects("User")),
    ("Groups", subjects("Group")),
    ("ServiceAccounts", subjects("ServiceAccount")),
)
_TEMPLATE: tuple[Column, ...] = (
    ("Containers", containers("name")),
    ("Images", containers("image")),
    ("Selector", texts("spec", "selector", "matchLabels")),
)
_SCALED = (
    STATUS,
    Part("scale", "Scale", group="autoscaling", version="v1"),
)
_RBAC = "rbac.authorization.k8s.io"

_KINDS = (
    Kind(
        "Namespace",
        "namespaces",
        namespaced=False,
        short=("ns",),
        columns=(("Status", at("status", "phase")),),
        selected_by=("status.phase",),
        parts=(STATUS,),
    ),
    Kind(
        "Node",
        "nodes",
        namespaced=False,
        short=("no",),
        columns=(("Status", lambda _: "Ready"), ("Roles", lambda _: "<none>")),
        wide=(
            ("Version", at("status", "nodeInfo", "kubeletVersion")),
            ("Internal-IP", address),
            ("External-IP", lambda _: "<none>"),
            ("OS-Image", at("status", "nodeInfo", "osImage")),
            ("Kernel-Version", at("status", "nodeInfo", "kernelVersion")),
            ("Container-Runtime", at("status", "nodeInfo", "containerRuntimeVersion")),
        ),
        selected_by=("spec.unschedulable",),
        parts=(STATUS,),
    ),
    Kind(
        "ServiceAccount",
        "serviceaccounts",
        short=("sa",),
        columns=(("Secrets", count("secrets")),),
        parts=(Part("token", "TokenRequest", ("create",), "authentication.k8s.io", "v1"),),
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
            ("Type", lambda found: at("spec", "type")(found) or "ClusterIP"),
            ("Cluster-IP", lambda found: at("spec", "clusterIP")(found) or "<none>"),
            ("External-IP", lambda _: "<none>"),
            ("Port(s)", ports),
        ),
        wide=(("Selector", texts("spec", "selector")),),
        categories=("all",),
        parts=(STATUS,),
    ),
    Kind(
        "Event",
        "events",
        short=("ev",),
        named=False,
        age="",
        columns=(
            ("Last Seen", since("lastTimestamp")),
            ("Type", at("type")),
            ("Reason", at("reason")),
            ("Object", involved),
        ),
        wide=(
            ("Subobject", at("involvedObject", "fieldPath")),
            ("Source", at("source", "component")),
            ("Message", at("message")),
            ("First Seen", since("firstTimestamp")),
            ("Count", at("count")),
            ("Name", at("metadata", "name")),
        ),
        selected_by=tuple(
            ["reason", "type"]
            + [f"involvedObject.{name}" for name in ("kind", "name", "namespace", "uid")]
        ),
    ),
    Kind("ResourceQuota", "resourcequotas", short=("quota",), parts=(STATUS,)),
    Kind("LimitRange", "limitranges", short=("limits",)),
    Kind(
        "Pod",
        "pods",
        short=("po",),
        columns=(
            ("Ready", ready),
            ("Status", pod_status),
            ("Restarts", lambda _: 0),
        ),
        wide=(
            ("IP", at("status", "podIP")),
            ("Node", at("spec", "nodeName")),
            ("Nominated Node", lambda _: "<none>"),
            ("Readiness Gates", lambda _: "<none>"),
        ),
        selected_by=tuple(
            [f"spec.{name}" for name in ("nodeName", "restartPolicy", "serviceAccountName")]
            + ["status.phase", "status.podIP"]
        ),
        categories=("all",),
        parts=(
            STATUS,
            Part("eviction", "Eviction", ("create",), "policy", "v1"),
        ),
    ),
    Kind(
        "Deployment",
        "deployments",
        "apps",
        short=("deploy",),
        columns=(
            ("Ready", replicas),
            ("Up-to-date", lambda found: found.get("status", {}).get("updatedReplicas", 0)),
            ("Available", lambda found: found.get("status", {}).get("availableReplicas", 0)),
        ),
        wide=_TEMPLATE,
        categories=("all",),
        parts=_SCALED,
    ),
    Kind(
        "ReplicaSet",
        "replicasets",
        "apps",
        short=("rs",),
        columns=(
            ("Desired", at("spec", "replicas")),
            ("Current", at("status", "replicas")),
            ("Ready", at("status", "readyReplicas")),
        ),
        wide=_TEMPLATE,
        categories=("all",),
        parts=_SCALED,
    ),
    Kind(
        "StatefulSet",
        "statefulsets",
        "apps",
        short=("sts",),
        columns=(("Ready", replicas),),
        wide=_TEMPLATE[:2],
        categories=("all",),
        parts=_SCALED,
    ),
    Kind(
        "DaemonSet",
        "daemonsets",
        "apps",
        short=("ds",),
        wide=_TEMPLATE,
        categories=("all",),
        parts=(STATUS,),
    ),
    Kind(
        "Job",
        "jobs",
        "batch",
        columns=(
            ("Status", lambda found: "Complete" if found.get("status") else "Running"),
            ("Completions", lambda found: f"{found.get('status', {}).get('succeeded', 0)}/1"),
        ),
        wide=_TEMPLATE,
        categories=("all",),
        parts=(STATUS,),
    ),
    Kind("NetworkPolicy", "networkpolicies", "networking.k8s.io", short=("netpol",)),
    Kind("Role", "roles", _RBAC, age="Created At"),
    Kind("RoleBinding", "rolebindings", _RBAC, columns=_ROLE_REF, wide=_BOUND),
    Kind("ClusterRole", "clusterroles", _RBAC, namespaced=False, age="Created At"),
    Kind(
        "ClusterRoleBinding",
        "clusterrolebindings",
        _RBAC,
        namespaced=False,
        columns=_ROLE_REF,
        wide=_BOUND,
    ),
    *CHART_KINDS,
)
#: By name: no two of them have the same.
BUILT_IN: Mapping[str, Kind] = {kind.name: kind for kind in _KINDS}
