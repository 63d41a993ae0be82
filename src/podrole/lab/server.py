"""The other door: the same app on a loopback port, for SDKs of any language and the AWS CLI."""

from __future__ import annotations

import logging
import re
import socket
import ssl
from collections.abc import Callable
from io import BytesIO
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from podrole.request_syntax import BrokenChunks, Chunks, fault, origin_form, refuse

HOST = "127.0.0.1"
_LOOPBACK_NAMES = {"127.0.0.1", "localhost", "[::1]"}


class PortTaken(RuntimeError):
    """Another program listens on the port."""


class RequestHandler(WSGIRequestHandler):
    """One connection. What HTTP forbids is refused before anyone reads more."""

    protocol_version = "HTTP/1.1"  # clients keep their connections; watches need chunks
    timeout = 60  # seconds in which a client must send or take something

    def parse_request(self) -> bool:
        """Read line and headers. False for a request that has been refused."""
        if not super().parse_request():
            return False
        refused = fault(self.command, origin_form(self.path), self.request_version, self.headers)
        if refused is not None:
            self.send_error(*refused)
        return refused is None

    def make_environ(self) -> dict[str, Any]:
        """The request for the app; its chunks are read strictly.

        werkzeug's own reader (3.1) fills up a chunk that breaks off, for ever if it is large.
        Raises ConnectionError for a client that cannot be answered.
        """
        if isinstance(self.connection, ssl.SSLSocket) and self.connection.version() is None:
            raise ConnectionAbortedError("the client has ended TLS: no answer would reach it")
        environ = super().make_environ()
        if "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = Chunks(self.rfile)
            environ["wsgi.input_terminated"] = True
        return environ

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what no app sees, in one line: the doors' clients read no HTML."""
        refuse(self, code, f"lab: {message or self.responses[code][0]}")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: werkzeug's own reads the target once more, and fails at some."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing, of noise on the port neither: the trail holds the calls."""


def loopback_only(app: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a Host that is no name of this machine: a web page's DNS must not lead here."""

    def guarded(environ: dict[str, Any], start_response: Any) -> Any:
        host = Request(environ).host
        if not _is_loopback(host):
            return Response(f"the lab answers to {HOST}, not to this host\n", 403)(
                environ, start_response
            )
        return app(environ, start_response)

    return guarded


def whole_bodies(app: Callable[..., Any]) -> Callable[..., Any]:
    """Read each request's body to its end before the app takes a lock and all others wait.

    One that breaks off or is encoded in no way known is refused.
    """

    def reading(environ: dict[str, Any], start_response: Any) -> Any:
        try:
            body = Request(environ).get_data(cache=False)
        except BrokenChunks as error:
            return Response(f"lab: {error}\n", 400)(environ, start_response)
        except HTTPException as error:
            text = f"lab: {error.description}\n"
            return Response(text, error.code)(environ, start_response)
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return app(environ, start_response)

    return reading


def _is_loopback(host: str) -> bool:
    name = host if host.endswith("]") else re.sub(r":[0-9]*\Z", "", host)
    # `.localhost` is the machine's own by RFC 6761: S3 clients put the bucket's name before it.
    return name.lower() in _LOOPBACK_NAMES or name.lower().endswith(".localhost")


def serve(app: Callable[..., Any], port: int, tls: ssl.SSLContext | None = None) -> BaseWSGIServer:
    """A threaded server on the loopback, not yet running; port 0 takes a free one.

    Raises PortTaken.
    """
    # Bound here: werkzeug would print its own message and end the process.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PortTaken(f"port {port} is taken: give another, or 0 for a free one") from error
    listener.listen(128)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(
        HOST,
        port,
        loopback_only(whole_bodies(app)),
        threaded=True,
        request_handler=RequestHandler,
        ssl_context=tls,
        fd=listener.fileno(),
    )
    listener.close()
    if tls is not None:
        # Shaking hands is the connection's thread's work: a client that connects and says nothing
        # would keep all others waiting.
        server.socket.do_handshake_on_connect = False  # type: ignore[attr-defined]
    return server
