"""What a structural schema keeps of an object, and what it fills in.

Rules: k8s.io/apiextensions-apiserver v0.37.2, `pkg/apiserver/schema/pruning` and
`/defaulting` (read 2026-11-29).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
PRESERVE = "x-kubernetes-preserve-unknown-fields"
EMBEDDED = "x-kubernetes-embedded-resource"
#: Members of a whole object, which no schema needs to name.
_META = ("apiVersion", "kind", "metadata")


def pruned(value: Any, schema: Schema | None, unknown: list[str], at: str = "") -> Any:
    """A copy of a value without the fields that the schema does not have.

    `unknown` gets the paths of these, as `spec.parts[0].colour`. The object itself, at the empty
    path, may have `apiVersion`, `kind` and `metadata`.
    """
    keeps = schema is not None and bool(schema.get(PRESERVE))
    if isinstance(value, Mapping):
        return _pruned_object(value, schema, unknown, at, keeps)
    if isinstance(value, list):
        items = schema.get("items") if schema is not None else None
        if keeps and items is None:
            return copy.deepcopy(value)
        return [pruned(item, items, unknown, f"{at}[{index}]") for index, item in enumerate(value)]
    return value


def _pruned_object(
    value: Mapping[str, Any], schema: Schema | None, unknown: list[str], at: str, keeps: bool
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    properties = (schema or {}).get("properties") or {}
    more = (schema or {}).get("additionalProperties")
    whole = not at or bool((schema or {}).get(EMBEDDED))
    for name, inner in value.items():
        place = f"{at}.{name}" if at else name
        if whole and name in _META:
            found[name] = copy.deepcopy(inner)
        elif name in properties:
            found[name] = pruned(inner, properties[name], unknown, place)
        elif isinstance(more, Mapping):
            found[name] = pruned(inner, more, unknown, place)
        elif keeps:
            found[name] = copy.deepcopy(inner)
        elif more:  # any value, of which no field is known
            found[name] = pruned(inner, None, unknown, place)
        else:
            unknown.append(place)
    return found


def fill(value: Any, schema: Schema) -> None:
    """Fill in defaults, in place; a null that the schema does not allow counts as nothing."""
    if isinstance(value, list):
        items = schema.get("items")
        if isinstance(items, Mapping):
            for item in value:
                fill(item, items)
        return
    if not isinstance(value, dict):
        return
    properties = schema.get("properties") or {}
    for name, inner in properties.items():
        if name in value and value[name] is None and not inner.get("nullable"):
            del value[name]
        if name not in value and inner.get("default") is not None:
            value[name] = copy.deepcopy(inner["default"])
        if name in value:
            fill(value[name], inner)
    more = schema.get("additionalProperties")
    if isinstance(more, Mapping):
        for name in value.keys() - properties.keys():
            if value[name] is None and not more.get("nullable") and "default" in more:
                value[name] = copy.deepcopy(more["default"])
            fill(value[name], more)
