"""Where a policy's statements stand in its text, as the policy simulator counts.

The API's model says "the row and column of the beginning of the Statement"; AWS's own examples (AWS
CLI reference, simulate-principal-policy and simulate-custom-policy, checked 2026-11-23) count from
1, begin behind the bracket that opens the list, or behind the brace where there is no list, and end
behind the closing brace. Where the second statement of a list begins is inferred: where the first
one has ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

_SPACE = " \t\r\n"
#: Line and column, both from 1.
Position = tuple[int, int]


def statement_positions(text: str) -> list[tuple[Position, Position]]:
    """Beginning and end of each statement of a policy that is valid JSON, in order."""
    return [(_position(text, start), _position(text, end)) for start, end in _spans(text)]


def _position(text: str, offset: int) -> Position:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _spans(text: str) -> list[tuple[int, int]]:
    value = json.JSONDecoder().raw_decode
    found: list[tuple[int, int]] = []
    at = _skip(text, 0) + 1  # behind the document's own brace
    while text[at := _skip(text, at)] != "}":
        key, at = value(text, at)
        at = _skip(text, _skip(text, at) + 1)  # over the colon
        if key == "Statement":  # of two, JSON takes the last
            listed = text[at] == "["
            found = list(_listed(text, at)) if listed else [(at + 1, value(text, at)[1])]
        _, at = value(text, at)
        at = _skip(text, at)
        at += text[at] == ","
    return found


def _listed(text: str, at: int) -> Iterator[tuple[int, int]]:
    begin = at + 1
    while text[at := _skip(text, at + 1)] != "]":
        _, end = json.JSONDecoder().raw_decode(text, at)
        yield begin, end
        begin = end
        at = _skip(text, end)
        if text[at] != ",":
            return


def _skip(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at
