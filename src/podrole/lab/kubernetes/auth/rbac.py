"""Who is asking the API server, and whether RBAC lets them.

Source: Kubernetes, "Using RBAC Authorization", "Authenticating" (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Kind, Object
from podrole.lab.kubernetes.objects.object_store import ObjectStore

_READ = ["get", "list", "watch"]
_WRITE = [*_READ, "create", "update", "patch", "delete", "deletecollection"]
_WORKLOADS = ["pods", "services", "configmaps", "serviceaccounts"]
_SHOWN = ["pods/log", "pods/status", "namespaces", "events", "resourcequotas", "limitranges"]
GROUP = "rbac.authorization.k8s.io"
_GROUPS = {"apiGroups": ["apps", "batch", "networking.k8s.io"], "resources": ["*"]}
_VIEW = [
    {"apiGroups": [""], "resources": [*_WORKLOADS, *_SHOWN], "verbs": _READ},
    {**_GROUPS, "verbs": _READ},
]
_EDIT = [
    *_VIEW,
    {"apiGroups": [""], "resources": [*_WORKLOADS, "secrets"], "verbs": _WRITE},
    {"apiGroups": [""], "resources": ["pods/exec", "pods/portforward"], "verbs": ["get", "create"]},
    {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]},
    {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["impersonate"]},
    {**_GROUPS, "verbs": _WRITE},
]
#: The ClusterRoles that a reader meets, shortened to the kinds of the lab. `view` has no secrets;
#: `edit` may act as any service account of its namespace, and so as its IAM roles.
_ROLES: dict[str, list[dict[str, Any]]] = {
    "cluster-admin": [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ],
    "admin": [
        *_EDIT,
        {"apiGroups": [GROUP], "resources": ["roles", "rolebindings"], "verbs": _WRITE},
    ],
    "edit": _EDIT,
    "view": _VIEW,
}
ADMINS, ACCOUNTS = "system:masters", "system:serviceaccounts"


@dataclass(frozen=True)
class User:
    """Whoever sends a request."""

    name: str
    groups: tuple[str, ...] = ()
    #: ClusterRoles given by EKS access policies: the role's name and its namespaces, None for all.
    granted: tuple[tuple[str, tuple[str, ...] | None], ...] = ()
    #: Of a service account: its uid, and what its token says of itself.
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


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
            ACCOUNTS,
            f"system:serviceaccounts:{namespace}",
            "system:authenticated",
        ),
    )


def read_service_account(user: str) -> tuple[str, str] | None:
    """Namespace and name of the service account behind a user's name, None for another user."""
    parts = user.split(":")
    if parts[:2] == ["system", "serviceaccount"] and len(parts) == 4 and all(parts):
        return parts[2], parts[3]
    return None


def install(store: ObjectStore) -> None:
    """The ClusterRoles and the binding that every cluster begins with."""
    for name, rules in _ROLES.items():
        role = {"kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}
        store.create(BUILT_IN["ClusterRole"], role)
    binding = {
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "cluster-admin"},
        "roleRef": {
            "apiGroup": GROUP,
            "kind": "ClusterRole",
            "name": "cluster-admin",
        },
        "subjects": [{"apiGroup": GROUP, "kind": "Group", "name": ADMINS}],
    }
    store.create(BUILT_IN["ClusterRoleBinding"], binding)


def allowed(store: ObjectStore, user: User, attempt: Attempt) -> bool:
    """Whether some rule of some role that is bound to the user covers the attempt.

    `system:masters` needs no rule: nobody can lock the cluster's owner out.
    """
    return ADMINS in user.groups or any(
        _covers(rule, attempt) for rule in rules(store, user, attempt.namespace)
    )


def allowed_path(store: ObjectStore, user: User, verb: str, path: str) -> bool:
    """Whether the user may read a path that is no object's, as `/healthz`."""
    return ADMINS in user.groups or any(
        _has(rule, "verbs", verb) and any(map(_covered_by(path), rule.get("nonResourceURLs") or ()))
        for rule in rules(store, user, "")
    )


def _covered_by(path: str) -> Callable[[str], bool]:
    # A rule's URL is a whole path, or a beginning with `*` after it.
    return lambda url: url == path or (url.endswith("*") and path.startswith(url[:-1]))


def denial(user: User, attempt: Attempt) -> str:
    """The API server's words after `NAME is forbidden: `."""
    where = f' in the namespace "{attempt.namespace}"' if attempt.namespace else ""
    scope = where if attempt.kind.namespaced and where else " at the cluster scope"
    return (
        f'User "{user.name}" cannot {attempt.verb} resource "{attempt.resource}"'
        f' in API group "{attempt.kind.group}"{scope}'
    )


def rules(store: ObjectStore, user: User, namespace: str) -> Iterator[Mapping[str, Any]]:
    """The rules that the user has in a namespace, or in the cluster's scope where it is empty."""
    for name, namespaces in user.granted:
        if namespaces is None or namespace in namespaces:
            yield from _ROLES[name]
    for binding in store.list(BUILT_IN["ClusterRoleBinding"]):
        if _binds(binding, user, ""):
            yield from _role(store, binding, "")
    if namespace:
        for binding in store.list(BUILT_IN["RoleBinding"], namespace):
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
    kind = BUILT_IN.get(reference.get("kind", ""))
    if kind is None:
        return []
    found = store.find(kind, namespace, reference.get("name", ""))
    return list((found or {}).get("rules") or ())


def _has(rule: Mapping[str, Any], member: str, wanted: str) -> bool:
    values = rule.get(member) or ()
    return "*" in values or wanted in values


def _covers(rule: Mapping[str, Any], attempt: Attempt) -> bool:
    resources = rule.get("resources") or ()
    whole = "*" in resources or attempt.resource in resources
    if attempt.subresource and f"*/{attempt.subresource}" in resources:
        whole = True
    names = rule.get("resourceNames")
    return (
        whole
        and _has(rule, "verbs", attempt.verb)
        and _has(rule, "apiGroups", attempt.kind.group)
        and (not names or attempt.name in names)
    )
