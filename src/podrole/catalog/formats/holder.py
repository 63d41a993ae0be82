"""What a policy stands on in AWS, and how each tool writes that: `holders.yml`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from podrole.catalog.error import CatalogError
from podrole.catalog.formats.document import filled
from podrole.catalog.parameters import PLACEHOLDER, read_yaml
from podrole.catalog.snippet import Snippet, texts

_MARK = "POLICY"
#: Names that a holder may use besides the parameters: they come from the snippet.
_OWN = ("policy_name", "policy_file")


@cache
def holders() -> dict[str, Any]:
    """All holders, by name."""
    written: dict[str, Any] = read_yaml(Path(__file__).parents[1] / "holders.yml")
    return {name: _whole(holder, written) for name, holder in written.items()}


def _whole(holder: Mapping[str, Any], written: Mapping[str, Any]) -> Mapping[str, Any]:
    """A holder with its tools: its own, or those of the one that it is `like`."""
    if "like" not in holder:
        return holder
    left_out = holder.get("without", ())
    tools = {tool: said for tool, said in written[holder["like"]].items() if tool not in left_out}
    text = json.dumps(tools)
    for name, other in holder["with"].items():
        text = text.replace(f"{{{{{name}}}}}", f"{{{{{other}}}}}")
    return {**json.loads(text), "title": holder["title"]}


def holder_of(snippet: Snippet) -> Mapping[str, Any]:
    """The holder of a policy. Raises CatalogError for a policy without one, or an unknown one."""
    if snippet.holder not in holders():
        known = ", ".join(holders())
        raise CatalogError(f"{snippet.place}: holder is {snippet.holder!r}; one of {known}")
    found: Mapping[str, Any] = holders()[snippet.holder]
    return found


def holder_placeholders(snippet: Snippet) -> list[str]:
    """The parameters that a policy's holder uses."""
    found = PLACEHOLDER.findall("\n".join(texts(holder_of(snippet))))
    return [name for name in dict.fromkeys(found) if name not in _OWN]


def own_values(snippet: Snippet, values: Mapping[str, str]) -> dict[str, str]:
    """The values of the parameters and of the names that come from the snippet."""
    return {**values, "policy_name": snippet.id, "policy_file": f"{snippet.id}.json"}


def held(
    snippet: Snippet, tool: str, values: Mapping[str, str], *, as_text: bool = False
) -> dict[str, Any]:
    """A tool's structure with the policy in its place: as a document, or as JSON in a text."""
    document = filled(snippet.body, values)
    value = json.dumps(document, ensure_ascii=False, indent=2) if as_text else document
    structure = filled(holder_of(snippet)[tool], own_values(snippet, values))
    placed: dict[str, Any] = _placed(structure, value)
    return placed


def _placed(structure: Any, value: Any) -> Any:
    if structure == _MARK:
        return value
    if isinstance(structure, dict):
        return {key: _placed(item, value) for key, item in structure.items()}
    if isinstance(structure, list):
        return [_placed(item, value) for item in structure]
    return structure
