"""Tests of patterns that are texts: what `patterns` means, without taking each letter apart.

Only a text in which a variable stands for a literal star needs the longer way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from podrole.policy.patterns import Tester, around, glob, tester


def wild(text: str) -> bool:
    """Whether it holds a wildcard."""
    return "*" in text or "?" in text


def text_tester(text: str) -> Tester:
    """`tester(glob(text))`, made faster: a wildcard's neighbours stay texts."""
    if "?" in text:
        return tester(glob(text))
    if "*" not in text:
        return text.__eq__
    first, *middle, last = text.split("*")
    if not any(middle):
        return around(first, last)
    least = len(first) + len(last)
    length = len(first)

    def test(actual: str) -> bool:
        if len(actual) < least or not actual.startswith(first) or not actual.endswith(last):
            return False
        position, end = length, len(actual) - len(last)
        for chunk in middle:
            found = actual.find(chunk, position, end)
            if found < 0:
                return False
            position = found + len(chunk)
        return True

    return test


def arn_text_tester(text: str) -> Tester:
    """`arn_tester(glob(text))`, made faster."""
    pieces = text.split(":", 5)
    if len(pieces) != 6:
        return lambda _: False
    if not wild(text):
        return text.__eq__
    if not wild(text[:-1]) and text[-1] == "*":
        return around(text[:-1], "")
    return _by_parts(pieces, 5)


def resource_text_tester(text: str) -> Tester:
    """`resource_tester(glob(text))`, made faster."""
    if not wild(text):
        return text.__eq__
    if not wild(text[:-1]) and text[-1] == "*":
        return around(text[:-1], "")  # a star at the end runs past colons
    pieces = text.split(":", 5)
    test = _by_parts(pieces, len(pieces) - 1 if text[-1] == "*" else 5)
    return test if len(pieces) > 1 else lambda actual: actual != "*" and test(actual)


def _by_parts(pieces: list[str], cuts: int) -> Tester:
    """A test of a text that is cut at its first colons: each part by its own piece."""
    count = len(pieces)
    tests = [
        (number, text_tester(piece))
        for number, piece in enumerate(pieces)
        if piece.strip("*") or not piece
    ]

    def test(text: str) -> bool:
        parts = text.split(":", cuts)
        if len(parts) != count:
            return False
        for number, fits in tests:  # noqa: SIM110  (half as long as all() over a generator)
            if not fits(parts[number]):
                return False
        return True

    return test


def any_tester(texts: Sequence[str], make: Callable[[str], Tester]) -> Tester:
    """A test whether a text fits one of several patterns, each as `make` tests it.

    A text without wildcards fits itself alone, and `prefix*` all that begins so: neither is tried.
    """
    if len(texts) == 1:
        return make(texts[0])
    exact, prefixes, others = [], [], []
    for text in texts:
        if "*" not in text and "?" not in text:
            exact.append(text)
        elif text.find("*") == len(text) - 1 and "?" not in text:
            prefixes.append(text[:-1])
        else:
            others.append(make(text))
    known, begins = frozenset(exact), tuple(prefixes)
    if not others:
        if not begins:
            return known.__contains__
        if not known:
            return lambda actual: actual.startswith(begins)
        return lambda actual: actual in known or actual.startswith(begins)

    def test(actual: str) -> bool:
        if actual in known or actual.startswith(begins):
            return True
        for fits in others:  # noqa: SIM110  (half as long as any() over a generator)
            if fits(actual):
                return True
        return False

    return test
