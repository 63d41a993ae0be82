"""A reader sees each diagram whole and reads its smallest text, on a phone and on a wide screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.files import files
from tests.site.site_build import REPOSITORY

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DOCS = REPOSITORY / "docs"
#: The address of each page that has a diagram.
PAGES = [
    page.relative_to(DOCS).as_posix().removesuffix(".md").removesuffix("index")
    for page in files(DOCS, "**/*.md")
    if "```mermaid" in page.read_text(encoding="utf-8")
]
#: The least size of a text on the screen, in px.
LEAST = 11
#: Of each drawing: how much wider it is than its figure, and its smallest text, as shown.
_MEASURE = """figures => figures.map(figure => {
  const svg = figure.querySelector("svg"), scale = svg.getScreenCTM().a;
  const sizes = [...svg.querySelectorAll("text")]
    .map(text => parseFloat(getComputedStyle(text).fontSize) * scale);
  const box = figure.querySelector(".diagram-scroll");
  return {title: figure.innerText.trim(), cut: box.scrollWidth - box.clientWidth,
          smallest: Math.min(...sizes)};
})"""


@pytest.mark.parametrize("width", [390, 1440])
def test_a_diagram_is_whole_and_legible(browser: Browser, site_address: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    seen = 0
    for path in PAGES:
        page.goto(f"{site_address}{path}")
        drawn: list[dict[str, Any]] = page.locator("figure.diagram").evaluate_all(_MEASURE)
        for one in drawn:
            assert one["cut"] <= 0, f"{path}: {one}"
            assert one["smallest"] >= LEAST, f"{path}: {one}"
        seen += len(drawn)
    page.close()
    assert seen >= len(PAGES)
