"""A lab borrows the process that it runs in: what it changes there, it puts back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.process_state import STEPS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("step", STEPS)
def test_a_process_is_as_it_was(step: str) -> None:
    """After an import, after a lab has stopped, and after one that could not start."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.lab.process_state", step],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == []
