"""The API server's HTTP interface.

Source: Kubernetes, "Kubernetes API Concepts" and API reference (checked 2026-11-24).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from ..clock import Clock
from . import admission_review, discovery, patch, protobuf, rbac, selectors, table
from .kinds import BY_NAME, Kind, Object
from .object_api import ObjectApi
from .rbac import Attempt, User
from .route import Route, read_route
from .status import ApiError, forbidden
from .watch import watch

_TABLE = "as=Table"
_PATCHES = {
    "application/json-patch+json": patch.json_patch,
    "application/merge-patch+json": patch.merge_patch,
    "application/strategic-merge-patch+json": patch.strategic_merge,
}
_APPLY = "application/apply-patch+yaml"
#: Paths that a client may read before it has said who it is.
_PUBLIC = ("/version", "/healthz", "/livez", "/readyz")
IssueToken = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]


class ApiServer:
    """One cluster's API server as a WSGI app."""

    def __init__(
        self,
        objects: ObjectApi,
        clock: Clock,
        version: str,
        authenticate: Callable[[str], User | None],
        issue_token: IssueToken,
    ) -> None:
        """`authenticate(bearer)` says whose token it is; `issue_token(namespace, service_account,
        spec)` answers a TokenRequest with its status."""
        self._objects = objects
        self._clock = clock
        self._version = version
        self._authenticate = authenticate
        self._issue_token = issue_token
        #: What each field manager applied last, by server-side apply.
        self._applied: dict[tuple[str, str, str, str], Any] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._respond(request)
        except ApiError as error:
            response = _json(error.status(), error.code)
        except HTTPException as error:
            refused = ApiError(400, error.description or "bad request")
            response = _json(refused.status(), 400)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # A member of a form that nothing before has looked at.
            text = f"lab: the object cannot be handled ({type(error).__name__}: {error})"
            response = _json(ApiError(400, text).status(), 400)
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        if request.path in _PUBLIC and request.path != "/version":
            return Response("ok", content_type="text/plain")
        if request.path == "/mutate" and request.method == "POST":
            review = admission_review.review(_body(request), self._objects.admit)
            return _json(review)
        user = self._user(request)
        document = discovery.document(request.path, self._version)
        if document is not None:
            return _json(document)
        route = read_route(request.path)
        if route.review:
            return self._review(route.review, request, user)
        verb = _verb(request, route)
        self._authorize(user, verb, route)
        return self._act(verb, route, request)

    def _user(self, request: Request) -> User:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        user = self._authenticate(token.strip()) if scheme.lower() == "bearer" else None
        if user is None and request.path in _PUBLIC:
            return User("system:anonymous", ("system:unauthenticated",))
        if user is None:
            raise ApiError(401, "Unauthorized")
        return user

    def _authorize(self, user: User, verb: str, route: Route) -> None:
        attempt = Attempt(verb, route.kind, route.namespace, route.name, route.subresource)
        if not rbac.allowed(self._objects.store, user, attempt):
            raise forbidden(route.kind, route.name, rbac.denial(user, attempt))

    def _review(self, kind: str, request: Request, user: User) -> Response:
        if request.method != "POST":
            raise ApiError(405, "the server does not allow this method on the requested resource")
        review = _body(request)
        if kind == "SelfSubjectReview":
            status: dict[str, Any] = {
                "userInfo": {"username": user.name, "groups": list(user.groups)}
            }
        else:
            wanted = review.get("spec", {}).get("resourceAttributes")
            status = {"allowed": bool(wanted) and self._may(user, wanted or {})}
        return _json({**review, "kind": kind, "status": status}, 201)

    def _may(self, user: User, wanted: Mapping[str, str]) -> bool:
        plural, group = wanted.get("resource", ""), wanted.get("group", "")
        kind = next((kind for kind in BY_NAME.values() if kind.plural == plural), None)
        kind = kind or Kind(plural, plural, group)
        attempt = Attempt(
            wanted.get("verb", ""),
            kind,
            wanted.get("namespace", ""),
            wanted.get("name", ""),
            wanted.get("subresource", ""),
        )
        return rbac.allowed(self._objects.store, user, attempt)

    # -- verbs ---------------------------------------------------------------------------

    def _act(self, verb: str, route: Route, request: Request) -> Response:
        if route.subresource:
            return self._subresource(verb, route, request)
        acts: Mapping[str, Callable[[Route, Request], Response]] = {
            "get": self._get,
            "list": self._list,
            "watch": self._watch,
            "create": self._create,
            "update": self._update,
            "patch": self._patch,
            "delete": self._delete,
            "deletecollection": self._delete_collection,
        }
        return acts[verb](route, request)

    def _get(self, route: Route, request: Request) -> Response:
        found = self._objects.store.get(route.kind, route.namespace, route.name)
        return self._shown(route.kind, found, request)

    def _selected(self, route: Route, request: Request) -> list[Object]:
        by_label = selectors.labels(request.args.get("labelSelector", ""))
        by_field = selectors.fields(request.args.get("fieldSelector", ""))
        space = route.namespace or None
        with self._objects.lock:
            objects = list(self._objects.store.list(route.kind, space))
        return [found for found in objects if by_label(found) and by_field(found)]

    def _list(self, route: Route, request: Request) -> Response:
        meta = {"resourceVersion": str(self._objects.store.version)}
        found = self._selected(route, request)
        if _TABLE in request.headers.get("Accept", ""):
            return _json(table.table(route.kind, found, self._clock.now(), **meta))
        kind = route.kind
        return _json(
            {
                "kind": f"{kind.name}List",
                "apiVersion": kind.api_version,
                "metadata": meta,
                "items": found,
            }
        )

    def _watch(self, route: Route, request: Request) -> Response:
        by_label = selectors.labels(request.args.get("labelSelector", ""))
        by_field = selectors.fields(request.args.get("fieldSelector", ""))

        def wanted(found: Object) -> bool:
            metadata = found["metadata"]
            return (
                route.namespace in ("", metadata.get("namespace", ""))
                and route.name in ("", metadata["name"])
                and by_label(found)
                and by_field(found)
            )

        as_table = _TABLE in request.headers.get("Accept", "")

        def shown(found: Object) -> Any:
            if as_table:
                return table.table(route.kind, [found], self._clock.now())
            return found

        lines = watch(self._objects, route.kind, request.args, wanted, shown)
        return Response(lines, content_type="application/json")

    def _create(self, route: Route, request: Request) -> Response:
        stored = self._objects.create(
            route.kind, _body(request), route.namespace or None, dry_run=_dry_run(request)
        )
        return self._shown(route.kind, stored, request, 201)

    def _update(self, route: Route, request: Request) -> Response:
        given = _body(request)
        given.setdefault("metadata", {})["name"] = route.name
        stored = self._objects.update(
            route.kind,
            given,
            route.namespace or None,
            dry_run=_dry_run(request),
            status=route.subresource == "status",
        )
        return self._shown(route.kind, stored, request)

    def _patch(self, route: Route, request: Request) -> Response:
        media = request.mimetype
        status = route.subresource == "status"
        with self._objects.lock:
            former = self._objects.store.find(route.kind, route.namespace, route.name)
            if media == _APPLY:
                changed, created = self._apply(route, request, former)
            elif media in _PATCHES:
                former = self._objects.store.get(route.kind, route.namespace, route.name)
                changed, created = _PATCHES[media](former, _body(request)), False
            else:
                known = ", ".join((*_PATCHES, _APPLY))
                raise ApiError(
                    415,
                    "the body of the request was in an unknown format - accepted media types"
                    f" include: {known}",
                )
            if not isinstance(changed, dict):
                raise ApiError(400, "the patch leaves no object")
            dry_run = _dry_run(request)
            space = route.namespace or None
            if created:
                stored = self._objects.create(route.kind, changed, space, dry_run=dry_run)
            else:
                stored = self._objects.update(
                    route.kind, changed, space, dry_run=dry_run, status=status
                )
        return self._shown(route.kind, stored, request, 201 if created else 200)

    def _apply(self, route: Route, request: Request, former: Object | None) -> tuple[Object, bool]:
        """Server-side apply: what the manager applied before and no longer names goes."""
        manager = request.args.get("fieldManager", "")
        if not manager:
            raise ApiError(400, "PatchOptions.meta.k8s.io is invalid: fieldManager: Required value")
        given = _body(request)
        key = (manager, route.kind.name, route.namespace, route.name)
        before = self._applied.get(key)
        if not _dry_run(request):
            self._applied[key] = given
        if former is None:
            given.setdefault("metadata", {})["name"] = route.name
            return given, True
        gone = patch.dropped(before, given) if before is not None else None
        base = patch.strategic_merge(former, gone) if gone else former
        return patch.strategic_merge(base, given), False

    def _delete(self, route: Route, request: Request) -> Response:
        options = _body(request) if request.get_data() else {}
        policy = options.get("propagationPolicy") or request.args.get("propagationPolicy")
        dry_run = _dry_run(request) or bool(options.get("dryRun"))
        gone = self._objects.delete(
            route.kind, route.namespace, route.name, orphan=policy == "Orphan", dry_run=dry_run
        )
        details = {"name": route.name, "kind": route.kind.plural, "uid": gone["metadata"]["uid"]}
        return _json(
            {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Success",
                "details": details,
            }
        )

    def _delete_collection(self, route: Route, request: Request) -> Response:
        for found in self._selected(route, request):
            metadata = found["metadata"]
            self._objects.delete(route.kind, metadata.get("namespace", ""), metadata["name"])
        return _json({"kind": "Status", "apiVersion": "v1", "status": "Success"})

    def _subresource(self, verb: str, route: Route, request: Request) -> Response:
        if route.subresource == "status" and verb in ("update", "patch", "get"):
            acts = {"update": self._update, "patch": self._patch, "get": self._get}
            return acts[verb](route, request)
        if (route.kind.name, route.subresource, verb) == ("ServiceAccount", "token", "create"):
            given = _body(request)
            specification = given.get("spec") or {}
            status = self._issue_token(route.namespace, route.name, specification)
            return _json({**given, "status": status}, 201)
        if route.subresource == "scale" and route.kind.name == "Deployment":
            return self._scale(verb, route, request)
        raise ApiError(
            501,
            f"the lab runs no containers, so it has no {route.kind.plural}/{route.subresource};"
            " run the program with `podrole lab exec`",
        )

    def _scale(self, verb: str, route: Route, request: Request) -> Response:
        found = self._objects.store.get(route.kind, route.namespace, route.name)
        scale = _scale_of(found)
        if verb != "get":
            given = _body(request)
            change = _PATCHES.get(request.mimetype, patch.merge_patch)
            scale = change(scale, given) if verb == "patch" else given
            wanted = {**found, "spec": {**found["spec"], "replicas": scale["spec"]["replicas"]}}
            scale = _scale_of(self._objects.update(route.kind, wanted, route.namespace))
        return _json(scale)

    def _shown(self, kind: Kind, found: Object, request: Request, code: int = 200) -> Response:
        if _TABLE in request.headers.get("Accept", ""):
            return _json(table.table(kind, [found], self._clock.now()), code)
        return _json(found, code)


def _verb(request: Request, route: Route) -> str:
    named = bool(route.name)
    watching = request.args.get("watch", "").lower() in ("1", "true")
    verbs = {
        "GET": "watch" if watching and not route.subresource else "get" if named else "list",
        "HEAD": "get" if named else "list",
        "POST": "create",
        "PUT": "update" if named else "",
        "PATCH": "patch" if named else "",
        "DELETE": "delete" if named else "deletecollection",
    }
    verb = verbs.get(request.method, "")
    if not verb or (verb == "create" and named and not route.subresource):
        raise ApiError(405, "the server does not allow this method on the requested resource")
    return verb


def _dry_run(request: Request) -> bool:
    wanted = request.args.getlist("dryRun")
    if any(value != "All" for value in wanted):
        raise ApiError(400, f'dryRun: Unsupported value: "{wanted[0]}": supported values: "All"')
    return bool(wanted)


def _body(request: Request) -> Any:
    data = request.get_data()
    if request.mimetype == protobuf.MEDIA_TYPE:
        return protobuf.decode(data)
    try:
        if request.mimetype in (_APPLY, "application/yaml"):
            found = yaml.safe_load(data)
        else:
            found = json.loads(data)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise ApiError(400, f"couldn't get version/kind; json parse error: {error}") from error
    if not isinstance(found, dict) and request.mimetype != "application/json-patch+json":
        raise ApiError(400, "the body is not an object")
    return found


def _scale_of(deployment: Object) -> dict[str, Any]:
    metadata, replicas = deployment["metadata"], deployment["spec"].get("replicas", 1)
    names = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in names if name in metadata},
        "spec": {"replicas": replicas},
        "status": {"replicas": replicas, "selector": ""},
    }


def _json(document: Any, code: int = 200) -> Response:
    return Response(json.dumps(document), code, content_type="application/json")
