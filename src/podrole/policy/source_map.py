"""Where the elements of a policy stand in its text, for findings that point at a line."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

#: Keys and indexes from the top of a document: ("Statement", 0, "Action").
Steps = tuple[str | int, ...]
#: How deep a policy goes: Statement, its number, Condition, operator, key, number of the value;
#: and two keys around it in what the AWS CLI prints.
DEPTH = 8
_SPACE = re.compile(r"[ \t\r\n]*")
#: Where a key may end in a path.
_ENDS = re.compile(r"[.\[]")


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


class Lines:
    """Where the lines of a text begin."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def position(self, offset: int) -> Position:
        """The position of an offset."""
        line = bisect.bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1], offset)


@dataclass(frozen=True)
class SourceMap:
    """The spans of a document's elements. The whole document has the steps ()."""

    spans: Mapping[Steps, Span]
    #: Many findings name one place: each path is looked up once.
    _found: dict[str, Steps] = field(default_factory=dict, repr=False, compare=False)

    def find(self, path: str) -> tuple[Steps, Span]:
        """The element that a finding's path names, or the nearest one around it that exists.

        A finding may name what is missing: `Statement[0].Condition`.
        """
        if path not in self._found:
            self._found[path] = self._steps(path)
        steps = self._found[path]
        return steps, self.spans[steps]

    def _steps(self, path: str) -> Steps:
        steps: Steps = ()
        rest = path
        while rest:
            best = self._next(steps, rest)
            if best is None:
                break
            step, rest = best
            if step is not None:
                steps += (step,)
        return steps

    def _next(self, steps: Steps, rest: str) -> tuple[str | int | None, str] | None:
        """The step that the rest of the path begins with (None for none), and what is left."""
        if match := re.match(r"\[([0-9]{1,9})\]\.?", rest):
            index = int(match[1])
            # A single statement may stand without its list.
            return (index if (*steps, index) in self.spans else None), rest[match.end() :]
        # A condition's key may hold dots, and one key may begin another: the longest is meant.
        for end in (len(rest), *(match.start() for match in reversed([*_ENDS.finditer(rest)]))):
            key = rest[:end]
            if (*steps, key) in self.spans:
                return key, rest[end:].removeprefix(".")
        return None


def json_source_map(text: str, depth: int = DEPTH) -> SourceMap:
    """The places of a text that `json.loads` takes, for elements that are not deeper."""
    scanner = _Scanner(text, depth)
    scanner.value(scanner.after_space(0), ())
    return SourceMap(dict(filter(None, scanner.found)))


class _Scanner:
    """Reads values as `json` does, and notes where they stand."""

    def __init__(self, text: str, depth: int) -> None:
        self._text, self._depth = text, depth
        self._decoder = json.JSONDecoder()
        self._lines = Lines(text)
        #: Elements as they end; None where a key that stands again has taken the place.
        self.found: list[tuple[Steps, Span] | None] = []

    def value(self, start: int, steps: Steps) -> int:
        """Note the value that begins at `start` and all in it; where it ends."""
        opening = self._text[start : start + 1]
        if opening not in ("{", "[") or len(steps) >= self._depth:
            end = self._decoder.raw_decode(self._text, start)[1]
        else:
            end = self._members(start, steps, named=opening == "{")
        span = Span(self._lines.position(start), self._lines.position(end))
        self.found.append((steps, span))
        return end

    def _members(self, start: int, steps: Steps, *, named: bool) -> int:
        index, at = 0, self.after_space(start + 1)
        of_key: dict[str | int, tuple[int, int]] = {}
        while self._text[at : at + 1] not in ("}", "]"):
            step: str | int = index
            if named:
                step, at = self._decoder.raw_decode(self._text, at)
                at = self.after_space(self.after_space(at) + 1)  # past the colon
            if step in of_key:  # JSON takes the last of a key that stands twice
                first, last = of_key[step]
                self.found[first:last] = [None] * (last - first)
            first = len(self.found)
            at = self.after_space(self.value(at, (*steps, step)))
            of_key[step] = (first, len(self.found))
            if self._text[at : at + 1] == ",":
                at = self.after_space(at + 1)
            index += 1
        return at + 1

    def after_space(self, at: int) -> int:
        """The first place from `at` on that is no white space."""
        match = _SPACE.match(self._text, at)
        assert match is not None
        return match.end()
