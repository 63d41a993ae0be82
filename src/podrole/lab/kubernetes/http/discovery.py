"""What the API server says of itself: groups, resources and version.

Source: Kubernetes, "The Kubernetes API", section "Discovery API" (checked 2026-11-24).
"""

from __future__ import annotations

from typing import Any

from podrole.lab.kubernetes.objects.kinds import GROUPS, KINDS

_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
#: Resources of a kind of their own, beside the objects.
_SUBRESOURCES = {
    "serviceaccounts": [("token", "TokenRequest", ["create"], "authentication.k8s.io")],
    "pods": [("status", "Pod", ["get", "patch", "update"], "")],
    **{
        plural: [
            ("status", kind, ["get", "patch", "update"], ""),
            ("scale", "Scale", ["get", "patch", "update"], "autoscaling"),
        ]
        for plural, kind in (
            ("deployments", "Deployment"),
            ("replicasets", "ReplicaSet"),
            ("statefulsets", "StatefulSet"),
        )
    },
}
REVIEWS = {
    "authorization.k8s.io": [
        ("selfsubjectaccessreviews", "SelfSubjectAccessReview"),
        ("selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    ],
    "authentication.k8s.io": [("selfsubjectreviews", "SelfSubjectReview")],
}


def document(path: str, version: str) -> dict[str, Any] | None:
    """The document at a path, None where there is none. `version` is the cluster's, as 1.34."""
    major, minor = version.split(".")
    parts = path.strip("/").split("/")
    if path == "/version":
        return {
            "major": major,
            "minor": minor,
            "gitVersion": f"v{version}.0-lab",
            "platform": "linux/amd64",
        }
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        groups = [_group(name) for name in (*GROUPS, *REVIEWS)]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    if parts == ["api", "v1"]:
        return _resources("")
    if len(parts) > 1 and parts[0] == "apis" and parts[1] in (*GROUPS, *REVIEWS):
        if len(parts) == 2:
            return _group(parts[1])
        if len(parts) == 3 and parts[2] == "v1":
            return _resources(parts[1])
    return None


def _group(name: str) -> dict[str, Any]:
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": name,
        "versions": [version],
        "preferredVersion": version,
    }


def _resources(group: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = []
    for kind in KINDS:
        if kind.group != group:
            continue
        found.append(
            {
                "name": kind.plural,
                "singularName": kind.name.lower(),
                "namespaced": kind.namespaced,
                "kind": kind.name,
                "verbs": _VERBS,
                "shortNames": list(kind.short),
                "categories": ["all"] if kind.in_all else [],
            }
        )
        for name, result, verbs, other in _SUBRESOURCES.get(kind.plural, ()):
            entry = {
                "name": f"{kind.plural}/{name}",
                "singularName": "",
                "namespaced": True,
                "kind": result,
                "verbs": verbs,
            }
            found.append(entry | ({"group": other, "version": "v1"} if other else {}))
    for plural, name in REVIEWS.get(group, ()):
        found.append(
            {
                "name": plural,
                "singularName": name.lower(),
                "namespaced": False,
                "kind": name,
                "verbs": ["create"],
            }
        )
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/v1" if group else "v1",
        "resources": found,
    }
