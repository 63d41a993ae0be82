"""The guide as a whole: nothing typed that a snippet should be, no link unseen, no long page."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from podrole.site.markdown.fence import prose_lines
from podrole.site.pages.data_table import read_data
from podrole.site.source.site_config import read_config
from tests.files import files

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = files(DOCS, "**/*.md")
NOTEBOOKS = files(ROOT / "notebooks", "*.ipynb")
NAMES = {"ids": lambda path: path.stem}

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})\s*(\S*)")
_LINK = re.compile(r"\]\((https?://[^)\s]+)\)")
_BARE = re.compile(r"(?<![(\[`])\bhttps?://(?!127\.0\.0\.1|169\.254)[\w./#-]+")
_MARKER = re.compile(r"^\s*\{\{.*\}\}\s*$")
#: Words that hide a step or promise too much.
_EMPTY = re.compile(
    r"\b(simply|easily|obviously|of course|basically|please|seamless\w*|robust|leverag\w+|"
    r"powerful|best-in-class|note that|in order to)\b",
    re.IGNORECASE,
)
#: 200 words a minute, for five minutes.
LONGEST = 1000


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def markdown_cells(path: Path) -> Iterator[str]:
    for cell in json.loads(text_of(path))["cells"]:
        if cell["cell_type"] == "markdown":
            yield "".join(cell["source"])


def markdown_of(path: Path) -> str:
    return "\n\n".join(markdown_cells(path)) if path.suffix == ".ipynb" else text_of(path)


def opened_fences(markdown: str) -> Iterator[str]:
    """The language of each fenced block."""
    fence = ""
    for line in markdown.split("\n"):
        match = _FENCE.match(line)
        if not match:
            continue
        if not fence:
            fence = match[1]
            yield match[2]
        elif match[1].startswith(fence) and not match[2]:
            fence = ""


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS], **NAMES)
def test_code_is_a_snippet_or_an_output(path: Path) -> None:
    assert set(opened_fences(markdown_of(path))) <= {"mermaid", "output"}, (
        "make it a file in snippets/"
    )


def test_a_stray_block_would_be_seen() -> None:
    page = 'a\n\n```mermaid\nx\n```\n\n=== "CLI"\n\n    ```bash\n    aws\n    ```\n\n~~~\nb\n~~~\n'
    assert list(opened_fences(page)) == ["mermaid", "bash", ""]


@pytest.mark.parametrize("path", PAGES, **NAMES)
def test_no_code_by_indentation(path: Path) -> None:
    """Four spaces after a paragraph make a block too, unless a list, a tab or a note holds it."""
    holder, previous = False, ""
    for number, line in enumerate(prose_lines(text_of(path)), start=1):
        if line and not line.startswith(" "):
            holder = bool(re.match(r"([*-]|\d+\.|===|!!!|\?\?\?)", line))
        elif line.startswith("    ") and not previous:
            assert holder, f"{path.name}:{number}: {line.strip()}"
        previous = line


class TestLinks:
    def found(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        data = files(DOCS / "data", "*.yml")
        for path in [*PAGES, *NOTEBOOKS, *data]:
            if path.stem != "links":
                for address in _LINK.findall(markdown_of(path)):
                    found.setdefault(address, []).append(path.name)
        return found

    def test_each_external_link_was_checked(self) -> None:
        listed = {row["address"]: row for row in read_data(DOCS / "data/links.yml")}
        found = self.found()
        assert found, "the guide has sources"
        assert sorted(found) == sorted(listed), "list each in docs/data/links.yml, with its date"
        for row in listed.values():
            assert row.keys() == {"address", "holds", "checked"}
            assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", row["checked"])
            assert row["address"].startswith("https://")

    @pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS], **NAMES)
    def test_no_address_stands_bare(self, path: Path) -> None:
        prose = "\n".join(prose_lines(markdown_of(path)))
        assert not _BARE.findall(re.sub(r"`[^`]*`", "", prose))


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS], **NAMES)
def test_headings_go_down_one_level_at_a_time(path: Path) -> None:
    levels = [
        len(match[1])
        for line in prose_lines(markdown_of(path))
        if (match := re.match(r"(#+) \S", line))
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    for above, below in itertools.pairwise(levels):
        assert below <= above + 1


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS], **NAMES)
def test_headings_end_without_a_stop(path: Path) -> None:
    for line in prose_lines(markdown_of(path)):
        if re.match(r"#+ ", line):
            assert not line.endswith((".", ":")), line


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS], **NAMES)
def test_plain_words(path: Path) -> None:
    for line in prose_lines(markdown_of(path)):
        assert not _EMPTY.search(line), line


@pytest.mark.parametrize("path", files(DOCS / "howto", "*.md"), **NAMES)
def test_a_how_to_fits_in_five_minutes(path: Path) -> None:
    words = sum(
        len(re.findall(r"\w[\w'’.:/-]*", line))
        for line in prose_lines(text_of(path))
        # Headings and rows of tables are looked up: they carry whole error texts.
        if not _MARKER.match(line) and not line.startswith(("|", "#"))
    )
    assert words <= LONGEST, f"{words} words"


def test_every_page_is_in_the_navigation() -> None:
    nav = json.dumps(read_config(ROOT / "mkdocs.yml")["nav"])
    for path in PAGES:
        assert f'"{path.relative_to(DOCS).as_posix()}"' in nav
    for path in NOTEBOOKS:
        assert f'"notebooks/{path.name}"' in nav


_BOTOCORE = re.compile(r"(?<!since )botocore (\d+(?:\.\d+){2})")


def versions_read(text: str) -> Iterator[tuple[int, ...]]:
    """The versions of botocore that a text cites; one after `since` dates a change."""
    for found in _BOTOCORE.findall(text):
        yield tuple(map(int, found.split(".")))


#: Where botocore was read; the table of SDKs has versions that are minima.
CITING = [
    *PAGES,
    *NOTEBOOKS,
    *(path for path in files(DOCS / "data", "*.yml") if path.stem != "sdk-versions"),
    *files(ROOT / "snippets", "**/*.yml"),
]


@pytest.mark.parametrize("path", CITING, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_was_read_in_botocore_is_no_older_than_the_locks(path: Path) -> None:
    locked = tuple(map(int, version("botocore").split(".")))
    for cited in versions_read(text_of(path)):
        shown = ".".join(map(str, cited))
        assert cited >= locked, f"botocore {shown} is cited: read it again in {version('botocore')}"


def test_a_page_that_cites_an_older_botocore_is_found() -> None:
    assert list(versions_read("(botocore 1.44.5, model of EKS), since botocore 1.31.0")) == [
        (1, 44, 5)
    ]
