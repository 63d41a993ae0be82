"""The status of a CustomResourceDefinition: whether its names are free and its objects are served.

Rules and words: k8s.io/apiextensions-apiserver v0.37.2, `pkg/controller/status` and `/apiapproval`
(read 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from podrole.lab.kubernetes.custom.schema_validation import quoted
from podrole.lab.kubernetes.objects.kinds import Object

APPROVED = "api-approved.kubernetes.io"
_PROTECTED = ("k8s.io", "kubernetes.io")


def status(given: Object, others: Iterable[Object], now: str) -> Object:
    """The status of a definition: whether its names are free beside those of its group's `others`.

    `now` is RFC 3339.
    """
    specification, before = given["spec"], given.get("status") or {}
    names = specification["names"]
    conflict = _conflict(
        names, [(one.get("status") or {}).get("acceptedNames") or {} for one in others]
    )
    stored = next(one["name"] for one in specification["versions"] if one.get("storage"))
    versions = list(before.get("storedVersions") or ())
    held = {one.get("type"): one for one in before.get("conditions") or ()}
    established = (held.get("Established") or {}).get("status") == "True"
    if conflict:
        accepted = before.get("acceptedNames") or {"kind": "", "plural": ""}
        conditions = [_condition("NamesAccepted", "False", *conflict, now)]
        if not established:
            conditions.append(
                _condition("Established", "False", "NotAccepted", "not all names are accepted", now)
            )
    else:
        accepted = {name: value for name, value in sorted(names.items()) if value}
        conditions = [
            _condition("NamesAccepted", "True", "NoConflicts", "no conflicts found", now),
            _condition(
                "Established",
                "True",
                "InitialNamesAccepted",
                "the initial names have been accepted",
                now,
            ),
        ]
    if is_protected(specification["group"]):
        conditions.append(_approval(given["metadata"]["annotations"][APPROVED], now))
    for index, one in enumerate(conditions):
        known = held.get(one["type"])
        if known is not None and {**known, "lastTransitionTime": now} == one:
            conditions[index] = known
    return {
        "acceptedNames": accepted,
        "conditions": conditions,
        "storedVersions": versions if stored in versions else [*versions, stored],
    }


def _approval(text: str, now: str) -> dict[str, str]:
    given = ("False", "UnapprovedAnnotation", f"not approved: {quoted(text)}")
    if not text.startswith("unapproved"):
        given = ("True", "ApprovedAnnotation", f"approved in {text}")
    return _condition("KubernetesAPIApprovalPolicyConformant", *given, now)


def is_established(definition: Mapping[str, Any]) -> bool:
    """Whether the API server serves objects of a definition."""
    return any(
        one.get("type") == "Established" and one.get("status") == "True"
        for one in (definition.get("status") or {}).get("conditions") or ()
    )


def _condition(kind: str, state: str, reason: str, message: str, now: str) -> dict[str, str]:
    return {
        "lastTransitionTime": now,
        "message": message,
        "reason": reason,
        "status": state,
        "type": kind,
    }


def _conflict(names: Mapping[str, Any], taken: list[Mapping[str, Any]]) -> tuple[str, str] | None:
    """Reason and message of the last name that another definition of the group has."""
    resources = {one.get(name) for one in taken for name in ("plural", "singular")}
    resources |= {short for one in taken for short in one.get("shortNames") or ()}
    kinds = {one.get(name) for one in taken for name in ("kind", "listKind")}
    found: tuple[str, str] | None = None
    for reason, given, used in (
        ("PluralConflict", [names["plural"]], resources),
        ("SingularConflict", [names["singular"]], resources),
        ("ShortNamesConflict", names.get("shortNames") or (), resources),
        ("KindConflict", [names["kind"]], kinds),
        ("ListKindConflict", [names["listKind"]], kinds),
    ):
        wrong = [f"{quoted(name)} is already in use" for name in given if name in used]
        if wrong:
            found = reason, wrong[0] if len(wrong) == 1 else f"[{', '.join(wrong)}]"
    return found


def is_protected(group: str) -> bool:
    """Whether a group is one of Kubernetes' own, whose definitions need an approval."""
    return group in _PROTECTED or group.endswith(tuple(f".{name}" for name in _PROTECTED))
