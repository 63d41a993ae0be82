"""The parts of objects that have paths of their own: status, scale, and a service account's token.

Source: Kubernetes API reference (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Response

from podrole.lab.kubernetes.auth.rbac import User
from podrole.lab.kubernetes.auth.service_account_tokens import API_AUDIENCE
from podrole.lab.kubernetes.http.api_request import ApiRequest, body
from podrole.lab.kubernetes.http.endpoints import PATCHES, UNKNOWN_MEDIA, Endpoints
from podrole.lab.kubernetes.http.route import Route
from podrole.lab.kubernetes.object_api import ObjectApi
from podrole.lab.kubernetes.objects import scale
from podrole.lab.kubernetes.objects.managed_fields import Writer
from podrole.lab.kubernetes.objects.status import ApiError, not_found

IssueToken = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]
#: What only containers that run can answer.
_OF_CONTAINERS = {
    "Pod": ("attach", "ephemeralcontainers", "exec", "log", "portforward", "proxy", "resize"),
    "Service": ("proxy",),
    "Node": ("proxy",),
}


class Subresources:
    """Answers requests for a part of an object."""

    def __init__(self, objects: ObjectApi, endpoints: Endpoints, issue_token: IssueToken) -> None:
        """`issue_token(namespace, service_account, spec)` gives a TokenRequest its status."""
        self._objects = objects
        self._endpoints = endpoints
        self._issue_token = issue_token

    def act(self, request: ApiRequest, user: User) -> Response:
        """Do what a request asks for, which the user may. Raises ApiError."""
        route, verb = request.route, request.verb
        part = route.kind.part(route.subresource)
        if part is None:
            raise _unserved(route)
        if verb not in part.verbs:
            raise ApiError(405, "the server does not allow this method on the requested resource")
        if part.name == "status":
            acts = {
                "update": self._endpoints.update,
                "patch": self._endpoints.patch,
                "get": self._endpoints.get,
            }
            return acts[verb](request, user)
        if part.name == "eviction":
            return self._evict(request, user)
        if part.name == "token":
            return self._token(request)
        return self._scale(request, user)

    def _evict(self, request: ApiRequest, user: User) -> Response:
        route = request.route
        given = request.object("Eviction")
        name = (given.get("metadata") or {}).get("name")
        if name and name != route.name:
            raise ApiError(400, "name in URL does not match name in Eviction object")
        dry_run = request.dry_run() or bool((given.get("deleteOptions") or {}).get("dryRun"))
        asking = request.asking(user, dry_run=dry_run)
        only = (given.get("deleteOptions") or {}).get("preconditions") or {}
        self._objects.evict(route.namespace, route.name, only=only, dry_run=dry_run, asking=asking)
        return request.answer(
            {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Success",
                "code": 201,
            },
            201,
        )

    def _token(self, request: ApiRequest) -> Response:
        route = request.route
        given = request.object("TokenRequest")
        named = {"name": route.name, "namespace": route.namespace}
        metadata = given.get("metadata") or {}
        for member, value in named.items():
            wanted = metadata.get(member) or value
            if wanted != value:
                why = f"must match the service account {member} if specified"
                raise ApiError(
                    422,
                    f'TokenRequest.authentication.k8s.io "{route.name}" is invalid:'
                    f' metadata.{member}: Invalid value: "{wanted}": {why}',
                )
        specification = given.get("spec") or {}
        status = self._issue_token(route.namespace, route.name, specification)
        defaults = {"audiences": [API_AUDIENCE], "expirationSeconds": 3600, "boundObjectRef": None}
        answered = {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {**metadata, **named},
            "spec": {**defaults, **{name: one for name, one in specification.items() if one}},
            "status": status,
        }
        return request.answer(answered, 201)

    def _scale(self, request: ApiRequest, user: User) -> Response:
        route = request.route
        with self._objects.lock:
            found = self._objects.store.get(route.kind, route.namespace, route.name)
            if request.verb == "get":
                return request.answer(scale.read(route.kind, found))
            if request.verb == "update":
                wanted = request.object("Scale")
            else:
                change = PATCHES.get(request.http.mimetype)
                if change is None:
                    raise ApiError(415, UNKNOWN_MEDIA)
                wanted = request.checked(
                    "Scale", change(scale.read(route.kind, found), body(request.http))
                )
            replicas = (wanted.get("spec") or {}).get("replicas") or 0
            if replicas < 0:
                raise ApiError(
                    422,
                    f'Scale.autoscaling "{route.name}" is invalid: spec.replicas: Invalid value:'
                    f" {replicas}: must be greater than or equal to 0",
                )
            metadata = {**found["metadata"]}
            version = (wanted.get("metadata") or {}).get("resourceVersion")
            if version:
                metadata["resourceVersion"] = version
            changed = {**scale.changed(route.kind, found, replicas), "metadata": metadata}
            stored = self._objects.update(
                route.kind,
                changed,
                route.namespace,
                dry_run=request.dry_run(),
                writer=Writer(request.manager),
                asking=request.asking(user),
            )
        return request.answer(scale.read(route.kind, stored))


def _unserved(route: Route) -> ApiError:
    """Why there is no such part: a real cluster has some of a pod's and of a node's."""
    if route.kind.custom is not None:
        return not_found(route.kind, route.name)
    if route.subresource in _OF_CONTAINERS.get(route.kind.name, ()):
        return ApiError(
            501,
            f"the lab runs no containers, so it has no {route.kind.plural}/{route.subresource};"
            " run the program with `podrole lab exec`",
        )
    return ApiError(404, "the server could not find the requested resource")
