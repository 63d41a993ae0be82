"""A request as a client writes it, and what the server makes of it, without a socket."""

from __future__ import annotations

import http.client
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from podrole.lab.doors.connection import RequestHandler
from podrole.request_syntax import fault, origin_form
from tests import hostile


@dataclass
class WireRequest:
    """A request. Its target is sent as it is, less the white space that would end it."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    chunked: bool = False  # the body is its own framing: HTTP's chunks, good or bad

    def __str__(self) -> str:
        headers = {name: value[:300] for name, value in self.headers.items()}
        return f"{self.method} {self.target[:300]} {headers} {self.body[:600]!r}"

    @property
    def line(self) -> str:
        """The target in latin-1, as Python's server reads it out of a request line."""
        target = "".join(hostile.utf8(self.target).decode("latin-1").split()) or "/"
        return "/" + target.lstrip("/") if target.startswith("//") else target

    def head(self) -> bytes:
        """The headers as bytes, to the empty line. A line end in a value makes another header."""
        length = (
            "Transfer-Encoding: chunked" if self.chunked else f"Content-Length: {len(self.body)}"
        )
        lines = [f"{name}: ".encode() + hostile.utf8(value) for name, value in self.headers.items()]
        return b"\r\n".join([length.encode(), *lines, b"", b""])

    def environ(self) -> dict[str, Any] | None:
        """What the server gives its app for these bytes, None where it refuses them by itself."""
        handler = _Handler.__new__(_Handler)
        handler.path, handler.command = self.line, self.method
        try:
            handler.headers = http.client.parse_headers(io.BytesIO(self.head()))
        except http.client.HTTPException:
            return None
        if fault(self.method, origin_form(self.line), "HTTP/1.1", handler.headers):
            return None
        handler.pairs = list(handler.headers.items())
        handler.rfile = io.BufferedReader(io.BytesIO(self.body))
        return handler.make_environ()


class _Server:
    ssl_context = None
    multithread, multiprocess = True, False
    server_address = ("127.0.0.1", 4566)
    _server_version = "test"


class _Handler(RequestHandler):
    server: Any = _Server()
    client_address = ("127.0.0.1", 50000)
    connection: Any = None
    request_version = "HTTP/1.1"


@dataclass(frozen=True)
class Answer:
    """A status, small-letter headers, and the body; of a watch the first lines."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def kind(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]


_MOST_LINES = 8


def ask(app: Callable[..., Any], request: WireRequest) -> Answer | None:
    """What the app answers, None for a request that the server refuses by itself."""
    environ = request.environ()
    if environ is None:
        return None
    told: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
        told[:] = [status, headers]
        return lambda _data: None

    answered = app(environ, start_response)
    body = b""
    for lines, part in enumerate(answered, 1):
        body += part
        if lines == _MOST_LINES:  # a watch lasts as long as its client
            break
    if hasattr(answered, "close"):
        answered.close()
    status, headers = told
    for name, value in headers:
        assert "\n" not in name + value, (name, value)
        value.encode("latin-1")
    return Answer(int(status.split()[0]), {name.lower(): value for name, value in headers}, body)
