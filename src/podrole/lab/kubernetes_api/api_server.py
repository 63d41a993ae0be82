"""The API server's HTTP interface: who asks, whether they may, and who answers.

Source: Kubernetes, "Kubernetes API Concepts", "Authenticating", section "User impersonation"
(checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from .. import fault
from ..clock import Clock
from . import admission_review, discovery, impersonation, openapi, rbac, reviews
from .api_request import ApiRequest, answer, body
from .endpoints import Endpoints
from .object_api import ObjectApi
from .rbac import Attempt, User
from .route import Route, read_route
from .status import ApiError, forbidden
from .subresources import IssueToken, Subresources

#: Paths that a client may read before it has said who it is.
_PUBLIC = ("/version", "/healthz", "/livez", "/readyz")


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
        self._version = version
        self._authenticate = authenticate
        self._endpoints = Endpoints(objects, clock)
        self._subresources = Subresources(objects, self._endpoints, issue_token)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._respond(request)
        except ApiError as error:
            response = answer(error.status(), error.code)
        except HTTPException as error:
            response = answer(ApiError(400, error.description or "bad request").status(), 400)
        except Exception as error:
            failed = fault.api_error(error)
            response = answer(failed.status(), failed.code)
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        if request.path in _PUBLIC and request.path != "/version":
            return Response("ok", content_type="text/plain")
        if request.path == "/mutate" and request.method == "POST":
            return answer(admission_review.review(body(request), self._objects.admit))
        user = self._user(request)
        described = discovery.document(request.path, self._version)
        if described is not None:
            return answer(described)
        if request.path.startswith("/openapi/"):
            return openapi.response(request)
        route = read_route(request.path)
        if route.review:
            return reviews.review(route.review, self._objects.store, request, user)
        asked = ApiRequest(request, route)
        self._authorize(user, asked.verb, route)
        if route.subresource:
            return self._subresources.act(asked, user)
        return self._endpoints.act(asked, user)

    def _user(self, request: Request) -> User:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        user = self._authenticate(token.strip()) if scheme.lower() == "bearer" else None
        if user is None and request.path in _PUBLIC:
            return User("system:anonymous", ("system:unauthenticated",))
        if user is None:
            raise ApiError(401, "Unauthorized")
        return impersonation.acting(self._objects.store, user, request.headers)

    def _authorize(self, user: User, verb: str, route: Route) -> None:
        attempt = Attempt(verb, route.kind, route.namespace, route.name, route.subresource)
        if not rbac.allowed(self._objects.store, user, attempt):
            raise forbidden(route.kind, route.name, rbac.denial(user, attempt))
