"""What a path of the API server names."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from podrole.lab.kubernetes.http.discovery import REVIEWS
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kind_registry import KindRegistry
from podrole.lab.kubernetes.objects.kinds import Kind
from podrole.lab.kubernetes.objects.status import ApiError


@dataclass(frozen=True)
class Route:
    """A kind, and as far as the path goes a namespace, an object and a part of it."""

    kind: Kind
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    review: str = ""  # the kind of a review, which is no stored object


def read_route(path: str, kinds: KindRegistry) -> Route:
    """The route of a path. Raises ApiError (NotFound) for what is none of the server's `kinds`."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    if parts[:2] == ["api", "v1"]:
        group, version, rest = "", "v1", parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        raise _unknown()
    for plural, kind_name, namespaced in REVIEWS.get(group, ()) if version == "v1" else ():
        if namespaced and rest[:1] == ["namespaces"] and rest[2:] == [plural]:
            return Route(BUILT_IN["Namespace"], rest[1], review=kind_name)
        if not namespaced and rest == [plural]:
            return Route(BUILT_IN["Namespace"], review=kind_name)
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2 and kinds.served(group, version, rest[2]):
        namespace, rest = rest[1], rest[2:]
    kind = kinds.served(group, version, rest[0]) if rest else None
    if kind is None or len(rest) > 3 or not all(rest):
        raise _unknown()
    if namespace and not kind.namespaced:
        raise _unknown()
    name = rest[1] if len(rest) > 1 else ""
    if name and kind.namespaced and not namespace:
        raise _unknown()
    return Route(kind, namespace, name, rest[2] if len(rest) > 2 else "")


def _unknown() -> ApiError:
    return ApiError(404, "the server could not find the requested resource")
