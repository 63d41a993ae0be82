"""A company's own names and ids: `--values acme.yml`, one mapping of parameters to values."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from podrole.catalog.error import CatalogError, shown
from podrole.catalog.parameters import read_yaml
from podrole.terminal import one_line


def read_values(path: Path) -> dict[str, str]:
    """The values in a file. Raises CatalogError; an account id must stand in quotes.

    YAML reads an unquoted 012345678901 as a number, in base 8 even: what is no text is refused.
    """
    values: dict[str, str] = {}
    for name, value in read_yaml(path).items():
        if not isinstance(value, str):
            raise CatalogError(f"{path}: {name}: {shown(value)} must be a string; put it in quotes")
        values[name] = value
    return values


def set_values(pairs: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE` of the command line. Raises CatalogError."""
    values: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise CatalogError(f"--set {one_line(pair, 80)}: write NAME=VALUE")
        values[name] = value
    return values
