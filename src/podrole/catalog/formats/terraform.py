"""A policy as Terraform: `aws_iam_policy_document`, or `jsonencode` of the document itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from podrole.catalog.error import CatalogError, shown
from podrole.catalog.formats.document import filled
from podrole.catalog.formats.holder import holder_of, own_values
from podrole.catalog.formats.quoting import hcl_escaped
from podrole.catalog.snippet import Snippet, texts

Lines = Iterator[str]
#: Elements of a statement and the data source's names for them, in its documentation's order
#: (Terraform AWS provider, data source aws_iam_policy_document, checked 2026-11-24).
_LISTS = {
    "Action": "actions",
    "NotAction": "not_actions",
    "Resource": "resources",
    "NotResource": "not_resources",
}
_PRINCIPALS = {"Principal": "principals", "NotPrincipal": "not_principals"}
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def policy_document(snippet: Snippet, values: Mapping[str, str]) -> str:
    """The data source, and the resource that takes its JSON.

    Raises CatalogError for a text that Terraform would read as a variable.
    """
    name = snippet.id.replace("-", "_")
    document = filled(snippet.body, values)
    for text in texts(document):
        if "&{" in text:  # the data source's own way to write ${…}
            raise CatalogError(f"{shown(text)} contains a variable of aws_iam_policy_document")
    lines = [f'data "aws_iam_policy_document" "{name}" {{']
    settings = {}
    if document.get("Version") not in (None, "2012-10-17"):
        settings["version"] = document["Version"]
    if "Id" in document:
        settings["policy_id"] = document["Id"]
    lines += _indented(_attributes(settings))
    statements = document["Statement"]
    for number, statement in enumerate(
        statements if isinstance(statements, list) else [statements]
    ):
        lines += [""] if number or settings else []
        lines += ["  statement {", *_indented(_statement(statement), 4), "  }"]
    lines += ["}", ""]
    return "\n".join(
        [*lines, *_resource(snippet, values, name, f"data.aws_iam_policy_document.{name}.json")]
    )


def jsonencode(snippet: Snippet, values: Mapping[str, str]) -> str:
    """The resource, with the document as HCL within `jsonencode`."""
    name = snippet.id.replace("-", "_")
    document = _expression(filled(snippet.body, values))
    return "\n".join(_resource(snippet, values, name, f"jsonencode({document})"))


def _resource(snippet: Snippet, values: Mapping[str, str], name: str, policy: str) -> Lines:
    terraform = filled(holder_of(snippet)["terraform"], own_values(snippet, values))
    yield f'resource "{terraform["type"]}" "{name}" {{'
    arguments = {
        key: policy if value == "POLICY" else _expression(value)
        for key, value in terraform["arguments"].items()
    }
    yield from _indented(_aligned(arguments))
    yield "}"


def _statement(statement: Mapping[str, Any]) -> Lines:
    settings = {"sid": statement["Sid"]} if "Sid" in statement else {}
    settings["effect"] = statement["Effect"]
    lists = {
        name: _listed(statement[element])
        for element, name in _LISTS.items()
        if element in statement
    }
    yield from _attributes({**settings, **lists})
    for element, name in _PRINCIPALS.items():
        for kind, identifiers in _principals(statement.get(element)):
            yield ""
            yield from _block(name, {"type": kind, "identifiers": _listed(identifiers)})
    for operator, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            yield ""
            yield from _block(
                "condition",
                {"test": operator, "variable": key, "values": [str(v) for v in _listed(wanted)]},
            )


def _principals(value: Any) -> Iterator[tuple[str, Any]]:
    """The data source writes `"*"` for type and identifiers `*`."""
    if value == "*":
        yield "*", ["*"]
    elif value:
        yield from value.items()


def _block(name: str, attributes: Mapping[str, Any]) -> Lines:
    yield f"{name} {{"
    yield from _indented(_attributes(attributes))
    yield "}"


def _attributes(attributes: Mapping[str, Any]) -> Lines:
    yield from _aligned({name: _expression(value) for name, value in attributes.items()})


def _aligned(attributes: Mapping[str, str]) -> Lines:
    """Assignments as `terraform fmt` writes them: the equals signs of neighbours in a column.

    A value of several lines ends its block of neighbours and stands in none.
    """
    group: list[tuple[str, str]] = []
    for name, value in attributes.items():
        if "\n" in value:
            yield from _group(group)
            group = []
            yield from f"{name} = {value}".split("\n")
        else:
            group.append((name, value))
    yield from _group(group)


def _group(group: list[tuple[str, str]]) -> Lines:
    width = max((len(name) for name, _ in group), default=0)
    yield from (f"{name.ljust(width)} = {value}" for name, value in group)


def _expression(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{hcl_escaped(value)}"'
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        items = [_expression(item) for item in value]
        if len(items) < 2:
            return f"[{', '.join(items)}]"
        lines = [line for item in items for line in f"{item},".split("\n")]
        return "\n".join(["[", *_indented(lines), "]"])
    keys = {
        key if _bare(key) else f'"{hcl_escaped(key)}"': _expression(item)
        for key, item in value.items()
    }
    return "\n".join(["{", *_indented(_aligned(keys)), "}"])


def _bare(key: str) -> bool:
    """Whether a key of an object needs no quotes: `null` would be no name, `for` a loop."""
    return bool(_BARE.fullmatch(key)) and key not in ("null", "true", "false", "for")


def _indented(lines: Iterable[str], by: int = 2) -> Lines:
    yield from (f"{' ' * by}{line}" if line else "" for line in lines)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
