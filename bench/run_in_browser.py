"""How long a reader waits for a Run: `python bench/run_in_browser.py`, on a quiet machine.

Issue 7's budgets: the first result within 10 s cold on loopback, and within 1 s again. Needs the
built site (`make site`, with npm) and Chromium.
"""

from __future__ import annotations

import json
import statistics
import sys
import threading
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from podrole.site.serve import site_server
from tests.browser.conftest import BROWSER, OPTIONS

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


def main() -> None:
    """Print the medians as JSON."""
    with site_server(SITE, 0) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=BROWSER, args=OPTIONS)
        rounds = [
            measure(browser, f"http://127.0.0.1:{server.server_port}/") for _ in range(ROUNDS)
        ]
        browser.close()
        server.shutdown()
    print(
        json.dumps(
            {
                name: round(statistics.median(one[name] for one in rounds), 2)
                for name in ("cold", "again")
            }
        )
    )


if __name__ == "__main__":
    main()
