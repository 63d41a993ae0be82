"""Whether parameters are of their shapes' types, down to numbers, times and base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import botocore.validate
from botocore.model import Shape

_INTEGERS = {"integer": 1 << 31, "long": 1 << 63}
#: The last second that a time of Python's can be.
_LAST = 253402300799


class _Validator(botocore.validate.ParamValidator):  # type: ignore[misc]
    """Types, least lengths, and what is missing. Times are read by `_unreadable`: botocore's own
    reading fails at numbers that are no time."""

    def _validate_timestamp(self, param: Any, shape: Shape, errors: Any, name: str) -> None:
        pass


def faults(parameters: Mapping[str, Any], shape: Shape, protocol: str) -> str:
    """What is wrong with the parameters of a call, one a line; empty for good ones.

    `protocol` says how they came: query, json or rest-json.
    """
    report = _Validator().validate(dict(parameters), shape)
    if report.has_errors():
        return str(report.generate_report())
    return "\n".join(_unreadable(parameters, shape, "input", protocol))


def _unreadable(value: Any, shape: Shape, place: str, protocol: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "structure":
        for name, item in value.items():
            yield from _unreadable(item, shape.members[name], f"{place}.{name}", protocol)
    elif kind == "list":
        for index, item in enumerate(value):
            yield from _unreadable(item, shape.member, f"{place}[{index}]", protocol)
    elif kind == "map":
        for name, item in value.items():
            yield from _unreadable(item, shape.value, f"{place}.{name}", protocol)
    elif kind in _INTEGERS:
        if isinstance(value, bool) or not -_INTEGERS[kind] <= value < _INTEGERS[kind]:
            yield f"Invalid value for parameter {place}: no {kind}"
    elif kind == "timestamp":
        if not (_is_seconds(value) if protocol == "json" else _is_time(value)):
            yield f"Invalid value for parameter {place}: no time"
    elif kind == "blob" and not _is_base64(value):
        yield f"Invalid value for parameter {place}: no base64"


def _is_seconds(value: Any) -> bool:
    """Seconds since 1970, as the JSON protocols write a time."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value <= _LAST


def _is_time(value: Any) -> bool:
    if not isinstance(value, str):
        return _is_seconds(value)
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return value.isascii() and value.isdecimal() and len(value) < 12
    return True


def _is_base64(value: Any) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (ValueError, TypeError, binascii.Error):
        return False
    return True
