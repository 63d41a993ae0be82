"""Screenshots of each page kind, to be looked at: `python -m tests.browser.screenshots FOLDER`."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import OPTIONS
from tests.browser.page_kinds import KINDS
from tests.site.serving import serving
from tests.tools import needs

WIDTHS, SCHEMES = (390, 1440), ("light", "dark")


def main(folder: Path, site: Path) -> None:
    """Make them all; the names say kind, width and scheme."""
    folder.mkdir(parents=True, exist_ok=True)
    with serving(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=needs("chromium"), args=OPTIONS)
        for width in WIDTHS:
            for scheme in SCHEMES:
                viewport = {"width": width, "height": 900}
                page = browser.new_page(viewport=viewport, color_scheme=scheme)
                for kind, path in KINDS.items():
                    page.goto(f"{address}{path}")
                    page.screenshot(path=folder / f"{kind}-{width}-{scheme}.png")
                page.close()
        browser.close()
    print(f"{len(KINDS) * len(WIDTHS) * len(SCHEMES)} screenshots in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path("site"))
