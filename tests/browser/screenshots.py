"""Screenshots of each page kind, to be looked at: `python -m tests.browser.screenshots FOLDER`."""

import sys
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

from podrole.site.serve import site_server
from tests.browser.conftest import BROWSER, OPTIONS
from tests.browser.page_kinds import KINDS

WIDTHS, SCHEMES = (390, 1440), ("light", "dark")


def main(folder: Path, site: Path) -> None:
    """Make them all; the names say kind, width and scheme."""
    folder.mkdir(parents=True, exist_ok=True)
    with site_server(site, 0) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=BROWSER, args=OPTIONS)
        for width in WIDTHS:
            for scheme in SCHEMES:
                viewport = {"width": width, "height": 900}
                page = browser.new_page(viewport=viewport, color_scheme=scheme)
                for kind, path in KINDS.items():
                    page.goto(f"http://127.0.0.1:{server.server_port}/{path}")
                    page.screenshot(path=folder / f"{kind}-{width}-{scheme}.png")
                page.close()
        browser.close()
        server.shutdown()
    print(f"{len(KINDS) * len(WIDTHS) * len(SCHEMES)} screenshots in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path("site"))
