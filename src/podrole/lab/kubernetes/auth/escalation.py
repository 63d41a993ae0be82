"""Nobody grants by RBAC what they do not have.

Source: Kubernetes, "Using RBAC Authorization", section "Privilege escalation prevention and
bootstrapping" (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from podrole.lab.kubernetes.auth import rbac
from podrole.lab.kubernetes.auth.rbac import Attempt, User
from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Kind, Object
from podrole.lab.kubernetes.objects.object_store import ObjectStore
from podrole.lab.kubernetes.objects.status import forbidden

_ROLES = ("Role", "ClusterRole")


def check_grant(
    store: ObjectStore, user: User, kind: Kind, given: Mapping[str, Any], namespace: str
) -> None:
    """Raise ApiError where a role or a binding would give more than the user has (Forbidden).

    A user who may not `bind` can only name a role that exists; otherwise ApiError is NotFound.
    """
    name = str((given.get("metadata") or {}).get("name", ""))
    if kind.group != rbac.GROUP:
        return
    if kind.name in _ROLES:
        held, role, rules = "escalate", kind, given.get("rules") or ()
        role_name = name
    else:
        reference = given.get("roleRef") or {}
        held, role = "bind", BUILT_IN.get(str(reference.get("kind")), BUILT_IN["Role"])
        role_name = str(reference.get("name", ""))
        rules = ()
    if rbac.allowed(store, user, Attempt(held, role, namespace, role_name)):
        return
    if held == "bind":
        rules = store.get(role, namespace, role_name).get("rules") or ()
    lacking = [rule for rule in rules if not _holds(store, user, rule, namespace)]
    if lacking:
        groups = " ".join(f'"{group}"' for group in user.groups)
        shown = "\n".join(_shown(rule) for rule in lacking)
        raise forbidden(
            kind,
            name,
            f'user "{user.name}" (groups=[{groups}]) is attempting to grant RBAC permissions not'
            f" currently held:\n{shown}",
        )


def _holds(store: ObjectStore, user: User, rule: Mapping[str, Any], namespace: str) -> bool:
    """Whether the user may do all that the rule says; a `*` is held by a `*` only."""
    resources = product(
        rule.get("verbs") or (),
        rule.get("apiGroups") or (),
        rule.get("resources") or (),
        rule.get("resourceNames") or ("",),
    )
    for verb, group, resource, name in resources:
        plural, _, subresource = resource.partition("/")
        attempt = Attempt(verb, Kind("", plural, group), namespace, name, subresource)
        if not rbac.allowed(store, user, attempt):
            return False
    return all(
        rbac.allowed_path(store, user, verb, path)
        for verb, path in product(rule.get("verbs") or (), rule.get("nonResourceURLs") or ())
    )


def _shown(rule: Object | Mapping[str, Any]) -> str:
    """A rule as the API server writes it: `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`."""
    members = (
        ("apiGroups", "APIGroups"),
        ("resources", "Resources"),
        ("resourceNames", "ResourceNames"),
        ("nonResourceURLs", "NonResourceURLs"),
        ("verbs", "Verbs"),
    )
    return "{" + ", ".join(
        f"{title}:{_quoted(rule[member])}" for member, title in members if rule.get(member)
    ) + "}"  # fmt: skip


def _quoted(values: Iterable[str]) -> str:
    return "[" + " ".join(f'"{value}"' for value in values) + "]"
