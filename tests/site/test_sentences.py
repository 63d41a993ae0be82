"""A reader understands a sentence when reading it once: it is short."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from podrole.site.markdown.fence import prose_lines
from tests.files import files
from tests.site.site_build import REPOSITORY

PAGES = files(REPOSITORY / "docs", "**/*.md")
#: Words of a sentence at most: plain English has about twenty.
LONGEST = 25
#: Where a sentence or its half ends; bold words may end with it.
_END = re.compile(r"(?<=[.?!:;])\**\s+")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
#: Brackets that only say where a sentence comes from.
_SOURCE = re.compile(r"\([^()]*\b(?:checked|cited|inferred|botocore|secondary)\b[^()]*\)")
#: What stands between paragraphs: tables, headings, markers, tabs, admonitions.
_BETWEEN = re.compile(r"\s*(?:$|[|#]|\{\{|===|!!!|\?\?\?|<)")
_ITEM = re.compile(r"\s*(?:[*-]|\d+\.) ")


def paragraphs(markdown: str) -> Iterator[str]:
    """The paragraphs and items of a page, each on one line."""
    parts: list[str] = []
    for line in prose_lines(markdown.split("\n---\n", 1)[-1]):
        between = _BETWEEN.match(line)
        if parts and (between or _ITEM.match(line)):
            yield " ".join(parts)
            parts = []
        if not between:
            parts.append(line.strip())
    if parts:
        yield " ".join(parts)


def sentences(markdown: str) -> Iterator[str]:
    """The sentences of a page, without sources and the addresses of links."""
    for paragraph in paragraphs(markdown):
        if not re.match(r"Sources?:", paragraph):
            yield from _END.split(_SOURCE.sub("", _LINK.sub(r"\1", paragraph)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_sentence_is_short(page: Path) -> None:
    long = [one for one in sentences(page.read_text("utf-8")) if len(one.split()) > LONGEST]
    assert not long


def test_sentences_are_told_apart() -> None:
    page = "# T\n\n**One.** Two (cited, checked\n2026) three; four:\n\n* [five](x) six\n"
    assert list(sentences(page)) == ["**One.", "Two  three;", "four:", "* five six"]
