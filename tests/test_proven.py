"""CI runs a test once: without tools where it can, else with them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.tools import ROOT

TESTS = """
import os, pytest
def test_passes(): pass
def test_asks_for_a_tool(): os.environ.get("TOOL") or pytest.skip("needs a tool")
def test_fails(): assert os.environ.get("TOOL")
@pytest.fixture
def tool(): os.environ.get("TOOL") or pytest.skip("needs a tool")
def test_has_a_fixture_that_does(tool): pass
"""


def test_what_passed_without_tools_is_left_out_with_them(tmp_path: Path) -> None:
    for folder in ("lab", "site"):
        (tmp_path / "tests" / folder).mkdir(parents=True)
        (tmp_path / "tests" / folder / f"test_{folder}.py").write_text(TESTS)
    file = tmp_path / "deep/proven.txt"
    without = ran(tmp_path, PODROLE_PROVES=str(file))
    assert "2 failed, 2 passed, 4 skipped" in without
    assert file.read_text().splitlines() == [
        "'tests/lab/test_lab.py::test_passes'",
        "'tests/site/test_site.py::test_passes'",
    ]
    assert "7 passed, 1 deselected" in ran(tmp_path, TOOL="1", PODROLE_PROVEN=str(file))


def ran(folder: Path, **variables: str) -> str:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    command = (
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.proven",
        "-q",
        "--rootdir",
        ".",
        "tests",
    )
    return subprocess.run(
        command,
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
    ).stdout
