"""Bodies in Kubernetes' protobuf, which kubectl sends from its typed commands, and Go's clients.

Messages: protobuf.yaml; a field that is not in it is refused rather than lost.
"""

from __future__ import annotations

import base64
import functools
import json
import struct
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import yaml

from podrole.lab.kubernetes.objects.status import ApiError

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\0"
#: Number to (name, form), as in protobuf.yaml.
Message = dict[int, tuple[str, str]]
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BIT_32, _BIT_64 = 5, 1
#: What comes of bytes that are none of Kubernetes' messages.
_BROKEN = (
    *(KeyError, IndexError, ValueError, AttributeError, TypeError),
    *(OverflowError, OSError, struct.error),
)


@functools.cache
def _messages() -> dict[str, Message]:
    text = files(__package__).joinpath("protobuf.yaml").read_text()
    table = yaml.load(text, Loader=_LOADER)  # noqa: S506  (a safe loader)
    found: dict[str, Message] = {}
    for message, forms in table.items():
        fields = found.setdefault(message, {})
        for form, names in (forms or {}).items():
            for one in names.split():
                name, _, number = one.partition("=")
                fields[int(number)] = (name, form)
    return found


def decode(body: bytes) -> dict[str, Any]:
    """The object of a body. Raises ApiError (415) for what the lab cannot read, so that nothing a
    client has set is lost."""
    if not body.startswith(_MAGIC):
        raise ApiError(400, "the body is not Kubernetes protobuf")
    try:
        envelope = dict(_fields(body[len(_MAGIC) :]))
        type_meta = dict(_fields(envelope[1]))
        kind, version = type_meta[2].decode(), type_meta[1].decode()
        if kind not in _messages():
            raise _unreadable(kind)
        found = _message(kind, envelope.get(2, b""))
    except (
        KeyError,
        IndexError,
        ValueError,
        AttributeError,
        TypeError,
        OverflowError,
        struct.error,
    ) as error:
        raise ApiError(400, "the body breaks off or is not Kubernetes protobuf") from error
    return {"kind": kind, "apiVersion": version, **found}


def _message(name: str, data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, value in _fields(data):
        if number not in _messages()[name]:
            raise _unreadable(f"field {number} of {name}")
        member, form = _messages()[name][number]
        if form.startswith("{}"):
            pair = dict(_fields(value))
            inner = _value(form[2:], pair.get(2, b""))
            found.setdefault(member, {})[pair.get(1, b"").decode()] = inner
        elif form.startswith("*"):
            found.setdefault(member, []).append(_value(form[1:], value))
        elif form.startswith("+"):
            found |= _message(form[1:], value)
        else:
            shown = _value(form.removesuffix("?"), value)
            if shown or not form.endswith("?"):
                found[member] = shown
    # Go writes empty texts too; an absent one means the same.
    return {key: value for key, value in found.items() if value not in ("", None)}


def _value(form: str, value: Any) -> Any:
    if form in _SCALARS:
        return _SCALARS[form](value)
    given = dict(_fields(value)) if form in _OF_MESSAGES else {}
    if form in _OF_MESSAGES:
        return _OF_MESSAGES[form](given)
    if form.partition("/")[0] == "ExtraValue":
        return [item.decode() for _, item in _fields(value)]
    return _message(form, value)


def _int(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else int(value)


def _int_or_text(given: dict[int, Any]) -> Any:
    return given.get(3, b"").decode() if given.get(1) else _int(given.get(2, 0))


def _time(given: dict[int, Any], digits: int = 0) -> str | None:
    """RFC 3339, None for Go's zero time, which an empty message is."""
    seconds = _int(given.get(1, 0))
    if not given or seconds < 0:
        return None
    fraction = f".{given.get(2, 0) // 1000:06d}" if digits else ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"


_SCALARS: Mapping[str, Callable[[Any], Any]] = {
    "text": lambda value: value.decode(),
    "int": _int,
    "bool": bool,
    "bytes": lambda value: base64.b64encode(value).decode(),
    "float": lambda value: struct.unpack("<d", value)[0],
}
#: Messages that are one value in JSON.
_OF_MESSAGES: Mapping[str, Callable[[dict[int, Any]], Any]] = {
    "int-or-text": _int_or_text,
    "quantity": lambda given: given.get(1, b"").decode(),
    "time": _time,
    "micro-time": lambda given: _time(given, 6),
    "json": lambda given: json.loads(given.get(1, b"{}")),
    "raw": lambda given: json.loads(given.get(1, b"{}")),
}


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field (protobuf wire format, "Encoding")."""
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        wire = key & 7
        if wire == 0:
            value, position = _varint(data, position)
            yield key >> 3, value
        elif wire == 2:
            size, position = _varint(data, position)
            if position + size > len(data):
                raise ValueError("breaks off")
            yield key >> 3, data[position : position + size]
            position += size
        elif wire in (_BIT_64, _BIT_32):
            size = 8 if wire == _BIT_64 else 4
            if position + size > len(data):
                raise ValueError("breaks off")
            yield key >> 3, data[position : position + size]
            position += size
        else:
            raise ValueError(f"wire type {wire}")


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if not byte & 0x80:
            return value, position
        if shift > 63:
            raise ValueError("no number")


def field(number: int, value: str | bytes) -> bytes:
    """A text or a message as a field of a message."""
    data = value.encode() if isinstance(value, str) else value
    return _number(number << 3 | 2) + _number(len(data)) + data


def _number(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _unreadable(what: str) -> ApiError:
    return ApiError(415, f"lab: {what} cannot be read as protobuf; send JSON")
