"""What answers at a lab's endpoint and is none: another program's, or another user's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

#: An answer: status, headers and body.
Answer = tuple[int, Mapping[str, str], bytes]


def pod(**changed: Any) -> bytes:
    """A lab's description of a pod, with these members changed."""
    usual = {"name": "orders-api", "env": {}, "files": {}, "reach": {}, "metadata": "open"}
    return json.dumps({**usual, **changed}).encode()


@contextmanager
def answering(answer: bytes | Answer | Callable[[str], Answer]) -> Iterator[str]:
    """The endpoint of a server that says this to whatever it is asked, or what a path gives."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = answer(self.path) if callable(answer) else answer
            status, headers, body = (200, {}, given) if isinstance(given, bytes) else given
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that went
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Reader:
    """Someone at a shell: variables, a home folder and a place for temporary files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[str]] = []
        self.home, self.temporary = folder / "home", folder / "tmp"
        for one in (self.home, self.temporary):
            one.mkdir()
        self.variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
        }

    def command(self, endpoint: str, *arguments: str) -> list[str]:
        lab = [sys.executable, "-m", "podrole", "lab", "exec", "--endpoint", endpoint]
        return [*lab, *arguments]

    def execute(
        self, endpoint: str, *arguments: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """`podrole lab exec` to its end."""
        return subprocess.run(
            self.command(endpoint, *arguments),
            capture_output=True,
            text=True,
            timeout=60,
            env={**self.variables, **variables},
        )

    def start(self, command: list[str]) -> subprocess.Popen[str]:
        """A command with its streams; what is left of it at the reader's end is killed."""
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.variables,
        )
        self._started.append(process)
        return process

    def close(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()

    def left(self) -> list[str]:
        """All that there is in the reader's folders, home and temporary."""
        return sorted(str(one.relative_to(self.folder)) for one in self.folder.rglob("*"))
