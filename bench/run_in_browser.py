"""How long a reader waits for Python: `python bench/run_in_browser.py`, on a quiet machine.

A Run's first result shall come within 10 s cold on loopback and within 1 s again; the policy
checker's first answer within 3 s, and each after it within 50 ms. Needs the built site (`make
site`, with npm) and Chromium.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from podrole.catalog import Catalog
from tests.browser.conftest import OPTIONS
from tests.site.serving import serving
from tests.tools import needs

SITE = Path(__file__).parents[1] / "site"
ROUNDS = 5


def result(page: Page, name: str) -> float:
    """Seconds from the click on the button to the output of cell 2."""
    begun = time.monotonic()
    page.get_by_role("button", name=name, exact=True).click()
    page.locator(".nb-cell[data-cell='2']").get_by_text("matches the stored output").wait_for()
    return time.monotonic() - begun


def measure(browser: Browser, address: str) -> dict[str, float]:
    """A new browser profile has nothing cached."""
    context = browser.new_context()
    context.set_default_timeout(300_000)
    page = context.new_page()
    page.goto(f"{address}notebooks/01-the-leaky-key/")
    cold = result(page, "Run cell 2")
    page.locator(".nb-bar:not(.nb-active)").wait_for()
    page.get_by_role("button", name="Reset", exact=True).click()
    again = result(page, "Run cell 2")
    context.close()
    return {"cold": cold, "again": again}


def answer(page: Page, text: str) -> float:
    """Seconds from the paste to the verdict."""
    begun = time.monotonic()
    page.locator("[name=policy]").fill(text)
    page.wait_for_function(
        "() => document.querySelector('.checker-result').getAttribute('aria-busy') === 'false'"
        " && document.querySelector('.checker-verdict').textContent"
    )
    return time.monotonic() - begun


def check(browser: Browser, address: str) -> dict[str, float]:
    """The policy checker, with nothing cached."""
    context = browser.new_context()
    context.set_default_timeout(300_000)
    page = context.new_page()
    page.goto(f"{address}check/policy/", wait_until="networkidle")
    policy = Catalog.load().render("trust-irsa-exact", "json")
    first = answer(page, policy)
    answer(page, policy + " ")
    told = page.locator(".checker-result").get_attribute("data-milliseconds")
    context.close()
    return {"checker": first, "checker again, by its own clock": float(told or 0) / 1000}


def main() -> None:
    """Print the medians as JSON, in seconds."""
    with serving(SITE) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=needs("chromium"), args=OPTIONS)
        rounds = [measure(browser, address) | check(browser, address) for _ in range(ROUNDS)]
        browser.close()
    print(
        json.dumps(
            {name: round(statistics.median(one[name] for one in rounds), 3) for name in rounds[0]}
        )
    )


if __name__ == "__main__":
    main()
