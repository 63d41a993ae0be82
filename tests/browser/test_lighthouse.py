"""Lighthouse's scores of the built site; not the one for speed, which other programs change."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import BROWSER, OPTIONS
from tests.browser.page_kinds import KINDS
from tests.lab.tools import CLIENTS, node_modules, tool

_PORT = "DevToolsActivePort"


@pytest.fixture
def debugging_port(site_address: str, tmp_path: Path) -> Iterator[str]:
    """A Chromium of its own: Lighthouse speaks to it by a port."""
    assert BROWSER
    command = [BROWSER, "--headless", *OPTIONS, f"--user-data-dir={tmp_path}"]
    with subprocess.Popen(
        [*command, "--remote-debugging-port=0", "about:blank"], stderr=subprocess.PIPE, text=True
    ) as chromium:
        assert chromium.stderr
        for line in chromium.stderr:  # it says its port once it listens
            if "DevTools listening on" in line:
                break
        yield (tmp_path / _PORT).read_text().split()[0]
        chromium.kill()


@pytest.mark.parametrize("kind", ["notebook", "start"])
def test_scores(debugging_port: str, site_address: str, kind: str) -> None:
    modules = node_modules(CLIENTS / "audit")
    script = Path(__file__).with_name("lighthouse.mjs")
    done = subprocess.run(
        [
            *(tool("node"), str(script), str(modules), debugging_port),
            f"{site_address}{KINDS[kind]}",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    judged = json.loads(done.stdout)
    scores = judged["scores"]
    assert scores["accessibility"] == 100, judged["failed"]
    assert scores["best-practices"] == 100, judged["failed"]
    assert scores["seo"] == 100, judged["failed"]
