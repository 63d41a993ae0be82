"""The Terraform AWS provider's arguments, read from its CDK bindings (built from the provider)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from tests.client_programs import CLIENTS, node_modules

_PACKAGE = "@cdktn/provider-aws"
#: Terraform's own name of a property stands in the link to its documentation.
_NAME = re.compile(r"#(\w+) ")
#: Arguments of Terraform itself.
_META = {"for_each", "count", "provider", "depends_on", "lifecycle"}


@cache
def _types() -> Mapping[str, Any]:
    assembly = node_modules(CLIENTS / "terraform") / _PACKAGE / ".jsii"
    types: Mapping[str, Any] = json.loads(assembly.read_text())["types"]
    return types


def complaints(block: Mapping[str, Any]) -> Iterator[str]:
    """What the provider would not take in a `resource` or `data` block."""
    kind = block["labels"][0]
    words = kind.split("_")
    words = ["data", *words] if block["type"] == "data" else words[1:]
    name = "".join(word.capitalize() for word in words)
    module = name[0].lower() + name[1:]
    config = f"{_PACKAGE}.{module}.{name}Config"
    if config not in _types():
        yield f"no {block['type']} {kind}"
        return
    yield from _inside(block, config, kind)


def _inside(block: Mapping[str, Any], type_name: str, place: str) -> Iterator[str]:
    known = dict(_properties(type_name))
    given = {*block["attributes"], *(one["type"] for one in block["blocks"])} - _META
    for name in sorted(given - set(known)):
        yield f"{place}: unsupported argument or block {name!r}"
    for name, (required, _) in known.items():
        if required and name not in given:
            yield f"{place}: missing required {name!r}"
    for one in block["blocks"]:
        inner = known.get(one["type"], (False, None))[1]
        if inner:
            yield from _inside(one, inner, f"{place}.{one['type']}")


def _properties(type_name: str) -> Iterator[tuple[str, tuple[bool, str | None]]]:
    """Terraform's name, whether it is required, and the type of a nested block."""
    for item in _types()[type_name].get("properties", ()):
        docs = item.get("docs", {})
        found = _NAME.search(f"{docs.get('summary', '')} {docs.get('remarks', '')}")
        if found:
            nested = re.search(rf'"fqn": "({_PACKAGE}[^"]+)"', json.dumps(item["type"]))
            yield found[1], (not item.get("optional"), nested[1] if nested else None)
