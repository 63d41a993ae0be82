"""What the API server says of itself: groups, resources and version.

Source: Kubernetes, "The Kubernetes API", section "Discovery API" (checked 2026-11-24).
"""

from __future__ import annotations

from typing import Any

from podrole.lab.kubernetes.objects.kind_registry import KindRegistry, of_group

_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
REVIEWS = {
    "authorization.k8s.io": [
        ("selfsubjectaccessreviews", "SelfSubjectAccessReview"),
        ("selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    ],
    "authentication.k8s.io": [("selfsubjectreviews", "SelfSubjectReview")],
}


def document(path: str, version: str, kinds: KindRegistry) -> dict[str, Any] | None:
    """The document at a path, None where there is none. `version` is the cluster's, as 1.34."""
    major, minor = version.split(".")
    if path in ("/version/", "/api/", "/apis/"):
        path = path.rstrip("/")
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
        groups = [_group(name, versions) for name, versions in _groups(kinds).items()]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    if parts == ["api", "v1"]:
        return _resources(kinds, "", "v1")
    if len(parts) > 1 and parts[0] == "apis":
        versions = _groups(kinds).get(parts[1], [])
        if len(parts) == 2 and versions:
            return _group(parts[1], versions)
        if len(parts) == 3 and parts[2] in versions:
            return _resources(kinds, parts[1], parts[2])
    return None


def _groups(kinds: KindRegistry) -> dict[str, list[str]]:
    return kinds.groups() | {name: ["v1"] for name in REVIEWS}


def _group(name: str, versions: list[str]) -> dict[str, Any]:
    shown = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": name,
        "versions": shown,
        "preferredVersion": shown[0],
    }


def _resources(kinds: KindRegistry, group: str, version: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = []
    for kind in of_group(kinds, group, version):
        found.append(
            {
                "name": kind.plural,
                "singularName": kind.singular_name or kind.name.lower(),
                "namespaced": kind.namespaced,
                "kind": kind.name,
                "verbs": _VERBS,
                "shortNames": list(kind.short),
                "categories": list(kind.categories),
            }
        )
        for part in kind.parts:
            entry = {
                "name": f"{kind.plural}/{part.name}",
                "singularName": "",
                "namespaced": kind.namespaced,
                "kind": part.kind or kind.name,
                "verbs": list(part.verbs),
            }
            other = {"group": part.group, "version": part.version} if part.group else {}
            found.append(entry | other)
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
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": found,
    }
