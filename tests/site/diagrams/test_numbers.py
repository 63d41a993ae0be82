"""A reader finds each number of a diagram in the list beside it, and reads it on a phone."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

from podrole.site.diagrams.diagram import diagrams_in
from tests.files import files
from tests.site.site_build import REPOSITORY

DRAWINGS = REPOSITORY / "docs" / "diagrams"
#: What a page leaves a drawing on a phone of 390 px; the style's size of its text; the least that
#: it may shrink to there, all in px. `tests/browser/test_diagrams_in_browser.py` measures it.
ROOM, TEXT, LEAST = 358, 14, 11
_FENCE = re.compile(r"^```mermaid\n.*?^```$", re.MULTILINE | re.DOTALL)
_STEPS = re.compile(r"^(\d+)\. ", re.MULTILINE)


def with_what_follows() -> Iterator[tuple[str, str, Path]]:
    """Each diagram of a page: its title, the text up to the next heading, its drawing."""
    for page in files(REPOSITORY / "docs", "**/*.md"):
        text = page.read_text(encoding="utf-8")
        for fence in _FENCE.finditer(text):
            (diagram,) = diagrams_in(fence[0])
            follows = re.split(r"^#|^```mermaid", text[fence.end() :], maxsplit=1, flags=re.M)[0]
            yield diagram.title, follows, DRAWINGS / diagram.file_name


DIAGRAMS = list(with_what_follows())


def lines(drawing: Path) -> Iterator[str]:
    """The lines of text that the drawing shows."""
    for one in ElementTree.fromstring(drawing.read_text(encoding="utf-8")).iter():
        if "row" in one.get("class", "").split():
            yield "".join(one.itertext()).strip()


@pytest.mark.parametrize(
    ("title", "follows", "drawing"), DIAGRAMS, ids=[one[0] for one in DIAGRAMS]
)
def test_its_numbers_are_those_of_the_list_beside_it(
    title: str, follows: str, drawing: Path
) -> None:
    shown = [line for line in lines(drawing) if line]
    assert shown, title
    numbers = {
        int(number)
        for line in shown
        if (begins := re.match(r"((?:\d+, )*\d+)(?:\.|\Z)", line))
        for number in begins[1].split(", ")
    }
    steps = list(map(int, _STEPS.findall(follows)))
    assert steps == list(range(1, len(steps) + 1))
    assert numbers == set(steps)


@pytest.mark.parametrize("drawing", [one[2] for one in DIAGRAMS], ids=[one[0] for one in DIAGRAMS])
def test_its_text_is_legible_on_a_phone(drawing: Path) -> None:
    width = float(ElementTree.fromstring(drawing.read_text(encoding="utf-8")).get("width", ""))
    assert TEXT * min(1, ROOM / width) >= LEAST, f"{width} px wide: shorten its labels"
