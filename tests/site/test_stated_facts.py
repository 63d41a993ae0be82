"""Each figure about AWS that pages, notebooks and snippets state is in its row of docs/data/."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import yaml

from podrole.site.pages.data_table import read_data
from tests.files import files
from tests.site.site_build import REPOSITORY

DATA = REPOSITORY / "docs" / "data"
#: Which phrases state which cell of which row.
STATED = read_data(REPOSITORY / "tests" / "conformance" / "stated.yml")
#: Pages about Podrole itself, whose figures are its own.
_OWN = re.compile(
    r"contributing/|howto/(?:lab|publish|snippets)\.md|reference/(?:policy-engine|lab-security)\.md"
)
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_WORD = re.compile(rf"\b({'|'.join(_NUMBERS)})(?= (?:hours?|tags|SCPs)\b)")
#: What counts as a figure: a time, a size or quota, a percentage, a hop limit, a link-local
#: address, the version of an add-on, the day since when something is so.
FIGURE = re.compile(
    r"\b\d[\d,]* (?:hours?|minutes?|days|characters|bytes|tags|SCPs)\b|\b\d{1,3},\d{3}\b|\b\d+ %"
    r"|hop limit (?:of )?\d|\b169\.254\.\d+\.(?!123)\d+|fd00:ec2::\d+|\d\.\d\.\d-eksbuild"
    r"|(?:[Ss]ince|[Uu]ntil|[Bb]efore) 20\d\d-\d\d-\d\d"
)


def plain(text: str) -> str:
    """A text on one line, without marks of emphasis and code, its small numbers as digits."""
    text = re.sub(r"[*`]|<br/>", " ", text)
    text = re.sub(r"\ban (?=hour\b)", "one ", text)
    text = _WORD.sub(lambda one: str(_NUMBERS.index(one[0]) + 1), text)
    return " ".join(text.split())


def _texts() -> Iterator[tuple[str, str]]:
    for page in files(REPOSITORY / "docs", "**/*.md"):
        name = page.relative_to(REPOSITORY / "docs").as_posix()
        if not _OWN.match(name):
            yield name, page.read_text(encoding="utf-8")
    for notebook in files(REPOSITORY / "notebooks", "*.ipynb"):
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        yield (
            notebook.name,
            "\n\n".join("".join(one["source"]) for one in cells if one["cell_type"] == "markdown"),
        )
    for snippet in files(REPOSITORY / "snippets", "*/*.yml"):
        said = yaml.safe_load(snippet.read_text(encoding="utf-8"))
        if isinstance(said, dict):
            yield (
                snippet.name,
                "\n".join(str(said.get(key, "")) for key in ("title", "for", "notes")),
            )
    for causes in files(REPOSITORY / "src/podrole/doctor/texts", "causes_*.yml"):
        rows = yaml.safe_load(causes.read_text(encoding="utf-8"))
        yield causes.name, "\n".join(f"{one['means']}\n{one['fix']}" for one in rows)
    for table in ("comparison", "errata", "platforms"):
        rows = read_data(DATA / f"{table}.yml")["rows"]
        yield (
            f"{table}.yml",
            "\n".join(
                str(cell)
                for row in rows
                for key, cell in row.items()
                if key not in ("source", "checked")
            ),
        )


TEXTS = {name: plain(text) for name, text in _texts()}


def cell(table: str, first: str, column: str) -> str:
    """What a row of a table says in a column; `first` is the row's first cell."""
    data = read_data(DATA / f"{table}.yml")
    key = next(iter(data["columns"]))
    (row,) = (one for one in data["rows"] if one[key] == first)
    return plain(row[column])


PHRASES = [
    (*fact["row"], figure, phrase)
    for fact in STATED
    for figure, phrases in fact["figures"].items()
    for phrase in phrases
]


@pytest.mark.parametrize(
    ("table", "first", "column", "figure"), sorted({one[:4] for one in PHRASES})
)
def test_the_row_says_it(table: str, first: str, column: str, figure: str) -> None:
    said = cell(table, first, column)
    assert re.search(rf"(?<![\d.,]){re.escape(plain(figure))}(?![\d]|[.,]\d)", said), said


def test_each_phrase_stands_somewhere() -> None:
    """One that stands nowhere has been changed in a page: write it as it is now."""
    every = "\n".join(TEXTS.values())
    gone = [one for one in PHRASES if one[4].replace("{}", one[3]) not in every]
    assert not gone


@pytest.mark.parametrize("name", TEXTS)
def test_each_figure_is_that_of_a_row(name: str) -> None:
    """Of one that is new, write the phrase beside its row in tests/conformance/stated.yml."""
    text = TEXTS[name]
    stated = [
        found.span()
        for *_, figure, phrase in PHRASES
        for found in re.finditer(re.escape(phrase.replace("{}", figure)), text)
    ]
    for found in FIGURE.finditer(text):
        beside = text[max(0, found.start() - 40) : found.end() + 40]
        figure = found[0].split(" ")[-1] if found[0][:1].isalpha() else found[0]
        start = found.end() - len(figure)
        assert any(a <= start and found.end() <= b for a, b in stated), f"…{beside}…"
