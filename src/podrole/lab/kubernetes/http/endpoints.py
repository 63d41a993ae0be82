"""What the API server does with objects and collections, verb by verb.

Source: Kubernetes, "Kubernetes API Concepts" and API reference (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.wrappers import Response

from podrole.lab.clock import Clock
from podrole.lab.kubernetes.auth.escalation import check_grant
from podrole.lab.kubernetes.auth.rbac import User
from podrole.lab.kubernetes.http import paging, table
from podrole.lab.kubernetes.http.api_request import APPLY, JSON_PATCH, ApiRequest, body
from podrole.lab.kubernetes.http.watch import watch
from podrole.lab.kubernetes.object_api import ObjectApi
from podrole.lab.kubernetes.objects import managed_fields, patch, selectors, typing
from podrole.lab.kubernetes.objects.json_patch import json_patch
from podrole.lab.kubernetes.objects.kinds import Kind, Object
from podrole.lab.kubernetes.objects.managed_fields import Writer
from podrole.lab.kubernetes.objects.status import ApiError

PATCHES: Mapping[str, Callable[[Any, Any], Any]] = {
    JSON_PATCH: json_patch,
    "application/merge-patch+json": patch.merge_patch,
    "application/strategic-merge-patch+json": patch.strategic_merge,
}


UNKNOWN_MEDIA = "415: Unsupported Media Type"


class Endpoints:
    """The verbs that a cluster's kinds have in common."""

    def __init__(self, objects: ObjectApi, clock: Clock) -> None:
        self._objects = objects
        self._clock = clock
        self._verbs: Mapping[str, Callable[[ApiRequest, User], Response]] = {
            "get": self.get,
            "list": self._list,
            "watch": self._watch,
            "create": self._create,
            "update": self.update,
            "patch": self.patch,
            "delete": self._delete,
            "deletecollection": self._delete_collection,
        }

    def act(self, request: ApiRequest, user: User) -> Response:
        """Do what a request asks for, which the user may. Raises ApiError."""
        return self._verbs[request.verb](request, user)

    # -- reading -------------------------------------------------------------------------

    def get(self, request: ApiRequest, user: User) -> Response:
        """The object that the path names."""
        route = request.route
        paging.check_version(request.http.args, self._objects.store.version)
        found = self._objects.store.get(route.kind, route.namespace, route.name)
        return self._shown(route.kind, found, request)

    def _list(self, request: ApiRequest, user: User) -> Response:
        kind = request.route.kind
        with self._objects.lock:
            version = self._objects.store.version
            paging.check_version(request.http.args, version)
            found, meta = paging.page(self._selected(request), request.http.args, version)
        if request.as_table:
            return request.answer(self._table(kind, found, request, **meta))
        return request.answer(
            {
                "kind": kind.list_kind or f"{kind.name}List",
                "apiVersion": kind.api_version,
                "metadata": meta,
                "items": list(found),
            }
        )

    def _selected(self, request: ApiRequest) -> list[Object]:
        wanted = _selector(request)
        space = request.route.namespace or None
        with self._objects.lock:
            return [
                found
                for found in self._objects.store.list(request.route.kind, space)
                if wanted(found)
            ]

    def _watch(self, request: ApiRequest, user: User) -> Response:
        route = request.route
        selected = _selector(request)

        def wanted(found: Object) -> bool:
            metadata = found["metadata"]
            return (
                route.namespace in ("", metadata.get("namespace", ""))
                and route.name in ("", metadata["name"])
                and selected(found)
            )

        def shown(found: Object) -> Any:
            if request.as_table:
                return self._table(route.kind, [found], request)
            return found

        lines = watch(self._objects, route.kind, request.http.args, wanted, shown)
        return Response(lines, content_type="application/json")

    # -- writing -------------------------------------------------------------------------

    def _create(self, request: ApiRequest, user: User) -> Response:
        route = request.route
        given = request.typed(body(request.http))
        if route.kind.custom is None or route.kind.custom.has_status:
            given.pop("status", None)  # controllers write it
        check_grant(self._objects.store, user, route.kind, given, route.namespace)
        stored = self._objects.create(
            route.kind,
            given,
            route.namespace or None,
            dry_run=request.dry_run(),
            writer=Writer(request.manager),
            asking=request.asking(user),
        )
        return self._shown(route.kind, stored, request, 201)

    def update(self, request: ApiRequest, user: User) -> Response:
        """PUT; of `status` only that is taken. Raises ApiError."""
        route = request.route
        given = request.typed(body(request.http))
        metadata = given.setdefault("metadata", {})
        if metadata.setdefault("name", route.name) != route.name:
            raise _other_name(metadata["name"], route.name)
        return self._put(request, user, given, Writer(request.manager))

    def patch(self, request: ApiRequest, user: User) -> Response:
        """PATCH in one of its four forms. Raises ApiError."""
        route, media = request.route, request.http.mimetype
        accepted = _accepted(route.kind)
        if media not in accepted:
            if route.kind.custom is None:
                raise ApiError(415, UNKNOWN_MEDIA)
            known = ", ".join(accepted)
            raise ApiError(
                415,
                "the body of the request was in an unknown format - accepted media types include:"
                f" {known}",
            )
        given = body(request.http)
        with self._objects.lock:
            if media == APPLY:
                return self._apply(request, user, given)
            former = self._objects.store.get(route.kind, route.namespace, route.name)
            changed = PATCHES[media](former, given)
            checked = request.typed(changed, given)
            return self._put(request, user, checked, Writer(request.manager))

    def _apply(self, request: ApiRequest, user: User, given: Object) -> Response:
        """Server-side apply: what the manager applied before and no longer names goes."""
        route = request.route
        kind = route.kind
        if not request.http.args.get("fieldManager"):
            why = "fieldManager: Required value: is required for apply patch"
            raise ApiError(422, f'PatchOptions.meta.k8s.io "" is invalid: {why}')
        config, unknown = typing.read(kind, given)
        if unknown:
            shown = ", ".join(f".{name}: field not declared in schema" for name in unknown)
            raise ApiError(
                500,
                f"failed to create typed patch object ({route.namespace}/{route.name};"
                f" {kind.api_version}, Kind={kind.name}): {shown}",
            )
        config = {"apiVersion": kind.api_version, "kind": kind.name, **config}
        named = config.setdefault("metadata", {}).get("name")
        former = self._objects.store.find(kind, route.namespace, route.name)
        if not named and former is None:
            why = f"the name of the object ({route.name} based on URL) was undeterminable"
            raise ApiError(400, f"{why}: name must be provided")
        if named not in (None, "", route.name):
            raise _other_name(named, route.name)
        config["metadata"]["name"] = route.name
        writer = Writer(request.manager, config, request.http.args.get("force") == "true")
        if former is None:
            check_grant(self._objects.store, user, kind, config, route.namespace)
            stored = self._objects.create(
                kind,
                config,
                route.namespace or None,
                dry_run=request.dry_run(),
                writer=writer,
                asking=request.asking(user),
            )
            return self._shown(kind, stored, request, 201)
        managed_fields.check_conflicts(former, config, writer)
        base = managed_fields.without_dropped(former, config, writer)
        merge = patch.strategic_merge if kind.custom is None else patch.merge_patch
        return self._put(request, user, merge(base, config), writer)

    def _put(self, request: ApiRequest, user: User, given: Object, writer: Writer) -> Response:
        route = request.route
        check_grant(self._objects.store, user, route.kind, given, route.namespace)
        stored = self._objects.update(
            route.kind,
            given,
            route.namespace or None,
            dry_run=request.dry_run(),
            status=route.subresource == "status",
            writer=writer,
            asking=request.asking(user),
        )
        return self._shown(route.kind, stored, request)

    # -- deleting ------------------------------------------------------------------------

    def _delete(self, request: ApiRequest, user: User) -> Response:
        route = request.route
        orphan, dry_run, only = _delete_options(request)
        gone = self._objects.delete(
            route.kind,
            route.namespace,
            route.name,
            orphan=orphan,
            only=only,
            dry_run=dry_run,
            asking=request.asking(user, dry_run=dry_run),
        )
        details = {
            "name": route.name,
            "group": route.kind.group,
            "kind": route.kind.plural,
            "uid": gone["metadata"]["uid"],
        }
        return request.answer({**_SUCCESS, "details": details})

    def _delete_collection(self, request: ApiRequest, user: User) -> Response:
        orphan, dry_run, only = _delete_options(request)
        kind = request.route.kind
        with self._objects.lock:
            for found in self._selected(request):
                metadata = found["metadata"]
                self._objects.delete(
                    kind,
                    metadata.get("namespace", ""),
                    metadata["name"],
                    orphan=orphan,
                    only=only,
                    dry_run=dry_run,
                    asking=request.asking(user, dry_run=dry_run),
                )
        return request.answer(_SUCCESS)

    def _shown(self, kind: Kind, found: Object, request: ApiRequest, code: int = 200) -> Response:
        if request.as_table:
            return request.answer(self._table(kind, [found], request), code)
        return request.answer(found, code)

    def _table(self, kind: Kind, found: Iterable[Object], request: ApiRequest, **meta: Any) -> Any:
        return table.table(kind, found, self._clock.now(), request.included, **meta)


def _accepted(kind: Kind) -> tuple[str, ...]:
    """The media types of patches: nobody knows how lists of custom resources merge."""
    strategic = "application/strategic-merge-patch+json"
    return tuple(media for media in (*PATCHES, APPLY) if kind.custom is None or media != strategic)


def _other_name(given: str, named: str) -> ApiError:
    why = f"the name of the object ({given}) does not match the name on the URL ({named})"
    return ApiError(400, why)


_SUCCESS = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}


def _selector(request: ApiRequest) -> Callable[[Object], bool]:
    by_label = selectors.labels(request.http.args.get("labelSelector", ""))
    by_field = selectors.fields(request.route.kind, request.http.args.get("fieldSelector", ""))
    return lambda found: by_label(found) and by_field(found)


def _delete_options(request: ApiRequest) -> tuple[bool, bool, Object]:
    """Whether what the object owns stays, whether all does, and which object alone may go."""
    options: Object = {}
    if request.http.get_data():
        options = request.object("DeleteOptions")
    policy = options.get("propagationPolicy") or request.http.args.get("propagationPolicy")
    orphan = policy == "Orphan" or bool(options.get("orphanDependents"))
    dry_run = request.dry_run() or bool(options.get("dryRun"))
    return orphan, dry_run, options.get("preconditions") or {}
