"""What a client asks about itself or another: may they, what may they, and whose token is it.

Source: Kubernetes API reference, authorization.k8s.io/v1 and authentication.k8s.io/v1 (checked
2026-11-24); words: kubernetes/kubernetes v1.37.2, `pkg/registry/authentication` and
`pkg/apis/authorization/validation` (read 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from podrole.lab.kubernetes.auth import rbac
from podrole.lab.kubernetes.auth.rbac import Attempt, User
from podrole.lab.kubernetes.http.api_request import answer, body
from podrole.lab.kubernetes.http.route import Route
from podrole.lab.kubernetes.objects import fields
from podrole.lab.kubernetes.objects.kinds import Kind, Object
from podrole.lab.kubernetes.objects.object_store import ObjectStore
from podrole.lab.kubernetes.objects.status import ApiError, forbidden

#: Says whose token it is and for which of the audiences, None for one that is not good; without
#: audiences it is asked as the API server asks.
Identify = Callable[[str, Sequence[str]], tuple[User, list[str]] | None]
_ONE_OF = (
    "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be"
    " specified"
)
_GROUPS = dict.fromkeys(("TokenReview", "SelfSubjectReview"), "authentication.k8s.io")
_RESOURCE_RULE = ("verbs", "apiGroups", "resources", "resourceNames")


class Reviews:
    """Answers reviews, which are stored nowhere."""

    def __init__(self, store: ObjectStore, identify: Identify) -> None:
        self._store = store
        self._identify = identify

    def act(self, route: Route, request: Request, user: User) -> Response:
        """The answer to a review of the route's kind. Raises ApiError."""
        kind = route.review
        if request.method != "POST":
            raise ApiError(405, "the server does not allow this method on the requested resource")
        if not kind.startswith("Self"):  # everyone may ask about themselves
            self._authorize(user, kind, route.namespace)
        given, _ = fields.read(kind, "v1", body(request))
        specification = given.get("spec") or {}
        if kind == "SelfSubjectReview":
            status: dict[str, Any] = {"userInfo": _described(user)}
        elif kind == "SelfSubjectRulesReview":
            status = self._rules(user, specification.get("namespace") or "")
        elif kind == "TokenReview":
            status = self._token(specification)
        else:
            asked = user
            if not kind.startswith("Self"):
                asked = _subject(kind, given, route.namespace)
            status = self._decided(kind, asked, specification)
        group = _GROUPS.get(kind, "authorization.k8s.io")
        answered = {**given, "kind": kind, "apiVersion": f"{group}/v1", "status": status}
        return answer(answered, 201)

    def _authorize(self, user: User, kind: str, namespace: str) -> None:
        group = _GROUPS.get(kind, "authorization.k8s.io")
        reviewed = Kind(kind, f"{kind.lower()}s", group, namespaced=bool(namespace))
        attempt = Attempt("create", reviewed, namespace)
        if not rbac.allowed(self._store, user, attempt):
            raise forbidden(reviewed, "", rbac.denial(user, attempt))

    def _token(self, specification: Object) -> dict[str, Any]:
        token = specification.get("token")
        if not token:
            raise ApiError(400, "token is required for TokenReview in authentication")
        found = self._identify(token, specification.get("audiences") or ())
        if found is None:
            return {"user": {}, "error": "invalid bearer token"}
        user, audiences = found
        return {"authenticated": True, "user": _described(user), "audiences": audiences}

    def _decided(self, kind: str, user: User, specification: Object) -> dict[str, Any]:
        path, wanted = (
            specification.get(name) for name in ("nonResourceAttributes", "resourceAttributes")
        )
        if (path is None) == (wanted is None):
            raise _invalid("spec.resourceAttributes", _ONE_OF)
        if path is not None:
            verb, place = path.get("verb") or "", path.get("path") or ""
            return {"allowed": rbac.allowed_path(self._store, user, verb, place)}
        assert wanted is not None
        plural, group = wanted.get("resource") or "", wanted.get("group") or ""
        attempt = Attempt(
            wanted.get("verb") or "",
            self._store.kinds.of_plural(group, plural) or Kind(plural, plural, group),
            wanted.get("namespace") or "",
            wanted.get("name") or "",
            wanted.get("subresource") or "",
        )
        return {"allowed": rbac.allowed(self._store, user, attempt)}

    def _rules(self, user: User, namespace: str) -> dict[str, Any]:
        rules = list(rbac.rules(self._store, user, namespace))
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


def _described(user: User) -> dict[str, Any]:
    found: dict[str, Any] = {"username": user.name, "groups": list(user.groups)}
    if user.uid:
        found["uid"] = user.uid
    if user.extra:
        found["extra"] = {name: list(values) for name, values in user.extra}
    return found


def _subject(kind: str, given: Mapping[str, Any], namespace: str) -> User:
    """About whom a review is. Raises ApiError for nobody, and for another namespace's."""
    specification = given.get("spec") or {}
    user, groups = specification.get("user") or "", tuple(specification.get("groups") or ())
    if not user and not groups:
        why = 'Invalid value: "": at least one of user or group must be specified'
        raise _invalid("spec.user", why)
    if kind == "LocalSubjectAccessReview":
        wanted = specification.get("resourceAttributes") or {}
        if specification.get("nonResourceAttributes") is not None:
            why = "Invalid value: null: disallowed on this kind of request"
            raise _invalid("spec.nonResourceAttributes", why)
        if (wanted.get("namespace") or "") != namespace:
            shown = wanted.get("namespace") or ""
            why = f'Invalid value: "{shown}": must match metadata.namespace'
            raise _invalid("spec.resourceAttributes.namespace", why)
    return User(user, groups)


def _invalid(place: str, why: str) -> ApiError:
    # The kind is empty in the API server's own text too (kube-apiserver 1.37.2, 2026-11-29).
    return ApiError(422, f'.authorization.k8s.io "" is invalid: {place}: {why}')
