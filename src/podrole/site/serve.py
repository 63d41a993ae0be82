"""Serve the built site on a loopback port: `python -m podrole.site.serve --port 8000 site`."""

import argparse
import contextlib
import functools
import gzip
import http.server
import io
import signal
import sys
from pathlib import Path
from typing import BinaryIO

_TEXTS = {".css", ".html", ".ipynb", ".js", ".json", ".md", ".svg", ".txt", ".wasm", ".xml"}


@functools.lru_cache(maxsize=1024)
def _packed(path: Path, changed: int) -> bytes:  # noqa: ARG001 # another time is another text
    return gzip.compress(path.read_bytes(), 6, mtime=0)


class SiteHandler(http.server.SimpleHTTPRequestHandler):
    """Serves the folder, with the site's own page for a missing address, and logs nothing."""

    # A page's files come by one connection, as from a host on the network.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two packets

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing for each request: the address stays the last line on the screen."""

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """Send texts as gzip to whoever takes that, as a host on the network would."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() and self.path.endswith("/") else path
        takes = "gzip" in self.headers.get("Accept-Encoding", "")
        if not takes or path.suffix not in _TEXTS or not path.is_file():
            return super().send_head()
        body = _packed(path, path.stat().st_mtime_ns)
        self.send_response(http.HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a missing address with the site's own page."""
        page = Path(self.directory) / "404.html"
        if code != http.HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, message, explain)
            return
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def site_server(folder: Path, port: int) -> http.server.ThreadingHTTPServer:
    """Return a server of the folder, bound to the loopback address only.

    Args:
        folder: the built site.
        port: a port number, or 0 for any free one.

    Raises:
        OSError: the port is taken.
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
