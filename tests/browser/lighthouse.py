"""Lighthouse, of the lock file, in a Chromium of its own."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.conftest import BROWSER, OPTIONS
from tests.lab.tools import CLIENTS, node_modules, tool


@contextmanager
def debugging_port() -> Iterator[str]:
    """The port by which Lighthouse speaks to the Chromium."""
    assert BROWSER
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [BROWSER, "--headless", *OPTIONS, f"--user-data-dir={profile}"]
        with subprocess.Popen(
            [*command, "--remote-debugging-port=0", "about:blank"],
            stderr=subprocess.PIPE,
            text=True,
        ) as chromium:
            assert chromium.stderr
            for line in chromium.stderr:  # it says its port once it listens
                if "DevTools listening on" in line:
                    break
            yield Path(profile, "DevToolsActivePort").read_text().split()[0]
            chromium.kill()


def judged(port: str, address: str) -> dict[str, Any]:
    """What Lighthouse says: `scores` of 100, what `failed`, and the machine's speed as `index`."""
    script = Path(__file__).with_suffix(".mjs")
    modules = node_modules(CLIENTS / "audit")
    done = subprocess.run(
        [tool("node"), str(script), str(modules), port, address], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found
