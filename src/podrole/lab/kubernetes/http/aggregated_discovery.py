"""Discovery in one document, as kubectl and client-go ask for it first.

Source: Kubernetes, "The Kubernetes API", section "Aggregated discovery"; apidiscovery.k8s.io/v2
(checked 2026-11-29).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from podrole.lab.kubernetes.http.discovery import VERBS, groups, reviews_of
from podrole.lab.kubernetes.objects.kind_registry import KindRegistry, of_group
from podrole.lab.kubernetes.objects.kinds import Kind, Part

_LIST = "g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_MEDIA_TYPE = f"application/json;{_LIST}"


def response(request: Request, kinds: KindRegistry) -> Response | None:
    """The answer to a client that takes the form, None for another client or another path."""
    accepted = request.headers.get("Accept", "").replace(" ", "")
    if request.path not in ("/api", "/apis") or _LIST not in accepted:
        return None
    wanted = groups(kinds) if request.path == "/apis" else {"": ["v1"]}
    document = {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [_group(kinds, name, versions) for name, versions in wanted.items()],
    }
    answer = Response(json.dumps(document), content_type=_MEDIA_TYPE)
    answer.headers["Vary"] = "Accept"
    return answer


def _group(kinds: KindRegistry, name: str, versions: Iterable[str]) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "creationTimestamp": None} if name else {},
        "versions": [
            {
                "version": version,
                "resources": [
                    *(_resource(kind) for kind in of_group(kinds, name, version)),
                    *(_review(name, one) for one in reviews_of(name, version)),
                ],
                "freshness": "Current",
            }
            for version in versions
        ],
    }


def _resource(kind: Kind) -> dict[str, Any]:
    found: dict[str, Any] = {
        "resource": kind.plural,
        "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.name},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular_name or kind.name.lower(),
        "verbs": VERBS,
    }
    if kind.short:
        found["shortNames"] = list(kind.short)
    if kind.categories:
        found["categories"] = list(kind.categories)
    if kind.parts:
        found["subresources"] = [_part(kind, part) for part in kind.parts]
    return found


def _part(kind: Kind, part: Part) -> dict[str, Any]:
    group, version = (part.group, part.version) if part.group else (kind.group, kind.version)
    return {
        "subresource": part.name,
        "responseKind": {"group": group, "version": version, "kind": part.kind or kind.name},
        "verbs": list(part.verbs),
    }


def _review(group: str, review: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "resource": review["name"],
        "responseKind": {"group": group, "version": "v1", "kind": review["kind"]},
        "scope": "Namespaced" if review["namespaced"] else "Cluster",
        "singularResource": review["singularName"],
        "verbs": review["verbs"],
    }
