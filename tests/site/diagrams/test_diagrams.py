"""Diagrams: each has its words and its drawing, and no drawing is left over."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from podrole.site.diagrams.diagram import Diagram, DiagramError, check_drawings, diagrams_in, figure
from podrole.site.diagrams.draw import diagrams_of
from tests.files import files
from tests.site.site_build import REPOSITORY

DRAWINGS = REPOSITORY / "docs" / "diagrams"
NAMES = [path.name for path in files(DRAWINGS, "*.svg")]
SOURCE = "flowchart LR\n  accTitle: One\n  accDescr: A leads to B.\n  a --> b"


def test_drawings_and_diagrams_are_the_same_set() -> None:
    """A difference is fixed by `python -m podrole.site.diagrams.draw`."""
    assert set(NAMES) == set(diagrams_of(REPOSITORY))


@pytest.mark.parametrize("name", NAMES)
def test_a_drawing_is_small_and_brings_nothing_of_its_own(name: str) -> None:
    text = (DRAWINGS / name).read_text(encoding="utf-8")
    assert len(text) < 20_000
    tags = {one.tag.split("}")[-1] for one in ElementTree.fromstring(text).iter()}
    assert not tags & {"script", "style", "foreignObject", "image", "a"}
    assert not re.search(r"url\((?!#)|\son\w+=", text)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_a_diagram_is_found_in_a_tab_too() -> None:
    fence = "```mermaid\n" + SOURCE + "\n```"
    indented = "\n".join(f"    {line}" for line in fence.split("\n"))
    found = list(diagrams_in(f'Text\n\n{fence}\n\n=== "Tab"\n\n{indented}\n'))
    assert found == [Diagram.parse(SOURCE)] * 2


def test_its_words_may_be_a_line_or_a_block() -> None:
    block = SOURCE.replace("accDescr: A leads to B.", "accDescr {\n    A leads\n    to B.\n  }")
    assert Diagram.parse(block).words == Diagram.parse(SOURCE).words == "A leads to B."


@pytest.mark.parametrize("missing", ["accTitle", "accDescr"])
def test_a_diagram_without_words_is_refused(missing: str) -> None:
    with pytest.raises(DiagramError, match="'flowchart LR' needs"):
        Diagram.parse(re.sub(f"  {missing}.*\n", "", SOURCE))


def test_a_missing_drawing_is_named_with_its_line_and_fix(tmp_path: Path) -> None:
    page = f"# Title\n\n```mermaid\n{SOURCE}\n```\n"
    with pytest.raises(DiagramError, match=r"docs/x\.md:3: .*'One'.*podrole\.site\.diagrams\.draw"):
        check_drawings(page, tmp_path, "docs/x.md")


def test_the_figure_says_the_diagram_in_words(tmp_path: Path) -> None:
    diagram = Diagram.parse(SOURCE.replace("A leads to B.", "A < B & C."))
    (tmp_path / diagram.file_name).write_text("<svg/>", encoding="utf-8")
    shown = figure(diagram, tmp_path)
    assert "<p>A &lt; B &amp; C.</p>" in shown
    assert 'aria-label="One"' in shown
    assert "<svg/>" in shown
