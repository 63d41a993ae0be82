"""The parts of objects that have paths of their own: status, scale, and a service account's token.

Source: Kubernetes API reference (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Response

from podrole.lab.kubernetes.auth.rbac import User
from podrole.lab.kubernetes.http.api_request import ApiRequest, body
from podrole.lab.kubernetes.http.endpoints import PATCHES, Endpoints
from podrole.lab.kubernetes.object_api import ObjectApi
from podrole.lab.kubernetes.objects.kinds import Object
from podrole.lab.kubernetes.objects.managed_fields import Writer
from podrole.lab.kubernetes.objects.status import ApiError

IssueToken = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]
_SCALED = ("Deployment", "ReplicaSet", "StatefulSet")


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
        if route.subresource == "status" and verb in ("update", "patch", "get"):
            acts = {
                "update": self._endpoints.update,
                "patch": self._endpoints.patch,
                "get": self._endpoints.get,
            }
            return acts[verb](request, user)
        if (route.kind.name, route.subresource, verb) == ("ServiceAccount", "token", "create"):
            given = request.object("TokenRequest")
            status = self._issue_token(route.namespace, route.name, given.get("spec") or {})
            named = {"name": route.name, "namespace": route.namespace}
            metadata = {**(given.get("metadata") or {}), **named}
            return request.answer({**given, "metadata": metadata, "status": status}, 201)
        if route.subresource == "scale" and route.kind.name in _SCALED:
            return self._scale(request)
        raise ApiError(
            501,
            f"the lab runs no containers, so it has no {route.kind.plural}/{route.subresource};"
            " run the program with `podrole lab exec`",
        )

    def _scale(self, request: ApiRequest) -> Response:
        route = request.route
        with self._objects.lock:
            found = self._objects.store.get(route.kind, route.namespace, route.name)
            if request.verb == "get":
                return request.answer(_scale_of(found))
            if request.verb == "update":
                wanted = request.object("Scale")
            else:
                change = PATCHES.get(request.http.mimetype)
                if change is None:
                    raise ApiError(415, "the body of the request was in an unknown format")
                wanted = request.checked("Scale", change(_scale_of(found), body(request.http)))
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
            changed = {
                **found,
                "metadata": metadata,
                "spec": {**found["spec"], "replicas": replicas},
            }
            stored = self._objects.update(
                route.kind,
                changed,
                route.namespace,
                dry_run=request.dry_run(),
                writer=Writer(request.manager),
            )
        return request.answer(_scale_of(stored))


def _scale_of(found: Object) -> dict[str, Any]:
    metadata, replicas = found["metadata"], found["spec"].get("replicas", 1)
    names = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    labels = (found["spec"].get("selector") or {}).get("matchLabels") or {}
    selector = ",".join(f"{name}={value}" for name, value in labels.items())
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in names if name in metadata},
        "spec": {"replicas": replicas},
        "status": {"replicas": replicas, "selector": selector},
    }
