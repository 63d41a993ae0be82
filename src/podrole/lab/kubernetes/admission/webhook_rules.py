"""Which webhooks a request is for: rules, namespaces and objects.

Source: Kubernetes, "Dynamic Admission Control", sections "Matching requests" (checked 2026-11-29).
Expressions of `matchConditions` are not evaluated: they count as true.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podrole.lab.kubernetes.objects import selectors
from podrole.lab.kubernetes.objects.kind_registry import KindRegistry
from podrole.lab.kubernetes.objects.kinds import Kind, Object


def matching(
    hook: Mapping[str, Any], kinds: KindRegistry, kind: Kind, operation: str, subresource: str
) -> Kind | None:
    """The kind in the version that a webhook wants to see, None where no rule is for the request.

    With `matchPolicy: Equivalent` a rule for another version of the same resource will do.
    """
    versions = [kind]
    if hook.get("matchPolicy", "Equivalent") == "Equivalent":
        same = (kind.group, kind.plural)
        versions += [other for other in kinds if (other.group, other.plural) == same]
    for version in versions:
        for rule in hook.get("rules") or ():
            if _rule_is_for(rule, version, operation, subresource):
                return version
    return None


def _rule_is_for(rule: Mapping[str, Any], kind: Kind, operation: str, subresource: str) -> bool:
    scope = rule.get("scope") or "*"
    return (
        _among(operation, rule.get("operations"))
        and _among(kind.group, rule.get("apiGroups"))
        and _among(kind.version, rule.get("apiVersions"))
        and scope in ("*", "Namespaced" if kind.namespaced else "Cluster")
        and any(_names(text, kind.plural, subresource) for text in rule.get("resources") or ())
    )


def _among(value: str, wanted: Any) -> bool:
    return value in (wanted or ()) or "*" in (wanted or ())


def _names(text: str, plural: str, subresource: str) -> bool:
    resource, _, part = text.partition("/")
    return resource in ("*", plural) and part in (("*", subresource) if subresource else ("", "*"))


def selects(
    hook: Mapping[str, Any], objects: tuple[Object | None, ...], namespace: Object | None
) -> bool:
    """Whether a webhook's selectors take one of the objects, and the namespace that it is in.

    `namespace` is None for an object that is in none.
    """
    wanted = selectors.label_selector(hook.get("objectSelector") or {})
    if not any(wanted(_labels(found)) for found in objects if found is not None):
        return False
    if namespace is None:
        return True
    return selectors.label_selector(hook.get("namespaceSelector") or {})(_labels(namespace))


def _labels(found: Object) -> Mapping[str, str]:
    return found["metadata"].get("labels") or {}
