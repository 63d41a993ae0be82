"""What a member of a snippet's file must be: a text, a list, a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podrole.catalog.error import CatalogError, shown


def text(value: Any, place: str) -> str:
    """The value, if it is a text. Raises CatalogError that names the place."""
    if not isinstance(value, str):
        raise CatalogError(f"{place}: {shown(value)} must be a string; put it in quotes")
    return value


def texts_of(value: Any, place: str) -> list[str]:
    """The value, if it is a list of texts. Raises CatalogError."""
    if not isinstance(value, list):
        raise CatalogError(f"{place}: must be a list")
    return [text(one, place) for one in value]


def mapping(value: Any, place: str) -> Mapping[str, Any]:
    """The value, if it is a mapping. Raises CatalogError."""
    if not isinstance(value, dict):
        raise CatalogError(f"{place}: must be a mapping")
    return value


def known(value: Any, keys: set[str], place: str) -> Mapping[str, Any]:
    """The value, if it is a mapping of these keys. Raises CatalogError."""
    for key in sorted(set(mapping(value, place)) - keys):
        raise CatalogError(f"{place}: unknown key {shown(key)}; known: {', '.join(sorted(keys))}")
    return mapping(value, place)


def one_of(value: Any, allowed: tuple[str, ...], place: str) -> str:
    """The value, if it is one of these. Raises CatalogError."""
    if value not in allowed:
        raise CatalogError(f"{place} is {shown(value)}; it must be one of {', '.join(allowed)}")
    return str(value)
