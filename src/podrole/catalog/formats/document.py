"""A policy's document: filled, as JSON and as YAML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from ..parameters import fill


class _Dumper(yaml.SafeDumper):
    """A text of several lines, as JSON within a manifest is, stands as a block."""

    def represent_text(self, text: str) -> yaml.Node:
        style = "|" if "\n" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)


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
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True)
    return text.rstrip("\n")
