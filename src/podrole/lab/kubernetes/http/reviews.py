"""What a client asks about itself: may I, what may I, and who am I.

Source: Kubernetes API reference, authorization.k8s.io/v1 and authentication.k8s.io/v1 (checked
2026-11-24).
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from podrole.lab.kubernetes.auth import rbac
from podrole.lab.kubernetes.auth.rbac import Attempt, User
from podrole.lab.kubernetes.http.api_request import answer, body
from podrole.lab.kubernetes.objects import fields
from podrole.lab.kubernetes.objects.kinds import Kind, Object
from podrole.lab.kubernetes.objects.object_store import ObjectStore
from podrole.lab.kubernetes.objects.status import ApiError


def review(kind: str, store: ObjectStore, request: Request, user: User) -> Response:
    """The answer to a review of a kind, which is stored nowhere. Raises ApiError."""
    if request.method != "POST":
        raise ApiError(405, "the server does not allow this method on the requested resource")
    given, _ = fields.read(kind, "v1", body(request))
    specification = given.get("spec") or {}
    if kind == "SelfSubjectReview":
        status: dict[str, Any] = {"userInfo": {"username": user.name, "groups": list(user.groups)}}
    elif kind == "SelfSubjectRulesReview":
        status = _rules(store, user, specification.get("namespace") or "")
    else:
        status = _decided(store, user, specification)
    return answer({**given, "kind": kind, "status": status}, 201)


def _decided(store: ObjectStore, user: User, specification: Object) -> dict[str, Any]:
    path = specification.get("nonResourceAttributes")
    if path is not None:
        return {
            "allowed": rbac.allowed_path(
                store, user, path.get("verb") or "", path.get("path") or ""
            )
        }
    wanted = specification.get("resourceAttributes")
    if wanted is None:
        raise ApiError(
            422,
            'SelfSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes:'
            " Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must"
            " be specified",
        )
    plural, group = wanted.get("resource") or "", wanted.get("group") or ""
    attempt = Attempt(
        wanted.get("verb") or "",
        store.kinds.of_plural(group, plural) or Kind(plural, plural, group),
        wanted.get("namespace") or "",
        wanted.get("name") or "",
        wanted.get("subresource") or "",
    )
    return {"allowed": rbac.allowed(store, user, attempt)}


def _rules(store: ObjectStore, user: User, namespace: str) -> dict[str, Any]:
    rules = list(rbac.rules(store, user, namespace))
    return {
        "resourceRules": [
            {name: list(rule[name]) for name in _RESOURCE_RULE if rule.get(name)}
            for rule in rules
            if rule.get("resources")
        ],
        "nonResourceRules": [
            {name: list(rule[name]) for name in ("verbs", "nonResourceURLs")}
            for rule in rules
            if rule.get("nonResourceURLs")
        ],
        "incomplete": False,
    }


_RESOURCE_RULE = ("verbs", "apiGroups", "resources", "resourceNames")
