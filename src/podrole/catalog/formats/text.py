"""A snippet's text, filled so that no value breaks out of the place that it stands in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from ..error import CatalogError
from ..parameters import PLACEHOLDER, SAFE_LOADER, fill

#: What stands for itself in a shell, unquoted and in double quotes.
SHELL_SAFE = re.compile(r"[A-Za-z0-9_./:@%+=,-]*")


def manifest(template: str, values: Mapping[str, str]) -> str:
    """YAML, filled. Raises CatalogError if a value changes the document's shape."""
    text = fill(template, values)
    # Fill the parsed template too: if a value broke out of its place, the two differ.
    marks = {name: f"placeholder-{name}-end" for name in PLACEHOLDER.findall(template)}
    try:
        found = _shape(text, {})
    except yaml.YAMLError as error:
        raise CatalogError(f"a value breaks the YAML: {error}") from error
    if found != _shape(fill(template, marks), {marks[name]: values[name] for name in marks}):
        raise CatalogError("a value changes the manifest's structure; quote its placeholder")
    return text.rstrip("\n")


def _shape(text: str, marks: Mapping[str, str]) -> list[Any]:
    """The tags and texts of a YAML stream, with marks replaced. CloudFormation's tags are none
    that a loader knows."""
    return [_node(node, marks) for node in yaml.compose_all(text, Loader=SAFE_LOADER)]


def _node(node: Any, marks: Mapping[str, str]) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value = node.value
        for mark, meant in marks.items():
            value = value.replace(mark, meant)
        return node.tag, value
    if isinstance(node, yaml.MappingNode):
        return node.tag, [(_node(key, marks), _node(value, marks)) for key, value in node.value]
    return node.tag, [_node(item, marks) for item in node.value]


def shell(template: str, values: Mapping[str, str]) -> str:
    """Commands, a Dockerfile or nginx's configuration, filled.

    Raises CatalogError for a value that a shell would read as more: the other two read less.
    """
    for name in PLACEHOLDER.findall(template):
        if not SHELL_SAFE.fullmatch(values[name]):
            raise CatalogError(f"{name}: {values[name]!r} holds characters that a shell would read")
    return fill(template, values).rstrip("\n")


def hcl(template: str, values: Mapping[str, str]) -> str:
    """Terraform, filled: a placeholder stands within a quoted text, and stays one."""
    return fill(template, {name: hcl_escaped(value) for name, value in values.items()}).rstrip("\n")


def hcl_escaped(text: str) -> str:
    """A text as it stands between HCL's quotes: no template of Terraform's begins in it."""
    quoted = json.dumps(text, ensure_ascii=False)[1:-1]
    return quoted.replace("${", "$${").replace("%{", "%%{")


def program(template: str, values: Mapping[str, str]) -> str:
    """Python, Go, TypeScript or Java: these four share what is escaped between double quotes."""
    escaped = {name: json.dumps(value, ensure_ascii=False)[1:-1] for name, value in values.items()}
    return fill(template, escaped).rstrip("\n")


def plain(template: str, values: Mapping[str, str]) -> str:
    """SQL and INI. Raises CatalogError for a value that holds a quote or begins a line."""
    for name in PLACEHOLDER.findall(template):
        if re.search(r"[\x00-\x1f'\"\\]", values[name]):
            raise CatalogError(f"{name}: {values[name]!r} holds a quote or a line's end")
    return fill(template, values).rstrip("\n")


#: How a text of a language is filled.
FILL: dict[str, Callable[[str, Mapping[str, str]], str]] = {
    "yaml": manifest,
    "bash": shell,
    "hcl": hcl,
    "python": program,
    "go": program,
    "typescript": program,
    "java": program,
    "sql": plain,
    "ini": plain,
    "dockerfile": shell,
    "nginx": shell,
}
