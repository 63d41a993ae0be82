"""The site in Firefox: a notebook runs, values are filled in, a policy is read."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.client_programs import CLIENTS, node_modules
from tests.tools import needs


@pytest.fixture(scope="module")
def seen(site_address: str) -> dict[str, object]:
    script = Path(__file__).with_name("firefox.mjs")
    modules = node_modules(CLIENTS / "audit")  # Lighthouse's lock file brings Puppeteer
    done = subprocess.run(
        [needs("node"), str(script), str(modules), needs("firefox"), site_address],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_notebook_runs_as_it_is_stored(seen: dict[str, object]) -> None:
    assert str(seen["run"]).endswith("the output matches the stored output.")


def test_a_value_stands_in_every_block(seen: dict[str, object]) -> None:
    assert int(str(seen["values"])) > 5


def test_a_broken_policy_is_refused_with_its_place(seen: dict[str, object]) -> None:
    assert "line 1" in str(seen["checker"])


def test_nothing_is_complained_of(seen: dict[str, object]) -> None:
    assert seen["complaints"] == []
