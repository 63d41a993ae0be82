"""CI proves a test once: what passed without tools is not run again with them.

`.ci/bare.py` names a file in PODROLE_PROVES, and its run with git, make and Python alone writes
there which tests passed. The next run reads it by PODROLE_PROVEN and leaves them out, but for those
that look at the built site: Node.js builds more into it. A test that asks for a tool was skipped
there, so it runs here.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

#: Run with and without tools: the site is another one.
_TWICE = ("tests/site/", "tests/pyodide/")


class Proven:
    """Collects which tests passed: all phases of them, none skipped."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._called: set[str] = set()
        self._others: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of one phase of a test."""
        if not report.passed or hasattr(report, "wasxfail"):
            self._others.add(report.nodeid)
        elif report.when == "call":
            self._called.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write the file."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        lines = sorted(self._called - self._others)
        self._file.write_text("".join(f"{line!r}\n" for line in lines), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Collect for PODROLE_PROVES, in the process that all reports reach."""
    file = os.environ.get("PODROLE_PROVES")
    if file and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Proven(Path(file)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what PODROLE_PROVEN lists."""
    file = os.environ.get("PODROLE_PROVEN")
    if not file:
        return
    proven = set(Path(file).read_text(encoding="utf-8").splitlines())
    left_out = [item for item in items if _is_proven(item.nodeid, proven)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not _is_proven(item.nodeid, proven)]


def _is_proven(nodeid: str, proven: set[str]) -> bool:
    return repr(nodeid) in proven and not nodeid.startswith(_TWICE)
