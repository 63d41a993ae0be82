"""Python source for a notebook cell: placeholders become fields of f-strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podrole.catalog.parameters import PLACEHOLDER

_WIDTH = 88


def python_document(name: str, document: Any) -> str:
    """An assignment whose placeholders are f-string fields over variables of the same names."""
    return f"{name} = {_literal(document, 0)}"


def python_text(name: str, template: str) -> str:
    """An assignment of a manifest's text, with f-string fields for its placeholders."""
    prefix = "f" if PLACEHOLDER.search(template) else ""
    body = _escaped(template, braces=bool(prefix)).replace('"""', '\\"\\"\\"')
    return f'{name} = {prefix}"""\n{body.rstrip()}\n"""'


def _escaped(template: str, *, braces: bool) -> str:
    """The template as the inside of a Python string; in an f-string, other braces double."""
    text = template.replace("\\", "\\\\")
    if not braces:
        return text
    parts = PLACEHOLDER.split(text)
    for index in range(0, len(parts), 2):
        parts[index] = parts[index].replace("{", "{{").replace("}", "}}")
    for index in range(1, len(parts), 2):
        parts[index] = f"{{{parts[index]}}}"
    return "".join(parts)


def _literal(value: Any, indent: int) -> str:
    if isinstance(value, str):
        prefix = "f" if PLACEHOLDER.search(value) else ""
        text = _escaped(value, braces=bool(prefix)).replace('"', '\\"').replace("\n", "\\n")
        return f'{prefix}"{text}"'
    if isinstance(value, list):
        items = [_literal(item, indent + 4) for item in value]
        flat = f"[{', '.join(items)}]"
        if len(flat) + indent <= _WIDTH and "\n" not in flat:
            return flat
        return _block("[", items, "]", indent)
    if isinstance(value, Mapping):
        items = [f"{_literal(k, 0)}: {_literal(v, indent + 4)}" for k, v in value.items()]
        flat = f"{{{', '.join(items)}}}"
        if len(items) == 1 and len(flat) + indent + 12 <= _WIDTH and "\n" not in flat:
            return flat
        return _block("{", items, "}", indent)
    return repr(value)


def _block(opening: str, items: list[str], closing: str, indent: int) -> str:
    inner = " " * (indent + 4)
    lines = "".join(f"{inner}{item},\n" for item in items)
    return f"{opening}\n{lines}{' ' * indent}{closing}"
