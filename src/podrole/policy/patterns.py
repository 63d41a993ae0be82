"""IAM's patterns: `*` and `?` in strings, actions and ARNs, without backtracking.

Source: IAM user guide, "Policy elements: Action" and "Resource" (checked 2026-11-23).
"""

from __future__ import annotations

ANY = object()
ONE = object()
#: A pattern is a sequence of literal characters, ANY (`*`) and ONE (`?`): substituted text of a
#: variable is literal even where it holds a star.
Pattern = tuple[object, ...]


def glob(text: str) -> Pattern:
    """The pattern of a text whose `*` and `?` are wild."""
    return tuple(ANY if char == "*" else ONE if char == "?" else char for char in text)


def literal(text: str) -> Pattern:
    """The pattern that matches exactly this text."""
    return tuple(text)


def matches(pattern: Pattern, text: str) -> bool:
    """Whether the pattern covers the whole text. Linear in time but for the last star's retries."""
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


def split(pattern: Pattern, parts: int) -> list[Pattern]:
    """The pattern cut at its literal colons into at most `parts` pieces, as an ARN is."""
    pieces: list[list[object]] = [[]]
    for part in pattern:
        if part == ":" and len(pieces) < parts:
            pieces.append([])
        else:
            pieces[-1].append(part)
    return [tuple(piece) for piece in pieces]
