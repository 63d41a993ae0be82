"""The last lines of a run: what it did not prove, which tool that wants, and how to get it."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable

import pytest

from tests.tools import TOOLS

_HEAD = ("tests", "want", "about", "to get it")
_NEEDS = re.compile(r"needs ([\w-]+): (?:.* here is (\d+(?:\.\d+)*))?")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the table; where CI is set, also that there is none."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section(f"not proven here, {len(skipped)} skipped")
        for line in table(report.longrepr[2] for report in skipped):
            terminalreporter.line(line)
    elif os.environ.get("CI"):
        terminalreporter.line("Nothing was skipped.")


def table(reasons: Iterable[str]) -> list[str]:
    """The lines of the table: one for each tool or other reason, the most tests first.

    Args:
        reasons: of each test that was skipped, as pytest gives them: `Skipped: no such file`.
    """
    counts = Counter(_row(one.removeprefix("Skipped: ")) for one in reasons)
    rows = [(str(count), *row) for row, count in counts.most_common()]
    widths = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
    return [
        "  ".join([row[0].rjust(widths[0]), *map(str.ljust, row[1:], widths[1:])]).rstrip()
        for row in (_HEAD, *rows)
    ]


def _row(reason: str) -> tuple[str, str, str]:
    named = _NEEDS.match(reason)
    if not named:
        return reason, "", ""
    tool = TOOLS[named[1]]
    too_old = f" (here is {named[2]})" if named[2] else ""
    return f"{tool.title}{too_old}", tool.about, tool.get
