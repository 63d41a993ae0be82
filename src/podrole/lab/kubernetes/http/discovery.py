"""What the API server says of itself: groups, resources and version.

Source: Kubernetes, "The Kubernetes API", section "Discovery API" (checked 2026-11-24).
"""

from __future__ import annotations

from typing import Any

from podrole.lab.kubernetes.objects.kind_registry import KindRegistry, of_group

VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
#: Group to plural, kind and whether it is in a namespace, of what is stored nowhere.
REVIEWS = {
    "authentication.k8s.io": [
        ("selfsubjectreviews", "SelfSubjectReview", False),
        ("tokenreviews", "TokenReview", False),
    ],
    "authorization.k8s.io": [
        ("localsubjectaccessreviews", "LocalSubjectAccessReview", True),
        ("selfsubjectaccessreviews", "SelfSubjectAccessReview", False),
        ("selfsubjectrulesreviews", "SelfSubjectRulesReview", False),
        ("subjectaccessreviews", "SubjectAccessReview", False),
    ],
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
        shown = [_group(name, versions) for name, versions in groups(kinds).items()]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": shown}
    if parts == ["api", "v1"]:
        return _resources(kinds, "", "v1")
    if len(parts) > 1 and parts[0] == "apis":
        versions = groups(kinds).get(parts[1], [])
        if len(parts) == 2 and versions:
            return _group(parts[1], versions)
        if len(parts) == 3 and parts[2] in versions:
            return _resources(kinds, parts[1], parts[2])
    return None


def groups(kinds: KindRegistry) -> dict[str, list[str]]:
    """The versions of each group that is served."""
    return kinds.groups() | {name: ["v1"] for name in REVIEWS}


def reviews_of(group: str, version: str) -> list[dict[str, Any]]:
    """The reviews of a group's version, as resources."""
    return [
        {
            "name": plural,
            "singularName": name.lower(),
            "namespaced": namespaced,
            "kind": name,
            "verbs": ["create"],
        }
        for plural, name, namespaced in (REVIEWS.get(group, ()) if version == "v1" else ())
    ]


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
                "verbs": VERBS,
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
    found += reviews_of(group, version)
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": found,
    }
