"""The files that a test walks through: a test of none would pass, whatever it asserts of each."""

from __future__ import annotations

from pathlib import Path


def files(folder: Path, pattern: str) -> list[Path]:
    """The files of a pattern in a folder, sorted.

    Args:
        pattern: as for `Path.glob`: `**/*.md` also looks in the folders below.

    Raises:
        AssertionError: there are none, because the folder has moved.
    """
    found = sorted(folder.glob(pattern))
    assert found, f"{folder} has no {pattern}: where is it now?"
    return found
