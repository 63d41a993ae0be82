"""A template's value in the form that an API takes: botocore's names, texts for documents.

Templates write every scalar as a text if they like, documents as objects, and names in Pascal case
(CloudFormation user guide, "Resource attribute reference"; checked 2026-11-29).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.model import Shape

from podrole.lab.services.cloudformation.template import invalid, written


def fit(value: Any, shape: Shape, place: str) -> Any:
    """The value as that shape; None for what is not given. Raises AwsError, which names `place`."""
    kind = shape.type_name
    if value is None:
        return None
    if kind == "structure":
        return _structure(value, shape, place)
    if kind == "list":
        items = value if isinstance(value, list) else [value]
        return [fit(item, shape.member, f"{place}/{n}") for n, item in enumerate(items)]
    if kind == "map":
        return _map(value, shape, place)
    if kind == "boolean":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if kind in ("integer", "long"):
        try:
            return int(value)
        except (TypeError, ValueError):
            raise _unfit(place, "an integer") from None
    if kind in ("float", "double"):
        try:
            return float(value)
        except (TypeError, ValueError):
            raise _unfit(place, "a number") from None
    if isinstance(value, dict | list):
        return json.dumps(value)
    return value if isinstance(value, bytes) else written(value)


def _structure(value: Any, shape: Shape, place: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _unfit(place, "an object")
    members = {name.lower(): name for name in shape.members}
    found = {}
    for key, item in value.items():
        # KMS has TagKey and TagValue where templates have Key and Value.
        name = members.get(key.lower()) or members.get(f"tag{key.lower()}")
        if name is None:
            raise invalid(f"lab: {place} has no {key}")
        fitted = fit(item, shape.members[name], f"{place}/{key}")
        if fitted is not None:
            found[name] = fitted
    return found


def _map(value: Any, shape: Shape, place: str) -> dict[str, Any]:
    if isinstance(value, list):  # tags, as most templates write them
        value = {item.get("Key"): item.get("Value") for item in value if isinstance(item, dict)}
    if not isinstance(value, Mapping):
        raise _unfit(place, "an object")
    found = {key: fit(item, shape.value, f"{place}/{key}") for key, item in value.items()}
    return {key: item for key, item in found.items() if item is not None}


def _unfit(place: str, wanted: str) -> Exception:
    return invalid(f"lab: {place} must be {wanted}")
