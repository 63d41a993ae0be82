"""Serve the built site on the loopback: `python -m podrole.site.serve site`."""

import argparse
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOST = "127.0.0.1"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base's name)
        """Keep the terminal free for the one line that matters: the address."""


def main() -> int:
    """Serve until Ctrl-C. A taken port gives way to a free one; exit code 2 without a site."""
    parser = argparse.ArgumentParser(description="Serve the built site on the loopback.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    if not (arguments.folder / "index.html").is_file():
        print(f"podrole: no site in {arguments.folder}: run make site first", file=sys.stderr)
        return 2
    handler = partial(_Quiet, directory=str(arguments.folder))
    try:
        server = ThreadingHTTPServer((HOST, arguments.port), handler)
    except OSError:
        server = ThreadingHTTPServer((HOST, 0), handler)
    print(f"Serving http://{HOST}:{server.server_port}/ - Ctrl-C stops", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
