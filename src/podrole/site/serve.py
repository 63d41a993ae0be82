"""Serve the built site on a loopback port: `python -m podrole.site.serve --port 8000 site`."""

import argparse
import contextlib
import functools
import http.server
import signal
import sys
from pathlib import Path


class SiteHandler(http.server.SimpleHTTPRequestHandler):
    """Serves the folder, with the site's own page for a missing address, and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing for each request: the address stays the last line on the screen."""

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
