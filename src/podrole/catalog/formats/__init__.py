"""The formats of a snippet: its own text, and for a policy what each tool takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from podrole.catalog.error import CatalogError, shown
from podrole.catalog.formats import (
    aws_cli,
    cloudformation,
    document,
    pulumi,
    python_source,
    terraform,
    text,
)
from podrole.catalog.formats.holder import held, holder_of, holder_placeholders
from podrole.catalog.snippet import Snippet
from podrole.yaml_writer import dump_yaml

_Render = Callable[[Snippet, Mapping[str, str]], str]


def _controller(tool: str) -> _Render:
    """A manifest of ACK or of Crossplane: these hold a policy as a text of JSON."""
    return lambda snippet, values: dump_yaml(held(snippet, tool, values, as_text=True))


#: The formats of a policy besides its own, and the part of its holder that each needs.
_POLICY: dict[str, tuple[str, _Render]] = {
    "cli": ("cli", aws_cli.aws_cli),
    "cli-update": (
        "cli-update",
        lambda snippet, values: aws_cli.aws_cli(snippet, values, "cli-update"),
    ),
    "terraform": ("terraform", terraform.policy_document),
    "terraform-jsonencode": ("terraform", terraform.jsonencode),
    "cloudformation": ("cloudformation", cloudformation.cloudformation),
    "cdk-typescript": ("cloudformation", cloudformation.cdk_typescript),
    "cdk-python": ("cloudformation", cloudformation.cdk_python),
    "pulumi": ("terraform", pulumi.pulumi),
    "eksctl": (
        "eksctl",
        lambda snippet, values: dump_yaml(held(snippet, "eksctl", values)),
    ),
    "ack": ("ack", _controller("ack")),
    "crossplane": ("crossplane", _controller("crossplane")),
}
#: No text in UTF-8 can hold it.
_SURROGATE = re.compile("[\ud800-\udfff]")
_DOCUMENTS = ("json", "yaml", "python")


def of(snippet: Snippet) -> tuple[str, ...]:
    """A snippet's formats; the first is its own. What nobody should copy is in no tool's format."""
    if snippet.kind != "policy":
        own = snippet.language or ""
        if snippet.kind != "manifest":
            return (own,)
        # What needs a controller that few clusters have is not applied as it is.
        applied = snippet.proof in ("applied", "executed")
        return (own, "python", "kubectl") if applied else (own, "python")
    if snippet.antipattern:
        return _DOCUMENTS
    holder = holder_of(snippet)
    return (*_DOCUMENTS, *(name for name, (part, _) in _POLICY.items() if part in holder))


def used(snippet: Snippet, format: str) -> list[str]:
    """The parameters that a snippet uses in a format, in order of their first use."""
    own = snippet.placeholders()
    if format not in _POLICY:
        return own
    return list(dict.fromkeys([*own, *holder_placeholders(snippet)]))


def render(snippet: Snippet, format: str, values: Mapping[str, str], variable: str) -> str:
    """The text.

    Raises CatalogError for a format that the snippet is not to be had in, and for a value that
    would not stay one text in its place.
    """
    if format not in of(snippet):
        known = ", ".join(of(snippet))
        raise CatalogError(f"no format {shown(format)}; it has {known}")
    for name in used(snippet, format):
        if not values[name].isascii() and _SURROGATE.search(values[name]):
            raise CatalogError(f"{name}: {shown(values[name])} contains half of a surrogate pair")
    if snippet.kind != "policy":
        if format == "python" and snippet.kind == "manifest":
            return python_source.python_text(variable, snippet.body)
        if format == "kubectl":
            return text.applied(snippet.body, values)
        return text.FILL[format](snippet.body, values)
    if format in _POLICY:
        return _POLICY[format][1](snippet, values)
    if format == "python":
        return python_source.python_document(variable, snippet.body)
    filled = document.filled(snippet.body, values)
    return document.as_json(filled) if format == "json" else dump_yaml(filled)


def check_holder(snippet: Snippet) -> None:
    """Raise CatalogError for a policy whose holder is unknown."""
    if snippet.kind == "policy":
        holder_of(snippet)
