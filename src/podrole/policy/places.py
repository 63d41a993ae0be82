"""Where the elements of a policy stand in its text, for findings that point at a line."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

#: Keys and indexes from the top of a document: ("Statement", 0, "Action").
Steps = tuple[str | int, ...]
#: How deep a policy goes: Statement, its number, Condition, operator, key, number of the value;
#: and two keys around it in what the AWS CLI prints.
DEPTH = 8
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True)
class Position:
    """One place in a text: `line` counts from 1, `column` and `offset` (in characters) from 0."""

    line: int
    column: int
    offset: int


@dataclass(frozen=True)
class Span:
    """A stretch of text, `end` not included."""

    start: Position
    end: Position


@dataclass(frozen=True)
class Places:
    """The spans of a document's elements. The whole document has the steps ()."""

    spans: Mapping[Steps, Span]

    def find(self, path: str) -> tuple[Steps, Span]:
        """The element that a finding's path names, or the nearest one around it that exists.

        A finding may name what is missing: `Statement[0].Condition`.
        """
        steps: Steps = ()
        rest = path
        while rest:
            best = self._next(steps, rest)
            if best is None:
                break
            step, rest = best
            if step is not None:
                steps += (step,)
        return steps, self.spans[steps]

    def _next(self, steps: Steps, rest: str) -> tuple[str | int | None, str] | None:
        """The step that the rest of the path begins with (None for none), and what is left."""
        if match := re.match(r"\[(\d+)\]\.?", rest):
            index = int(match[1])
            # A single statement may stand without its list.
            return (index if (*steps, index) in self.spans else None), rest[match.end() :]
        # A condition's key may hold dots, and one key may begin another: the longest is meant.
        children = [
            item[-1]
            for item in self.spans
            if len(item) == len(steps) + 1 and item[:-1] == steps and isinstance(item[-1], str)
        ]
        fits = [
            key
            for key in children
            if isinstance(key, str)
            and rest.startswith(key)
            and rest[len(key) : len(key) + 1] in ("", ".", "[")
        ]
        if not fits:
            return None
        key = max(fits, key=len)
        return key, rest[len(key) :].removeprefix(".")


def json_places(text: str) -> Places:
    """The places of a text that `json.loads` takes."""
    spans: dict[Steps, Span] = {}
    scanner = _Scanner(text)
    scanner.value(scanner.after_space(0), (), spans)
    return Places(spans)


class _Scanner:
    """Reads values as `json` does, and notes where they stand."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._decoder = json.JSONDecoder()
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def value(self, start: int, steps: Steps, spans: dict[Steps, Span]) -> int:
        """Note the value that begins at `start` and all in it; where it ends."""
        if steps in spans:  # a key that stands twice: JSON takes the last
            for former in [item for item in spans if item[: len(steps)] == steps]:
                del spans[former]
        opening = self._text[start : start + 1]
        if opening not in ("{", "[") or len(steps) >= DEPTH:
            end = self._decoder.raw_decode(self._text, start)[1]
        else:
            end = self._members(start, steps, spans, named=opening == "{")
        spans[steps] = Span(self.position(start), self.position(end))
        return end

    def _members(self, start: int, steps: Steps, spans: dict[Steps, Span], *, named: bool) -> int:
        index, at = 0, self.after_space(start + 1)
        while self._text[at : at + 1] not in ("}", "]"):
            step: str | int = index
            if named:
                step, at = self._decoder.raw_decode(self._text, at)
                at = self.after_space(self.after_space(at) + 1)  # past the colon
            at = self.after_space(self.value(at, (*steps, step), spans))
            if self._text[at : at + 1] == ",":
                at = self.after_space(at + 1)
            index += 1
        return at + 1

    def after_space(self, at: int) -> int:
        """The first place from `at` on that is no white space."""
        match = _SPACE.match(self._text, at)
        assert match is not None
        return match.end()

    def position(self, offset: int) -> Position:
        """The position of an offset."""
        line = bisect.bisect_right(self._lines, offset)
        return Position(line, offset - self._lines[line - 1], offset)
