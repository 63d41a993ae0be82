"""A proxy that records what a browser asks of any host but the loopback, and refuses it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import ProxySettings

_REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
#: What Chromium asks for itself, also on an empty page, whatever its switches say.
_BROWSER_S_OWN = (
    "accounts.google.com",
    "android.clients.google.com",
    "clients2.google.com",
    "content-autofill.googleapis.com",
    "edgedl.me.gvt1.com",
    "optimizationguide-pa.googleapis.com",
    "redirector.gvt1.com",
    "safebrowsingohttpgateway.googleapis.com",
    "update.googleapis.com",
    "www.google.com",
)


@dataclass
class RefusingProxy:
    """The proxy's address, and the first line of each request that reached it."""

    address: str
    asked: list[str] = field(default_factory=list)

    @property
    def settings(self) -> ProxySettings:
        """Playwright's settings: all but the tests' own server goes to the proxy."""
        return {"server": self.address, "bypass": "127.0.0.1"}

    def strangers(self) -> list[str]:
        """What was asked of the network by pages: the browser's own requests do not count."""
        return [line for line in self.asked if not any(host in line for host in _BROWSER_S_OWN)]


@contextmanager
def refusing_proxy() -> Iterator[RefusingProxy]:
    """Run the proxy on a loopback port while the block runs."""
    asked: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if line := self.rfile.readline().decode("latin-1").strip():
                asked.append(line)
            self.wfile.write(_REFUSAL)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield RefusingProxy(f"http://127.0.0.1:{server.server_address[1]}", asked)
        server.shutdown()
