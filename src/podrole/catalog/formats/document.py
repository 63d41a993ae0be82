"""A policy's document: filled, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from podrole.catalog.error import CatalogError
from podrole.catalog.parameters import PLACEHOLDER, fill


def filled(value: Any, values: Mapping[str, str]) -> Any:
    """A document with its placeholders replaced, in keys too.

    Raises CatalogError where values make one key of two: one of them would be lost.
    """
    if isinstance(value, str):
        return fill(value, values)
    if isinstance(value, Mapping):
        made = {fill(str(key), values): filled(item, values) for key, item in value.items()}
        if len(made) < len(value):
            keys = ", ".join(key for key in value if PLACEHOLDER.search(str(key)))
            raise CatalogError(
                f"these values turn {keys} into the same key; give each a different value"
            )
        return made
    if isinstance(value, list):
        return [filled(item, values) for item in value]
    return value


def as_json(document: Any) -> str:
    """JSON, indented by two."""
    return json.dumps(document, indent=2, ensure_ascii=False)
