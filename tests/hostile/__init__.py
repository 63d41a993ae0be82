"""Hostile inputs by kind, for the tests of each door and each command: `tests/hostile/`.

Own software only, loopback only, bounded: nothing here is longer than 100,000 characters.

    from tests import hostile

    hostile.TEXTS          kind -> texts: for a name, an argument, a header, a path, a field's value
    hostile.VALUES         kind -> what JSON can hold, for a member that wants something else
    hostile.JSON, .YAML, .PROTOBUF, .XML
                           kind -> bodies as bytes, many of which are no document at all
    hostile.texts()        all texts in one list; texts("option", "shell"): those of these kinds
    hostile.arguments()    the texts that a program can be started with
    hostile.lines()        the texts that stay on one line
    hostile.flat(TABLE)    all values of such a table in one list
    hostile.named(TABLE)   pytest.param(value, id="kind-0") for each value: for parametrize

A new input is one more item in a file beside this one. An item is a text, or a list of its parts:
a text, [text, times], or [text with #, first number, end]. In bodies a character is one byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
Table = Mapping[str, tuple[T, ...]]


def _read(name: str) -> dict[str, tuple[str, ...]]:
    found = json.loads(Path(__file__).with_name(f"{name}.json").read_text(encoding="ascii"))
    return {kind: tuple(map(_joined, items)) for kind, items in found.items()}


def _joined(item: Any) -> str:
    return item if isinstance(item, str) else "".join(map(_part, item))


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    text, *numbers = part
    if len(numbers) == 1:
        return str(text) * numbers[0]
    return "".join(text.replace("#", str(number)) for number in range(*numbers))


def _bodies(name: str) -> dict[str, tuple[bytes, ...]]:
    return {
        kind: tuple(item.encode("latin-1") for item in items) for kind, items in _read(name).items()
    }


TEXTS: Table[str] = _read("texts")
JSON: Table[bytes] = _bodies("json_bodies")
YAML: Table[bytes] = _bodies("yaml_bodies")
PROTOBUF: Table[bytes] = _bodies("protobuf_bodies")
XML: Table[bytes] = _bodies("xml_bodies")
VALUES: Table[Any] = {
    "nothing": (None, "", [], {}, [None], {"": None}, [[]], [{}], {"a": {}}),
    "wrong type": (True, False, 0, -1, 1.5, "x", ["x"], {"x": "y"}, [1, "a", None, {}, []]),
    "number": (2**31, 2**63, -(2**63) - 1, 10**400, 1e308, -0.0, 5e-324, float("inf")),
    "text": ("\x00", "\ud800", "a\nb", "a" * 5_000, "null", "-h", "../..", "*" * 500, "arn:"),
    "strange names": (
        {"__proto__": {}},
        {"a\x00b": 1},
        {"\ud800": 1},
        {"metadata": 1, "spec": [], "Statement": 5},
        {"Key": "a", "key": "b"},
        {str(number): number for number in range(500)},
    ),
    "deep": (json.loads('{"a":[' * 100 + "]}" * 100), json.loads("[" * 300 + "]" * 300)),
}


def texts(*kinds: str) -> list[str]:
    """The texts of these kinds, of all without one."""
    return [text for kind in kinds or TEXTS for text in TEXTS[kind]]


def arguments() -> list[str]:
    """The texts that a program can be started with: neither NUL nor a lone surrogate in them."""
    return [text for text in texts() if "\x00" not in text and _encodes(text)]


def lines() -> list[str]:
    """The texts that stay on one line, whoever splits them."""
    return [text for text in texts() if len(text.splitlines()) <= 1 and "\x00" not in text]


def flat(table: Table[T]) -> list[T]:
    """All values of a table."""
    return [value for values in table.values() for value in values]


def named(table: Table[Any]) -> list[Any]:
    """Parameters for `pytest.mark.parametrize`, each called by its kind and number."""
    return [
        pytest.param(value, id=f"{kind}-{number}".replace(" ", "-"))
        for kind, values in table.items()
        for number, value in enumerate(values)
    ]


def utf8(text: str) -> bytes:
    """The text's bytes as a careless client sends them, lone surrogates and all."""
    return text.encode("utf-8", "surrogatepass")


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
