"""Patterns of schemas: Go's regular expressions, as Python's."""

from __future__ import annotations

import functools
import re

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7F",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_NAMED = re.compile(r"\[:(\w+):\]")


@functools.cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern, None for one that Python does not know: nothing is held against it then."""
    text = _NAMED.sub(lambda match: _CLASSES.get(match[1], match[0]), pattern)
    text = text.replace(r"\z", r"\Z")
    if text.endswith("$") and not text.endswith(r"\$"):
        text = text[:-1] + r"\Z"  # Go's $ does not stand before a line's end
    try:
        return re.compile(text, re.ASCII)
    except (re.error, OverflowError):
        return None
