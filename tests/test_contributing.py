"""What the texts for contributors name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.files import files

ROOT = Path(__file__).parents[1]
PAGES = files(ROOT / "docs/contributing", "*.md")
#: From where the texts count: the pages about the lab and the site leave out the beginning.
ROOTS = [ROOT, ROOT / "src/podrole", ROOT / "src/podrole/lab"]
_PATH = re.compile(r"`((?:[\w.-]+/)+[\w.*-]*)`")
#: Made by a build or by a reader, and so not there at first.
_MADE = re.compile(r"site/$|\.cache/|evidence/")


@pytest.mark.parametrize(
    "text", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES], ids=lambda path: path.stem
)
def test_each_path_exists(text: Path) -> None:
    named = set(_PATH.findall(text.read_text(encoding="utf-8")))
    wanted = {name for name in named if "NAME" not in name and not _MADE.match(name)}
    assert not {name for name in wanted if not any([*root.glob(name)] for root in ROOTS)}


def test_a_path_that_is_gone_would_be_seen() -> None:
    named = _PATH.findall("`src/podrole/gone/`, `kms.py`, `access/actions/*.yaml`, `make check`")
    assert named == ["src/podrole/gone/", "access/actions/*.yaml"]
