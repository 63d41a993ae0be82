"""One connection to a door: requests read strictly, answered one after the other, kept open.

werkzeug's own handler (3.1.9) ends the connection after each answer, reads headers as a mail's and
writes headers and body apart; a client of the lab then spends more on TCP, on TLS and on threads
than on its call. Rules: RFC 9112, sections 6.3 (length) and 9.3 (persistence), checked 2026-11-29.
"""

from __future__ import annotations

import contextlib
import email.utils
import io
import re
import selectors
import ssl
import sys
import time
from collections.abc import Iterable
from functools import lru_cache
from http.client import HTTPMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from werkzeug.serving import WSGIRequestHandler

from podrole.lab.fault import report
from podrole.lab.metadata_modes import Silence
from podrole.request_syntax import Chunks, fault, origin_form, refuse

_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (/(?!/)[^\x00-\x20\x7f#]*) HTTP/1\.1\r\n")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)\r\n")
_LENGTH = re.compile(r"[0-9]{1,18}")
_MOST_HEADERS = 100
_LONGEST_LINE = 65536
#: What the plain way of reading does not do: chunks, `Expect`, and what may stand once only.
_ONCE = {"host", "content-length"}
_NOT_PLAIN = {"transfer-encoding", "expect"}
#: The client has left, or a door is silent.
_LEFT = (ConnectionError, TimeoutError, ssl.SSLError)
#: A client that is refused may still be sending: so much is read, so that it sees the answer.
_MOST_DRAINED = 64 * 1024 * 1024


class RequestHandler(WSGIRequestHandler):
    """One connection. What HTTP forbids is refused before anyone reads more."""

    protocol_version = "HTTP/1.1"  # clients keep their connections; watches need chunks
    disable_nagle_algorithm = True
    timeout = 60  # seconds in which a client must send or take something

    #: The headers of the request as they came, names and values.
    pairs: list[tuple[str, str]]
    _body: Chunks | _Sized

    # -- requests ------------------------------------------------------------------------

    def parse_request(self) -> bool:
        """Read line and headers. False for a request that has been refused."""
        lines = self._header_lines()
        if self._is_plain(lines):
            return True
        # Whatever is unusual is read and judged by Python's own reader.
        stream, self.rfile = self.rfile, io.BytesIO(b"".join(lines))
        try:
            if not super().parse_request():
                return False
        finally:
            self.rfile = stream
        refused = fault(self.command, origin_form(self.path), self.request_version, self.headers)
        if refused is not None:
            self.send_error(*refused)
            return False
        self.pairs = list(self.headers.items())
        return True

    def _header_lines(self) -> list[bytes]:
        """The lines up to the empty one, or as many as Python's reader takes."""
        lines: list[bytes] = []
        while len(lines) <= _MOST_HEADERS + 1:
            line = self.rfile.readline(_LONGEST_LINE + 1)
            lines.append(line)
            if line in (b"\r\n", b"\n", b"") or len(line) > _LONGEST_LINE:
                break
        return lines

    def _is_plain(self, lines: list[bytes]) -> bool:
        """Whether the request is one that nobody can read in two ways; then it is read."""
        line = _LINE.fullmatch(self.raw_requestline)
        found = [_HEADER.fullmatch(header) for header in lines[:-1]]
        if line is None or lines[-1] != b"\r\n" or len(found) > _MOST_HEADERS:
            return False
        pairs, seen, closes = [], set(), False
        for header in found:
            if header is None:
                return False
            name, value = header[1].decode("ascii"), header[2].decode("latin-1")
            low = name.lower()
            if low in _NOT_PLAIN or (low in _ONCE and low in seen):
                return False
            if low == "content-length" and not _LENGTH.fullmatch(value):
                return False
            if low == "connection":
                closes = value.lower() == "close"
            seen.add(low)
            pairs.append((name, value))
        if "host" not in seen:
            return False
        self.pairs = pairs
        self.headers = HTTPMessage()
        for name, value in pairs:
            self.headers.set_raw(name, value)
        self.command, self.path = line[1].decode("ascii"), line[2].decode("latin-1")
        self.request_version = self.protocol_version
        self.requestline = self.raw_requestline.decode("latin-1").rstrip("\r\n")
        self.close_connection = closes
        return True

    def make_environ(self) -> dict[str, Any]:
        """The request for the app (PEP 3333); its body can be read to its end and no further."""
        target = origin_form(self.path)
        path, _, query = target.partition("?")
        address: Any = self.server.server_address
        environ: dict[str, Any] = {
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http" if self.server.ssl_context is None else "https",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": _wsgi(unquote(path)),
            "QUERY_STRING": _wsgi(query),
            "REQUEST_URI": _wsgi(self.path),
            "RAW_URI": _wsgi(self.path),
            "REMOTE_ADDR": str(self.client_address[0]),
            "SERVER_NAME": str(address[0]),
            "SERVER_PORT": str(address[1]),
            "SERVER_PROTOCOL": self.request_version,
        }
        for name, value in self.pairs:
            if "_" in name:
                continue
            key = name.upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                key = f"HTTP_{key}"
                if key in environ:
                    value = f"{environ[key]},{value}"
            environ[key] = value
        if self.path != target:  # a proxy's client writes the host into the target
            environ["HTTP_HOST"] = urlsplit(self.path).netloc
        if "HTTP_TRANSFER_ENCODING" in environ:
            # werkzeug's own reader (3.1) fills up a chunk that breaks off, for ever if it is large.
            environ["wsgi.input"] = self._body = Chunks(self.rfile)
            environ["wsgi.input_terminated"] = True
        else:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            environ["wsgi.input"] = self._body = _Sized(self.rfile, length)
        return environ

    # -- answers -------------------------------------------------------------------------

    def run_wsgi(self) -> None:
        """Answer the request that has been read."""
        environ = self.make_environ()
        answer = _Answer(self, environ)
        try:
            parts = self.server.app(environ, answer.start)
            try:
                answer.send(parts)
            finally:
                if hasattr(parts, "close"):
                    parts.close()
        except _LEFT as error:
            self.close_connection = True
            if isinstance(error, Silence):
                self._wait()
        except Exception as error:
            self.close_connection = True
            if answer.begun:
                report(error)
            else:
                refuse(self, 500, report(error))
        if not self._body.whole():
            self._drain()

    def keeps(self) -> bool:
        """Whether the connection can stay open: nothing of this request's body is left in it."""
        if not self._body.whole():
            self.close_connection = True
        return not self.close_connection

    def _wait(self) -> None:
        """Nobody answers: keep the connection until the client gives up."""
        with contextlib.suppress(OSError):
            while self.connection.recv(4096):
                pass

    def _drain(self) -> None:
        """Read what a client still sends whose request is answered, or it may not see the answer.

        For as long as something comes within 10 ms, as werkzeug does.
        """
        self.close_connection = True
        with contextlib.suppress(OSError, ValueError), selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            size = 0
            while size < _MOST_DRAINED and selector.select(timeout=0.01):
                data = self.connection.recv(65536)
                if not data:
                    return
                size += len(data)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what no app sees, in one line: the doors' clients read no HTML."""
        refuse(self, code, f"lab: {message or self.responses[code][0]}")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: werkzeug's own reads the target once more, and fails at some."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing, of noise on the port neither: the trail holds the calls."""


class _Answer:
    """The answer to one request: its head goes out with the first part of its body."""

    def __init__(self, handler: RequestHandler, environ: dict[str, Any]) -> None:
        self._handler = handler
        self._bodiless = environ["REQUEST_METHOD"] == "HEAD"
        self._head: tuple[str, list[tuple[str, str]]] | None = None
        self._chunked = False
        #: Whether anything was sent.
        self.begun = False

    def start(self, status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
        """WSGI's start_response."""
        if self.begun:
            raise error[1] if error else AssertionError("the answer has begun")
        self._head = status, headers
        return self._write

    def send(self, parts: Iterable[bytes]) -> None:
        """Send what the app gives."""
        for part in parts:
            if part or not self.begun:
                self._write(part)
        if not self.begun:
            self._write(b"")
        if self._chunked:
            self._handler.wfile.write(b"0\r\n\r\n")

    def _write(self, data: bytes) -> None:
        out = b""
        if not self.begun:
            out = self._first()
            self.begun = True
        if data and not self._bodiless:
            out += b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data
        if out:
            self._handler.wfile.write(out)

    def _first(self) -> bytes:
        assert self._head is not None, "start_response was not called"
        status, headers = self._head
        code = int(status[:3])
        names = {name.lower() for name, _ in headers}
        empty = self._bodiless or code < 200 or code in (204, 304)
        if "content-length" not in names and not empty:
            self._chunked = self._handler.request_version == "HTTP/1.1"
            if not self._chunked:
                self._handler.close_connection = True
        lines = [f"HTTP/1.1 {status}", "Server: podrole", f"Date: {_date(int(time.time()))}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if self._chunked:
            lines.append("Transfer-Encoding: chunked")
        if "connection" in names:  # only `close` is ever said
            self._handler.close_connection = True
        elif not self._handler.keeps():
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class _Sized(io.RawIOBase):
    """A body whose length is known."""

    def __init__(self, stream: Any, length: int) -> None:
        self._stream, self._left = stream, length

    def readable(self) -> bool:
        """It is."""
        return True

    def whole(self) -> bool:
        """Whether it was read to its end."""
        return self._left == 0

    def readinto(self, buffer: Any) -> int:
        """Read some bytes of the body; 0 at its end, or where it breaks off."""
        data = self._stream.read(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)


def _wsgi(text: str) -> str:
    """A text as its bytes in UTF-8, shown as Latin-1 (PEP 3333)."""
    return text if text.isascii() else text.encode().decode("latin-1")


@lru_cache(4)
def _date(second: int) -> str:
    return email.utils.formatdate(second, usegmt=True)
