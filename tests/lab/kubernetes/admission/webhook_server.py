"""A webhook on the loopback that notes what it is asked and answers as a test says."""

from __future__ import annotations

import base64
import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from podrole.lab.kubernetes.http.tls import ServerCertificate

Answer = Callable[[dict[str, Any]], dict[str, Any]]


class WebhookServer:
    """Where the webhook is, the authority that signed for it, and what it was asked."""

    def __init__(self, port: int, authority: str) -> None:
        self.url = f"https://127.0.0.1:{port}/hook"
        self.authority = authority
        self.asked: list[dict[str, Any]] = []
        self.answer: Answer = lambda request: {"allowed": True}
        #: What is sent in place of a review.
        self.raw: tuple[int, str] | None = None

    def reply(self, path: str, review: dict[str, Any]) -> tuple[int, str]:
        """Status and body of the answer to a review at a path."""
        request = {**review["request"], "path": path}
        self.asked.append(request)
        if self.raw is not None:
            return self.raw
        response = {"uid": request["uid"], **self.answer(request)}
        return 200, json.dumps({**review, "request": None, "response": response})


@contextmanager
def webhook_server() -> Iterator[WebhookServer]:
    """A server for the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, text = found.reply(self.path, json.loads(body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    certificate = ServerCertificate()
    authority = certificate.issue("hook", random.Random(1))
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = certificate.context.wrap_socket(server.socket, server_side=True)
    found = WebhookServer(server.server_port, authority)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """A response that allows, with a JSON patch."""
    text = base64.b64encode(json.dumps(operations).encode()).decode()
    return {"allowed": True, "patchType": "JSONPatch", "patch": text}
