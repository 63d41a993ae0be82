"""Bodies in `aws-chunked` encoding: the SDKs' uploads with a signature a chunk or a trailer.

Format: S3 API reference, "Signature calculations for the Authorization header: transferring
payload in multiple chunks" and "… including trailing headers" (checked 2026-11-24).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from podrole.lab.aws_error import AwsError

_HEAD = re.compile(rb"([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?\Z")
_SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
_CHECKSUM = "x-amz-checksum-"
_FORMS = (_SIGNED, f"{_SIGNED}-TRAILER", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")


@dataclass(frozen=True)
class Chunk:
    """One signature within a body: of a chunk (PAYLOAD) or of the trailer (TRAILER)."""

    kind: str
    digest: str
    signature: str


@dataclass(frozen=True)
class Chunked:
    """A body taken out of its chunks."""

    body: bytes
    chunks: tuple[Chunk, ...]
    trailer: Mapping[str, str]


def decode(headers: Mapping[str, str], body: bytes) -> Chunked | None:
    """The body, None where it is not in chunks. Raises AwsError for one that breaks off."""
    form = headers.get("x-amz-content-sha256", "")
    if not form.startswith("STREAMING-"):
        return None
    if form not in _FORMS:
        raise AwsError("NotImplemented", f"the lab does not carry {form}", 501)
    signed = form.startswith(_SIGNED)
    chunks: list[Chunk] = []
    pieces: list[bytes] = []
    position = 0
    while True:
        end = body.find(b"\r\n", position)
        head = _HEAD.match(body[position:end]) if end >= 0 else None
        if head is None or (signed and head[2] is None):
            raise _incomplete()
        size = int(head[1], 16)
        piece = body[end + 2 : end + 2 + size]
        if len(piece) != size:
            raise _incomplete()
        if signed:
            digest = hashlib.sha256(piece).hexdigest()
            chunks.append(Chunk("PAYLOAD", digest, head[2].decode()))
        position = end + 2 + size
        if size == 0:
            break
        pieces.append(piece)
        if body[position : position + 2] != b"\r\n":
            raise _incomplete()
        position += 2
    data = b"".join(pieces)
    stated = headers.get("x-amz-decoded-content-length", "")
    if stated != str(len(data)):
        raise _incomplete()
    trailer = _trailer(body[position:], headers.get("x-amz-trailer", ""))
    signature = trailer.pop("x-amz-trailer-signature", None)
    if form == f"{_SIGNED}-TRAILER":
        if signature is None:
            raise _incomplete()
        text = "".join(f"{name}:{value}\n" for name, value in trailer.items())
        chunks.append(Chunk("TRAILER", hashlib.sha256(text.encode()).hexdigest(), signature))
    return Chunked(data, tuple(chunks), trailer)


def _trailer(text: bytes, declared: str) -> dict[str, str]:
    """The fields of a trailer: checksums that the header has declared, and a signature.

    Raises AwsError for others: without a signature, anyone could add an ACL or a copy's source.
    """
    found = {}
    for line in filter(None, text.decode("latin-1").split("\r\n")):
        name, colon, value = line.partition(":")
        found[name.strip().lower()] = value.strip()
        if not colon:
            raise _malformed_trailer()
    wanted = {name.strip().lower() for name in declared.split(",")} - {""}
    fields = found.keys() - {"x-amz-trailer-signature"}
    if fields != wanted or not all(name.startswith(_CHECKSUM) for name in fields):
        raise _malformed_trailer()
    return found


def _malformed_trailer() -> AwsError:
    # Code and text: openstack/swift, tests of its S3 API that run against AWS too (2026-11-28).
    return AwsError(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our"
        " published schema.",
        400,
    )


def _incomplete() -> AwsError:
    return AwsError("IncompleteBody", "The request body terminated unexpectedly", 400)
