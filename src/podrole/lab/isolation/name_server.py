"""The name server of a pod's world: AWS's names have one address, and there are no others.

Form: RFC 1035, section 4 (a question, and an answer that points back to its name).
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from typing import Any

#: The domains of AWS's endpoints; no name of another host exists.
AWS_NAME = re.compile(r"(?:[a-z0-9_-]+\.)*(?:amazonaws\.com|api\.aws)\.?\Z", re.IGNORECASE)
_IPV4, _INTERNET = 1, 1
_ANSWERED, _NO_SUCH_NAME = 0, 3
_HEADER = struct.Struct(">6H")
_IS_ANSWER, _KEPT = 0x8480, 0x0100  # an answer with authority; the question's wish for recursion


class NameServer(asyncio.DatagramProtocol):
    """Answers each question with the one address of AWS, or that there is no such name."""

    def __init__(self, address: str) -> None:
        """`address` is an IPv4 address."""
        self._address = socket.inet_aton(address)

    def connection_made(self, transport: Any) -> None:
        """Keep the way to answer."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Answer; what is no question gets no answer."""
        answer = answered(data, self._address)
        if answer is not None:
            self._transport.sendto(answer, addr)


def answered(question: bytes, address: bytes) -> bytes | None:
    """The answer to a question of one name; None for what is none. `address` has four bytes."""
    if len(question) < _HEADER.size:
        return None
    number, flags, count, *_ = _HEADER.unpack_from(question)
    if flags & 0x8000 or count != 1:
        return None
    labels, at = [], _HEADER.size
    while at < len(question) and question[at]:
        length = question[at]
        labels.append(question[at + 1 : at + 1 + length].decode("ascii", "replace"))
        at += 1 + length
    end = at + 5
    if end > len(question) or len(labels) > 128:
        return None
    kind, world = struct.unpack_from(">2H", question, at + 1)
    name = ".".join(labels)
    known = AWS_NAME.match(name) is not None
    found = known and (kind, world) == (_IPV4, _INTERNET)
    code = _ANSWERED if known else _NO_SUCH_NAME
    header = _HEADER.pack(number, _IS_ANSWER | flags & _KEPT | code, 1, int(found), 0, 0)
    record = struct.pack(">3HIH", 0xC000 | _HEADER.size, kind, world, 60, 4) + address
    return header + question[_HEADER.size : end] + (record if found else b"")
