"""The API server's HTTP interface: who asks, whether they may, and who answers.

Source: Kubernetes, "Kubernetes API Concepts", "Authenticating", section "User impersonation"
(checked 2026-11-24).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from podrole.lab.clock import Clock
from podrole.lab.kubernetes.admission import admission_review
from podrole.lab.kubernetes.auth import impersonation, rbac
from podrole.lab.kubernetes.auth.rbac import Attempt, User
from podrole.lab.kubernetes.http import (
    aggregated_discovery,
    discovery,
    internal_error,
    issuer_documents,
    openapi,
)
from podrole.lab.kubernetes.http.api_request import ApiRequest, answer, review
from podrole.lab.kubernetes.http.endpoints import Endpoints
from podrole.lab.kubernetes.http.reviews import Reviews
from podrole.lab.kubernetes.http.route import Route, read_route
from podrole.lab.kubernetes.http.subresources import IssueToken, Subresources
from podrole.lab.kubernetes.object_api import ObjectApi
from podrole.lab.kubernetes.objects.status import ApiError, forbidden
from podrole.lab.kubernetes.version import KUBERNETES_VERSION
from podrole.lab.oidc.issuer import Issuer

_TEXT = "text/plain; charset=utf-8"
#: Paths that a client may read before it has said who it is.
_PUBLIC = ("/version", "/healthz", "/livez", "/readyz")


class Identity(Protocol):
    """Whose tokens a server takes, and who issues those of its service accounts."""

    issuer: Issuer
    #: The API server's own.
    url: str

    def __call__(self, token: str) -> User | None:
        """Whose bearer token it is, None for one that is not good here."""

    def review(self, token: str, audiences: Sequence[str]) -> tuple[User, list[str]] | None:
        """Whose token it is and for which of the audiences; see `reviews.Identify`."""


class ApiServer:
    """One cluster's API server as a WSGI app."""

    def __init__(
        self,
        objects: ObjectApi,
        clock: Clock,
        identity: Identity,
        issue_token: IssueToken,
        webhook_path: str,
    ) -> None:
        """`issue_token(namespace, service_account, spec)` answers a TokenRequest with its status;
        `webhook_path` is the webhook's."""
        self._objects = objects
        self._identity = identity
        self._reviews = Reviews(objects.store, identity.review)
        self._webhook_path = webhook_path
        objects.webhooks.own_path = webhook_path
        self._endpoints = Endpoints(objects, clock)
        self._subresources = Subresources(objects, self._endpoints, issue_token)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request (WSGI, PEP 3333)."""
        request = Request(environ)
        try:
            response = self._respond(request)
        except ApiError as error:
            response = answer(error.status(), error.code)
        except HTTPException as error:
            response = answer(ApiError(400, error.description or "bad request").status(), 400)
        except Exception as error:
            failed = internal_error.api_error(error)
            response = answer(failed.status(), failed.code)
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        if request.path in _PUBLIC and request.path != "/version":
            return Response("ok", content_type="text/plain")
        if self._is_review(request):
            return self._review(request)
        user = self._user(request)
        whole = aggregated_discovery.response(request, self._objects.store.kinds)
        if whole is not None:
            return whole
        described = discovery.document(request.path, KUBERNETES_VERSION, self._objects.store.kinds)
        if described is not None:
            return answer(described)
        if request.path in (issuer_documents.CONFIGURATION, issuer_documents.KEYS):
            return self._of_issuer(request, user)
        if request.path.startswith("/openapi/"):
            return openapi.response(request, self._objects.store.kinds)
        route = read_route(request.path, self._objects.store.kinds)
        if route.review:
            return self._reviews.act(route, request, user)
        asked = ApiRequest(request, route)
        self._authorize(user, asked.verb, route)
        if route.subresource:
            return self._subresources.act(asked, user)
        return self._endpoints.act(asked, user)

    def _of_issuer(self, request: Request, user: User) -> Response:
        """What every service account may read, so that others can verify its tokens."""
        path = request.path
        known = rbac.ACCOUNTS in user.groups
        if not known and not rbac.allowed_path(self._objects.store, user, "get", path):
            raise ApiError(403, f'forbidden: User "{user.name}" cannot get path "{path}"')
        return issuer_documents.response(request, self._identity.issuer, self._identity.url)

    def _is_review(self, request: Request) -> bool:
        """Whether the webhook is called, by someone who has its URL.

        The API server of a real cluster brings no token, unless its own configuration says so; but
        it calls whatever path a MutatingWebhookConfiguration's `clientConfig.url` has (Kubernetes,
        "Dynamic Admission Control", checked 2026-11-28). So the path is the secret, and another
        path is one that the server does not have.
        """
        return request.method == "POST" and hmac.compare_digest(
            request.path.encode(), self._webhook_path.encode()
        )

    def _review(self, request: Request) -> Response:
        # As aws/amazon-eks-pod-identity-webhook 3bf80a34 answers (run on 2026-11-29): it names no
        # type of its answer's, so that Go's server takes it for text.
        if request.headers.get("Content-Type") != "application/json":
            text = "Invalid Content-Type, expected `application/json`\n"
            return Response(text, 415, content_type=_TEXT)
        reviewed = admission_review.answer(review(request), self._objects.webhook_patch)
        return Response(json.dumps(reviewed), content_type=_TEXT)

    def _user(self, request: Request) -> User:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        user = self._identity(token.strip()) if scheme.lower() == "bearer" else None
        if user is None and request.path in _PUBLIC:
            return User("system:anonymous", ("system:unauthenticated",))
        if user is None:
            raise ApiError(401, "Unauthorized")
        return impersonation.acting(self._objects.store, user, request.headers)

    def _authorize(self, user: User, verb: str, route: Route) -> None:
        attempt = Attempt(verb, route.kind, route.namespace, route.name, route.subresource)
        if not rbac.allowed(self._objects.store, user, attempt):
            raise forbidden(route.kind, route.name, rbac.denial(user, attempt))
