"""What Python's HTTP server takes and HTTP forbids: requests that two readers may read differently.

Rules: RFC 9112, sections 2.2 (lines), 3 (request line and targets), 5.1 (field lines), 6 (body) and
7.1 (chunks); RFC 9110, sections 5.5 (field values) and 7.2 (Host). Checked 2026-11-28.
"""

from __future__ import annotations

import io
import re
from email import errors
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_TARGET = re.compile(r"/[^\x00-\x20\x7f#]*|\*")
_LENGTH = re.compile(r"[0-9]{1,18}")
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LONGEST_LINE = 4096
_OF_A_BODY = (
    errors.CloseBoundaryNotFoundDefect,
    errors.InvalidMultipartContentTransferEncodingDefect,
    errors.MultipartInvariantViolationDefect,
    errors.NoBoundaryInMultipartDefect,
    errors.StartBoundaryNotFoundDefect,
)
_MOST_TRAILERS = 100

Fault = tuple[HTTPStatus, str]


def fault(method: str, target: str, version: str, headers: Message[Any, Any]) -> Fault | None:
    """Why a request is refused before anyone reads more of it; None for a good one.

    `target` is in origin form (`origin_form`). The text is one line.
    """
    if version == "HTTP/0.9":
        return HTTPStatus.BAD_REQUEST, "the request line names no version of HTTP"
    if not _TOKEN.fullmatch(method):
        return HTTPStatus.BAD_REQUEST, "the method is not a token"
    if not _TARGET.fullmatch(target):
        return HTTPStatus.BAD_REQUEST, "the target is not a path"
    if not _are_all_headers(headers):
        return HTTPStatus.BAD_REQUEST, "a line among the headers is not a header"
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or _CONTROL.search(value):
            return HTTPStatus.BAD_REQUEST, "a header has a character that none may have"
    hosts = headers.get_all("Host", [])
    if len(hosts) > 1 or (not hosts and version != "HTTP/1.0"):
        return HTTPStatus.BAD_REQUEST, "a request has one Host"
    return _framing_fault(version, headers)


def _are_all_headers(headers: Message[Any, Any]) -> bool:
    """Whether nothing else stands among them.

    Python reads them as a mail's: of one with parts, or with a mail in it, it misses the body.
    """
    body: Any = headers.get_payload()
    mails = body if isinstance(body, list) else []
    return (
        not headers.get_unixfrom()
        and all(isinstance(defect, _OF_A_BODY) for defect in headers.defects)
        and (not body or isinstance(body, list))
        and all(not mail.keys() and _are_all_headers(mail) for mail in mails)
    )


def _framing_fault(version: str, headers: Message[Any, Any]) -> Fault | None:
    codings = headers.get_all("Transfer-Encoding", [])
    lengths = headers.get_all("Content-Length", [])
    if codings and (lengths or version == "HTTP/1.0"):
        return HTTPStatus.BAD_REQUEST, "a body has a length or is in chunks, not both"
    if codings and [coding.strip().lower() for coding in codings] != ["chunked"]:
        return HTTPStatus.NOT_IMPLEMENTED, "the one Transfer-Encoding is chunked"
    if len(lengths) > 1 or (lengths and not _LENGTH.fullmatch(lengths[0].strip())):
        return HTTPStatus.BAD_REQUEST, "Content-Length is one number"
    return None


def origin_form(target: str) -> str:
    """The target without the scheme and host that a proxy's client writes; other ones as they are.

    The empty text for one that cannot be read.
    """
    if not re.match(r"https?://", target, re.IGNORECASE):
        return target
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    return target[len(parts.scheme) + 3 + len(parts.netloc) :] or "/"


def refuse(handler: BaseHTTPRequestHandler, status: int, text: str) -> None:
    """Answer a request with one line of text, and close its connection."""
    handler.close_connection = True
    if handler.request_version in ("", "HTTP/0.9"):
        handler.request_version = "HTTP/1.0"  # else Python's server sends no status line
    body = f"{text}\n".encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "text/plain; charset=utf-8")
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Connection", "close")
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


class BrokenChunks(ValueError):
    """A body in chunks that breaks off, or whose chunks are not HTTP's."""


class Chunks(io.RawIOBase):
    """A body out of its chunks. Reading raises BrokenChunks."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._left = -1  # of the chunk that is being read; -1 before the first one
        self._done = False

    def readable(self) -> bool:
        """It is."""
        return True

    def whole(self) -> bool:
        """Whether it was read to its end."""
        return self._done

    def readinto(self, buffer: Any) -> int:
        """Read some bytes of the body; 0 at its end.

        Raises BrokenChunks for what is not framed as HTTP wants it.
        """
        if self._done:
            return 0
        if self._left <= 0:
            self._next()
        if self._done:
            return 0
        data = self._stream.read(min(len(buffer), self._left))
        if not data:
            raise BrokenChunks("the body breaks off")
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)

    def _next(self) -> None:
        if self._left == 0 and self._line() not in (b"\r\n", b"\n"):
            raise BrokenChunks("a chunk is longer than it says")
        match = _CHUNK.fullmatch(self._line())
        if match is None:
            raise BrokenChunks("a chunk does not begin with its length")
        self._left = int(match[1], 16)
        if self._left:
            return
        for _ in range(_MOST_TRAILERS):
            if self._line() in (b"\r\n", b"\n"):
                self._done = True
                return
        raise BrokenChunks("the body has no end")

    def _line(self) -> bytes:
        line: bytes = self._stream.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise BrokenChunks("the body breaks off")
        return line
