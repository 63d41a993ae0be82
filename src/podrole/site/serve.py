"""Serve the built site on a loopback port: `python -m podrole.site.serve --port 8000 site`."""

import argparse
import contextlib
import functools
import gzip
import http.server
import io
import os
import re
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from podrole.request_syntax import Fault, fault, origin_form, refuse

_LONGEST_BODY = 64 * 1024
_WEIGHT = re.compile(r"\s*[qQ]=([01](?:\.[0-9]{0,3})?)\s*")
_TEXTS = {".css", ".html", ".ipynb", ".js", ".json", ".md", ".svg", ".txt", ".wasm", ".xml"}


@functools.lru_cache(maxsize=1024)
def _packed(path: Path, changed: int) -> bytes:  # noqa: ARG001 # another time is another text
    return gzip.compress(path.read_bytes(), 6, mtime=0)


class SiteHandler(http.server.SimpleHTTPRequestHandler):
    """Serves the folder, with the site's own page for a missing address, and logs nothing."""

    # A page's files come by one connection, as from a host on the network.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two packets
    timeout = 60  # seconds in which a client must send or take something
    _varies = False  # with what the client accepts

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing for each request: the address stays the last line on the screen."""

    def handle(self) -> None:
        """Answer requests until the client goes, which is no error, or keeps us waiting."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle()

    def parse_request(self) -> bool:
        """Read line, headers and body. False for a request that has been refused."""
        self._varies = False
        if not super().parse_request():
            return False
        target = origin_form(self.path)
        refused = fault(self.command, target, self.request_version, self.headers)
        refused = refused or self._drop_body()
        if refused is not None:
            refuse(self, *refused)
            return False
        self.path = target
        return True

    def _drop_body(self) -> Fault | None:
        """A page needs no body; left unread, it would be taken for the next request."""
        if "Transfer-Encoding" in self.headers:
            return http.HTTPStatus.LENGTH_REQUIRED, "send a Content-Length, or no body"
        length = int(self.headers.get("Content-Length", 0))
        if length > _LONGEST_BODY:
            return http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "send no body"
        self.rfile.read(length)
        return None

    def do_POST(self) -> None:
        """Refuse what changes things."""
        self.send_error(http.HTTPStatus.METHOD_NOT_ALLOWED)

    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_POST

    def send_response(self, code: int, message: str | None = None) -> None:
        """Begin an answer; what is not allowed is told with what is (RFC 9110, section 15.5.6)."""
        super().send_response(code, message)
        if code == http.HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")

    def end_headers(self) -> None:
        """End the headers: a cache must keep a text's two forms apart."""
        if self._varies:
            self.send_header("Vary", "Accept-Encoding")
        super().end_headers()

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """Send texts as gzip to whoever takes that, as a host on the network would."""
        path = self._file()
        if path is None:
            self.send_error(http.HTTPStatus.NOT_FOUND)
            return None
        if path.is_dir() and self.path.partition("?")[0].endswith("/"):
            path /= "index.html"
        self._varies = path.suffix in _TEXTS and path.is_file()
        if not self._varies or not takes_gzip(self.headers.get("Accept-Encoding", "")):
            return super().send_head()
        body = _packed(path, path.stat().st_mtime_ns)
        self.send_response(http.HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)

    def _file(self) -> Path | None:
        """What the path names, None for what no file below the folder can be."""
        path = self.translate_path(self.path)
        try:
            found = Path(path).resolve()
            found.stat()
        except (OSError, ValueError):  # not there, a name that is too long, or a NUL
            return None
        return found if found.is_relative_to(Path(self.directory).resolve()) else None

    def list_directory(self, path: str | os.PathLike[str]) -> None:  # noqa: ARG002 # the base's
        """A folder without a page has no address, as on a host."""
        self.send_error(http.HTTPStatus.NOT_FOUND)

    def send_error(
        self,
        code: int,
        message: str | None = None,
        explain: str | None = None,  # noqa: ARG002 # the base's
    ) -> None:
        """Answer a missing address with the site's own page."""
        page = Path(self.directory) / "404.html"
        if code != http.HTTPStatus.NOT_FOUND or not page.is_file():
            refuse(self, code, message or self.responses[code][0])
            return
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def takes_gzip(accepted: str) -> bool:
    """Whether a header Accept-Encoding lets an answer be gzip (RFC 9110, section 12.5.3)."""
    weights = {}
    for item in accepted.split(","):
        name, _, weight = item.partition(";")
        match = _WEIGHT.fullmatch(weight) if weight else None
        weights[name.strip().lower()] = not weight or (match is not None and float(match[1]) > 0)
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", False)))


def site_server(folder: Path, port: int) -> http.server.ThreadingHTTPServer:
    """Return a server of the folder, bound to the loopback address only.

    `folder`: the built site. `port`: a port number, or 0 for any free one. Raises OSError: the port
    is taken.
    """
    handler = functools.partial(SiteHandler, directory=str(folder))
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C. A taken port gives way to a free one; exit status 2 without a site."""
    parser = argparse.ArgumentParser(prog="python -m podrole.site.serve", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="when taken: any free one")
    parser.add_argument("folder", type=Path, help="the built site")
    asked = parser.parse_args(arguments)
    if not (asked.folder / "index.html").is_file():
        print(f"podrole: {asked.folder} holds no built site; run `make site`", file=sys.stderr)
        return 2
    try:
        server = site_server(asked.folder, asked.port)
    except OSError:  # The port is taken, so any free one will do.
        server = site_server(asked.folder, 0)
    # A shell starts a background job with SIGINT ignored, and Python leaves it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with server, contextlib.suppress(KeyboardInterrupt):
        print(f"Serving http://127.0.0.1:{server.server_port}/ - Ctrl-C stops", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
