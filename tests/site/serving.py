"""A built folder on a loopback port, as `make serve` has it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from podrole.site.serve import site_server


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of the folder."""
    with site_server(folder, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
