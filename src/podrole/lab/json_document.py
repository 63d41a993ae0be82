"""JSON that a client sends, read within bounds that no Python version and no stack decides."""

from __future__ import annotations

import json
import math
from typing import Any

#: How deep arrays and objects may stand in each other. DynamoDB's 32 levels of attributes (AWS,
#: "Quotas", checked 2026-11-28) make 70 of JSON; a Kubernetes object has less than 30.
DEEPEST = 100


class TooDeep(ValueError):
    """A document that is nested deeper than DEEPEST."""

    def __init__(self) -> None:
        super().__init__(f"lab: nested deeper than {DEEPEST} levels")


def read_json(text: str | bytes) -> Any:
    r"""The document of a text.

    Raises ValueError for what is not JSON in UTF-8 (NaN and Infinity are none), for one that is
    nested deeper than DEEPEST, for a number beyond a float's range, and for half of a surrogate
    pair (`"\ud800"`), which no UTF-8 can carry.
    """
    found = _read(text)
    if _has_escapes(text):
        json.dumps(found, ensure_ascii=False).encode()
    return found


def read_loosely(text: str | bytes) -> Any:
    """The document of a text as `read_json`, but half of a surrogate pair becomes U+FFFD.

    So Go's encoding/json does, and with it Kubernetes. Raises ValueError.
    """
    found = _read(text)
    return without_halves(found) if _has_escapes(text) else found


def without_halves(document: Any) -> Any:
    """The document with U+FFFD for each half of a surrogate pair."""
    if isinstance(document, str):
        return document.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(document, dict):
        return {without_halves(name): without_halves(item) for name, item in document.items()}
    if isinstance(document, list):
        return [without_halves(item) for item in document]
    return document


def check_depth(document: Any) -> None:
    """Raise TooDeep for a document that is nested deeper than DEEPEST."""
    level = [document]
    for _ in range(DEEPEST + 1):
        inside: list[Any] = []
        for found in level:
            if isinstance(found, dict):
                inside.extend(found.values())
            elif isinstance(found, list):
                inside.extend(found)
        if not inside:
            return
        level = inside
    raise TooDeep


def _read(given: str | bytes) -> Any:
    # json.loads would take UTF-16 too, and halves of surrogate pairs in UTF-8's form.
    text = given if isinstance(given, str) else given.decode()
    try:
        found = json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise TooDeep from None
    if text.count("{") + text.count("[") > DEEPEST:  # else it cannot be
        check_depth(found)
    return found


def _has_escapes(text: str | bytes) -> bool:
    return "\\u" in text if isinstance(text, str) else b"\\u" in text


def _no_number(text: str) -> Any:
    raise ValueError(f"invalid character: {text} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is outside the range of numbers")
    return number
