"""What a path of the API server names."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from podrole.lab.kubernetes.http.discovery import REVIEWS
from podrole.lab.kubernetes.objects.kinds import BY_NAME, BY_PLURAL, Kind
from podrole.lab.kubernetes.objects.status import ApiError


@dataclass(frozen=True)
class Route:
    """A kind, and as far as the path goes a namespace, an object and a part of it."""

    kind: Kind
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    review: str = ""  # the kind of a review, which is no stored object


def read_route(path: str) -> Route:
    """The route of a path. Raises ApiError (NotFound) for what the lab's server does not have."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    if parts[:2] == ["api", "v1"]:
        group, rest = "", parts[2:]
    elif parts[0] == "apis" and len(parts) > 3 and parts[2] == "v1":
        group, rest = parts[1], parts[3:]
    else:
        raise _unknown()
    for plural, kind_name in REVIEWS.get(group, ()):
        if rest == [plural]:
            return Route(BY_NAME["Namespace"], review=kind_name)
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2 and (group, rest[2]) in BY_PLURAL:
        namespace, rest = rest[1], rest[2:]
    kind = BY_PLURAL.get((group, rest[0])) if rest else None
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
