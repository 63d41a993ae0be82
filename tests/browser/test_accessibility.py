"""No page kind has anything that axe-core can find fault with, in either scheme."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.page_kinds import KINDS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_RUN = """async () => (await axe.run(document)).violations.map(one =>
  `${one.id}: ${one.help}: ${one.nodes.slice(0, 4).map(node => node.html).join(' | ')}`)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", KINDS.values(), ids=KINDS)
def test_axe_finds_nothing(
    browser: "Browser", site_address: str, axe: str, path: str, scheme: str
) -> None:
    page = browser.new_page(color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{site_address}{path}")
    page.evaluate(axe)
    assert page.evaluate(_RUN) == []
    page.close()


def test_axe_would_find_a_fault(browser: "Browser", site_address: str, axe: str) -> None:
    page = browser.new_page()
    page.goto(site_address)
    page.evaluate("document.querySelector('.md-content h1').insertAdjacentHTML('afterend',"
                  " '<img src=\"assets/favicon.svg\">')")  # fmt: skip
    page.evaluate(axe)
    assert any(found.startswith("image-alt") for found in page.evaluate(_RUN))
    page.close()
