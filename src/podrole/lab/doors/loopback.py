"""The other door: the same app on a loopback port, for SDKs of any language and the AWS CLI."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Callable
from typing import Any

from werkzeug.serving import BaseWSGIServer, make_server

from podrole.lab.doors.connection import RequestHandler
from podrole.lab.doors.guards import HOST, guarded
from podrole.lab.protocol.request_body import BodyLimit, whole_bodies


class PortTaken(RuntimeError):
    """Another program listens on the port."""


class _SocketRequestHandler(RequestHandler):
    """One connection on a socket of the file system, which knows no packets and no addresses."""

    disable_nagle_algorithm = False

    def setup(self) -> None:
        """As for a client on the loopback."""
        self.client_address = (HOST, 0)
        super().setup()


def serve_socket(app: Callable[..., Any], path: str, limit: BodyLimit) -> BaseWSGIServer:
    """As `serve`, on a socket of this path: no web page gets there, so it may have any Host.

    `path` lies in a folder that this user alone may enter. Raises OSError, also for a path that is
    too long for a socket.
    """
    # Bound here: werkzeug would print its own message and end the process.
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(128)
        return make_server(
            f"unix://{path}",
            0,
            whole_bodies(app, limit),
            threaded=True,
            request_handler=_SocketRequestHandler,
            fd=listener.fileno(),
        )


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
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
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
