"""Lighthouse, of the lock file, in a Chromium of its own."""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.browser.conftest import OPTIONS
from tests.client_programs import CLIENTS, node_modules
from tests.tools import needs


@contextmanager
def debugging_port() -> Iterator[str]:
    """The port by which Lighthouse speaks to the Chromium."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [needs("chromium"), "--headless", *OPTIONS, f"--user-data-dir={profile}"]
        with subprocess.Popen(
            [*command, "--remote-debugging-port=0", "about:blank"],
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as chromium:
            assert chromium.stderr
            try:
                # It says its port once it listens: "DevTools listening on ws://127.0.0.1:1234/…".
                lines = (line for line in chromium.stderr if "DevTools listening on" in line)
                yield str(urlsplit(next(lines).split()[-1]).port)
            finally:  # Debian's command is a script, which may not be Chromium itself
                os.killpg(chromium.pid, signal.SIGKILL)


def judged(port: str, address: str) -> dict[str, Any]:
    """What Lighthouse says: `scores` of 100, what `failed`, and the machine's speed as `index`."""
    script = Path(__file__).with_suffix(".mjs")
    modules = node_modules(CLIENTS / "audit")
    done = subprocess.run(
        [needs("node"), str(script), str(modules), port, address],
        capture_output=True,
        text=True,
        timeout=180,  # seconds: it has waited for ever for a page whose drawer was not rendered
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found
