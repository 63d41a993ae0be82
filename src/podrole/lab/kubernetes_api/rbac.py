"""Who is asking the API server, and whether RBAC lets them.

Source: Kubernetes, "Using RBAC Authorization", "Authenticating" (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .kinds import BY_NAME, Kind, Object
from .object_store import ObjectStore

_READ = ["get", "list", "watch"]
_WRITE = [*_READ, "create", "update", "patch", "delete", "deletecollection"]
_WORKLOADS = ["pods", "services", "configmaps", "serviceaccounts", "events"]
_APPS = {"apiGroups": ["apps", "batch"], "resources": ["*"]}
#: The ClusterRoles that a reader meets, shortened to the kinds of the lab. `view` has no secrets.
_ROLES: dict[str, list[dict[str, Any]]] = {
    "cluster-admin": [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ],
    "admin": [
        {"apiGroups": [""], "resources": ["*"], "verbs": _WRITE},
        {**_APPS, "verbs": _WRITE},
        {
            "apiGroups": ["rbac.authorization.k8s.io"],
            "resources": ["roles", "rolebindings"],
            "verbs": _WRITE,
        },
    ],
    "edit": [
        {"apiGroups": [""], "resources": [*_WORKLOADS, "secrets"], "verbs": _WRITE},
        {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]},
        {**_APPS, "verbs": _WRITE},
    ],
    "view": [
        {"apiGroups": [""], "resources": _WORKLOADS, "verbs": _READ},
        {**_APPS, "verbs": _READ},
    ],
}
ADMINS = "system:masters"


@dataclass(frozen=True)
class User:
    """Whoever sends a request."""

    name: str
    groups: tuple[str, ...] = ()
    #: ClusterRoles given by EKS access policies: the role's name and its namespaces, None for all.
    granted: tuple[tuple[str, tuple[str, ...] | None], ...] = ()


@dataclass(frozen=True)
class Attempt:
    """What a user wants to do."""

    verb: str
    kind: Kind
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def resource(self) -> str:
        """`secrets`, `serviceaccounts/token`."""
        plural = self.kind.plural
        return f"{plural}/{self.subresource}" if self.subresource else plural


def service_account(namespace: str, name: str) -> User:
    """The user that a service account's token stands for."""
    return User(
        f"system:serviceaccount:{namespace}:{name}",
        (
            "system:serviceaccounts",
            f"system:serviceaccounts:{namespace}",
            "system:authenticated",
        ),
    )


def install(store: ObjectStore) -> None:
    """The ClusterRoles and the binding that every cluster begins with."""
    for name, rules in _ROLES.items():
        role = {"kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}
        store.create(BY_NAME["ClusterRole"], role)
    binding = {
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "cluster-admin"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "cluster-admin",
        },
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": ADMINS}],
    }
    store.create(BY_NAME["ClusterRoleBinding"], binding)


def allowed(store: ObjectStore, user: User, attempt: Attempt) -> bool:
    """Whether some rule of some role that is bound to the user covers the attempt."""
    return any(_covers(rule, attempt) for rule in _rules(store, user, attempt.namespace))


def denial(user: User, attempt: Attempt) -> str:
    """The API server's words after `NAME is forbidden: `."""
    where = f' in the namespace "{attempt.namespace}"' if attempt.namespace else ""
    scope = where if attempt.kind.namespaced and where else " at the cluster scope"
    return (
        f'User "{user.name}" cannot {attempt.verb} resource "{attempt.resource}"'
        f' in API group "{attempt.kind.group}"{scope}'
    )


def _rules(store: ObjectStore, user: User, namespace: str) -> Iterator[Mapping[str, Any]]:
    for name, namespaces in user.granted:
        if namespaces is None or namespace in namespaces:
            yield from _ROLES[name]
    for binding in store.list(BY_NAME["ClusterRoleBinding"]):
        if _binds(binding, user, ""):
            yield from _role(store, binding, "")
    if namespace:
        for binding in store.list(BY_NAME["RoleBinding"], namespace):
            if _binds(binding, user, namespace):
                yield from _role(store, binding, namespace)


def _binds(binding: Object, user: User, namespace: str) -> bool:
    for subject in binding.get("subjects") or ():
        kind, name = subject.get("kind"), subject.get("name")
        if kind == "User" and name == user.name:
            return True
        if kind == "Group" and name in user.groups:
            return True
        if kind == "ServiceAccount":
            space = subject.get("namespace") or namespace
            if user.name == f"system:serviceaccount:{space}:{name}":
                return True
    return False


def _role(store: ObjectStore, binding: Object, namespace: str) -> list[Mapping[str, Any]]:
    reference = binding["roleRef"]
    kind = BY_NAME.get(reference.get("kind", ""))
    if kind is None:
        return []
    found = store.find(kind, namespace, reference.get("name", ""))
    return list((found or {}).get("rules") or ())


def _covers(rule: Mapping[str, Any], attempt: Attempt) -> bool:
    def has(member: str, wanted: str) -> bool:
        values = rule.get(member) or ()
        return "*" in values or wanted in values

    resources = rule.get("resources") or ()
    whole = "*" in resources or attempt.resource in resources
    if attempt.subresource and f"*/{attempt.subresource}" in resources:
        whole = True
    names = rule.get("resourceNames")
    return (
        whole
        and has("verbs", attempt.verb)
        and has("apiGroups", attempt.kind.group)
        and (not names or attempt.name in names)
    )
