"""A proxy that records what a browser wants of other hosts, and refuses it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Refusal(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        wanted = self.rfile.readline().decode("latin-1").strip()
        self.server.wanted.append(wanted)  # type: ignore[attr-defined]
        self.wfile.write(b"HTTP/1.1 403 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@contextmanager
def refusing_proxy() -> Iterator[tuple[int, list[str]]]:
    """Its port, and the first line of each request that came (`CONNECT host:443 HTTP/1.1`)."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Refusal) as server:
        server.daemon_threads = True
        server.wanted = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], server.wanted  # type: ignore[attr-defined]
        server.shutdown()
