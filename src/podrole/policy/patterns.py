"""IAM's patterns: `*` and `?` in strings, actions and ARNs, without backtracking.

Source: IAM user guide, "Policy elements: Action" and "Resource" (checked 2026-11-23).
"""

from __future__ import annotations

import re
from collections.abc import Callable

ANY = object()
ONE = object()
#: Literal characters, ANY (`*`) and ONE (`?`): the text of a variable is literal even where it
#: holds a star.
Pattern = tuple[object, ...]
Tester = Callable[[str], bool]
_WILD: dict[str, object] = {"*": ANY, "?": ONE}


def glob(text: str) -> Pattern:
    """The pattern of a text whose `*` and `?` are wild."""
    return tuple(map(_WILD.get, text, text))  # half the time of a generator


def literal(text: str) -> Pattern:
    """The pattern that matches exactly this text."""
    return tuple(text)


def split(pattern: Pattern, parts: int) -> list[Pattern]:
    """The pattern cut at its literal colons into at most `parts` pieces, as an ARN is."""
    pieces: list[Pattern] = []
    start = 0
    while len(pieces) < parts - 1 and ":" in pattern[start:]:
        end = pattern.index(":", start)
        pieces.append(pattern[start:end])
        start = end + 1
    return [*pieces, pattern[start:]]


def tester(pattern: Pattern) -> Tester:
    """A test of whole texts, without backtracking.

    Between the stars stand chunks of fixed length; each takes its earliest place, which leaves the
    most room for the next.
    """
    chunks = _chunks(pattern)
    if len(chunks) == 1:
        return chunks[0].__eq__ if isinstance(chunks[0], str) else _whole(chunks[0])
    first, *middle, last = chunks
    if isinstance(first, str) and isinstance(last, str) and not any(map(_length, middle)):
        return around(first, last)
    begins, ends, finders = _at(first), _at(last), [_finder(chunk) for chunk in middle]
    least = _length(first) + _length(last)

    def test(text: str) -> bool:
        if len(text) < least or not begins(text, 0):
            return False
        position, end = _length(first), len(text) - _length(last)
        if not ends(text, end):
            return False
        for find in finders:
            position = find(text, position, end)
            if position < 0:
                return False
        return True

    return test


#: Text between stars: a plain one, or, where `?` stands in it, a regular expression of fixed
#: length (no repetition, so it cannot backtrack) with that length.
Chunk = str | tuple[re.Pattern[str], int]


def _chunks(pattern: Pattern) -> list[Chunk]:
    chunks: list[Chunk] = []
    start = 0
    for _ in range(pattern.count(ANY)):
        end = pattern.index(ANY, start)
        chunks.append(_chunk(pattern[start:end]))
        start = end + 1
    return [*chunks, _chunk(pattern[start:])]


def _chunk(parts: Pattern) -> Chunk:
    if ONE not in parts:
        return "".join(map(str, parts))
    source = "".join("." if part is ONE else re.escape(str(part)) for part in parts)
    return re.compile(source, re.DOTALL), len(parts)


def _length(chunk: Chunk) -> int:
    return len(chunk) if isinstance(chunk, str) else chunk[1]


def _whole(chunk: tuple[re.Pattern[str], int]) -> Tester:
    return lambda text: chunk[0].fullmatch(text) is not None


def around(first: str, last: str) -> Tester:
    """The test of `first*last`."""
    if not first and not last:
        return lambda _: True
    if not last:
        return lambda text: text.startswith(first)
    least = len(first) + len(last)
    return lambda text: len(text) >= least and text.startswith(first) and text.endswith(last)


def _at(chunk: Chunk) -> Callable[[str, int], bool]:
    """Whether the chunk stands at a place."""
    if isinstance(chunk, str):
        return lambda text, position: text.startswith(chunk, position)
    return lambda text, position: chunk[0].match(text, position) is not None


def _finder(chunk: Chunk) -> Callable[[str, int, int], int]:
    """Where the chunk's earliest occurrence between two places ends, -1 if there is none."""

    def find(text: str, position: int, end: int) -> int:
        if isinstance(chunk, str):
            found = text.find(chunk, position, end)
            return found + len(chunk) if found >= 0 else -1
        match = chunk[0].search(text, position, end)
        return match.end() if match else -1

    return find


def arn_tester(pattern: Pattern) -> Tester:
    """ArnEquals and ArnLike: six parts, each matched by itself; the last one is the rest."""
    pieces = split(pattern, 6)
    if len(pieces) != 6:
        return lambda _: False
    testers = [tester(piece) for piece in pieces]

    def test(text: str) -> bool:
        parts = text.split(":", 5)
        return len(parts) == 6 and all(
            check(part) for check, part in zip(testers, parts, strict=True)
        )

    return test


def resource_tester(pattern: Pattern) -> Tester:
    """The Resource element: as an ARN, but a star at the end may run past colons."""
    if pattern == (ANY,):
        return lambda _: True
    if ANY not in pattern and ONE not in pattern:
        return tester(pattern)
    pieces = split(pattern, 6)
    head = [tester(piece) for piece in pieces[:-1]]
    rest = tester(pieces[-1])
    open_end = bool(pieces[-1]) and pieces[-1][-1] is ANY
    count = len(pieces)

    def test(text: str) -> bool:
        parts = text.split(":", count - 1 if open_end else 5)
        if len(parts) != count or text == "*":
            return False
        return all(check(part) for check, part in zip(head, parts, strict=False)) and rest(
            parts[-1]
        )

    return test
