"""IAM's patterns: `*` and `?` in strings, actions and ARNs, without backtracking.

Source: IAM user guide, "Policy elements: Action" and "Resource" (checked 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Callable

ANY = object()
ONE = object()
#: Literal characters, ANY (`*`) and ONE (`?`): the text of a variable is literal even where it
#: holds a star.
Pattern = tuple[object, ...]
Tester = Callable[[str], bool]


def glob(text: str) -> Pattern:
    """The pattern of a text whose `*` and `?` are wild."""
    return tuple(ANY if char == "*" else ONE if char == "?" else char for char in text)


def literal(text: str) -> Pattern:
    """The pattern that matches exactly this text."""
    return tuple(text)


def split(pattern: Pattern, parts: int) -> list[Pattern]:
    """The pattern cut at its literal colons into at most `parts` pieces, as an ARN is."""
    pieces: list[list[object]] = [[]]
    for part in pattern:
        if part == ":" and len(pieces) < parts:
            pieces.append([])
        else:
            pieces[-1].append(part)
    return [tuple(piece) for piece in pieces]


def tester(pattern: Pattern) -> Tester:
    """A test of whole texts. Its time grows with the text times the pattern, at the most."""
    if ONE in pattern:
        return lambda text: _stepwise(pattern, text)
    pieces = _pieces(pattern)
    if len(pieces) == 1:
        return pieces[0].__eq__
    first, *middle, last = pieces
    least = len(first) + len(last)
    if not any(middle):
        if not first and not last:
            return lambda _: True
        if not last:
            return lambda text: text.startswith(first)
        return lambda text: len(text) >= least and text.startswith(first) and text.endswith(last)

    def test(text: str) -> bool:
        if len(text) < least or not text.startswith(first) or not text.endswith(last):
            return False
        # The earliest place for each piece leaves the most room for the next.
        position, end = len(first), len(text) - len(last)
        for piece in middle:
            found = text.find(piece, position, end)
            if found < 0:
                return False
            position = found + len(piece)
        return True

    return test


def _pieces(pattern: Pattern) -> list[str]:
    """The literal texts between the stars."""
    pieces = [""]
    for part in pattern:
        if part is ANY:
            pieces.append("")
        else:
            pieces[-1] += str(part)
    return pieces


def _stepwise(pattern: Pattern, text: str) -> bool:
    position = index = 0
    star, resume = -1, 0
    while position < len(text):
        part = pattern[index] if index < len(pattern) else None
        if part is ANY:
            star, resume = index, position
            index += 1
        elif part is ONE or part == text[position]:
            index += 1
            position += 1
        elif star >= 0:
            resume += 1
            index, position = star + 1, resume
        else:
            return False
    return all(part is ANY for part in pattern[index:])


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
    pieces = split(pattern, 6)
    if ANY not in pattern and ONE not in pattern:
        return tester(pattern)
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
