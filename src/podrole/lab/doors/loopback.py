"""The other door: the same app on a loopback port, for SDKs of any language and the AWS CLI."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from podrole.lab.doors.guards import HOST, guarded
from podrole.lab.metadata_modes import Silence
from podrole.lab.protocol.request_body import BodyLimit, whole_bodies
from podrole.request_syntax import Chunks, fault, origin_form, refuse


class PortTaken(RuntimeError):
    """Another program listens on the port."""


class RequestHandler(WSGIRequestHandler):
    """One connection. What HTTP forbids is refused before anyone reads more."""

    protocol_version = "HTTP/1.1"  # clients keep their connections; watches need chunks
    disable_nagle_algorithm = True  # headers and body are two packets
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
        """
        environ = super().make_environ()
        if "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = Chunks(self.rfile)
            environ["wsgi.input_terminated"] = True
        return environ

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what no app sees, in one line: the doors' clients read no HTML."""
        refuse(self, code, f"lab: {message or self.responses[code][0]}")

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Nobody answers: keep the connection until the client gives up."""
        if isinstance(error, Silence):
            with suppress(OSError):
                while self.connection.recv(4096):
                    pass

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: werkzeug's own reads the target once more, and fails at some."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing, of noise on the port neither: the trail holds the calls."""


def _not_of_certificates(record: logging.LogRecord) -> bool:
    """No client here has one, and one that hangs up within its headers makes werkzeug say so."""
    return record.msg != "Cannot fetch SSL peer certificate info"


def serve(
    app: Callable[..., Any], port: int, limit: BodyLimit, tls: ssl.SSLContext | None = None
) -> BaseWSGIServer:
    """A threaded server on the loopback, not yet running; port 0 takes a free one.

    `app` sees no request of a web page, and no body beyond `limit`. Raises PortTaken.
    """
    # Bound here: werkzeug would print its own message and end the process.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PortTaken(f"port {port} is in use: give another, or 0 for a free one") from error
    listener.listen(128)
    log = logging.getLogger("werkzeug")
    log.setLevel(logging.ERROR)
    log.addFilter(_not_of_certificates)
    server = make_server(
        HOST,
        port,
        guarded(whole_bodies(app, limit)),
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
