"""JSON, of bounded depth."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from podrole.reading.error import Limits, ReadingError

#: What moves a reader of JSON in or out. A text ends at a line's end at the latest.
_MARKS = re.compile(r'["\[\]{}\n]|\\.')


def read_json(text: str, limits: Limits = Limits()) -> Any:  # noqa: B008
    """The document. Raises ReadingError with line and column of the fault.

    NaN and Infinity are refused: JSON has none.
    """
    limits.check_length(text)
    check_depth(text, limits)
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ReadingError(error.msg, error.lineno, error.colno) from error
    except ValueError as error:
        # Python reads no number of more than 4,300 digits: the time grows with their square.
        reason = str(error) if isinstance(error, ReadingError) else "a number with too many digits"
        raise ReadingError(reason) from error


def check_depth(text: str, limits: Limits) -> None:
    """Raise ReadingError for a text whose brackets go too deep, before a reader recurses into it.

    Counts the brackets of JSON, which are those of YAML's flow style too; reads the text once.
    """
    if text.count("[") + text.count("{") <= limits.depth:
        return
    depth, within = 0, False
    for match in _MARKS.finditer(text):
        mark = match[0]
        if mark == '"':
            within = not within
        elif mark == "\n":
            within = False
        elif within or mark[0] == "\\":
            continue
        elif mark in "[{":
            depth += 1
            if depth > limits.depth:
                start = match.start()
                line = text.count("\n", 0, start) + 1
                raise limits.too_deep(line, start - text.rfind("\n", 0, start))
        else:
            depth -= 1


def _no_number(text: str) -> NoReturn:
    raise ReadingError(f"{text} is not a JSON number")
