"""A snippet as text: JSON, YAML, shell, or Python source for a notebook cell."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from .error import CatalogError
from .parameters import PLACEHOLDER, fill

_WIDTH = 88
#: What stands for itself in a shell, unquoted and in double quotes.
_SHELL_SAFE = re.compile(r"[A-Za-z0-9_./:@%+=,-]*")


def filled(value: Any, values: Mapping[str, str]) -> Any:
    """A document with its placeholders replaced, in keys too."""
    if isinstance(value, str):
        return fill(value, values)
    if isinstance(value, Mapping):
        return {fill(str(key), values): filled(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, values) for item in value]
    return value


def as_json(document: Any) -> str:
    """JSON, indented by two."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def as_yaml(document: Any) -> str:
    """YAML in the order of the document, dates and versions quoted."""
    text: str = yaml.safe_dump(document, sort_keys=False, width=100, allow_unicode=True)
    return text.rstrip("\n")


def manifest(template: str, values: Mapping[str, str]) -> str:
    """A manifest's text, filled. Raises CatalogError if a value changes the manifest's shape."""
    text = fill(template, values)
    # Fill the parsed template too: if a value broke out of its place, the two differ.
    marks = {name: f"placeholder-{name}-end" for name in PLACEHOLDER.findall(template)}
    expected = _unmarked(list(yaml.safe_load_all(fill(template, marks))), marks, values)
    try:
        found = list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        raise CatalogError(f"a value breaks the YAML: {error}") from error
    if found != expected:
        raise CatalogError("a value changes the manifest's structure; quote its placeholder")
    return text.rstrip("\n")


def _unmarked(value: Any, marks: Mapping[str, str], values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for name, mark in marks.items():
            value = value.replace(mark, values[name])
        return value
    if isinstance(value, dict):
        return {
            _unmarked(key, marks, values): _unmarked(item, marks, values)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_unmarked(item, marks, values) for item in value]
    return value


def shell(template: str, values: Mapping[str, str]) -> str:
    """Commands, filled. Raises CatalogError for a value that a shell would read as more."""
    for name in PLACEHOLDER.findall(template):
        if not _SHELL_SAFE.fullmatch(values[name]):
            raise CatalogError(f"{name}: {values[name]!r} holds characters that a shell would read")
    return fill(template, values).rstrip("\n")


# -- Python ------------------------------------------------------------------------------


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
