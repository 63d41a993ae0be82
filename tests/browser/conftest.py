from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.refusing_proxy import RefusingProxy, refusing_proxy
from tests.client_programs import CLIENTS, node_modules
from tests.site.serving import serving
from tests.site.site_build import built_once
from tests.tools import needs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, WebError

# A browser that looks for updates and the like would look for hosts off this machine.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=AutofillServerCommunication,OptimizationHints",
]


@pytest.fixture(scope="session")
def proxy() -> Iterator[RefusingProxy]:
    """Where the browser's requests for other hosts end. Nobody's page may have asked for one."""
    with refusing_proxy() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def browser(proxy: RefusingProxy) -> "Iterator[Browser]":
    """Debian's Chromium, driven by Playwright."""
    program = needs("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=OPTIONS, proxy=proxy.settings
        )
        yield browser
        browser.close()
    assert proxy.strangers() == [], "a page asked another host"


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site."""
    return built_once(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def site_address(browser: "Browser", built_site: Path) -> Iterator[str]:
    """The built site, served on a loopback port."""
    with serving(built_site) as address:
        yield address


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core's script, of the lock file."""
    path: Path = node_modules(CLIENTS / "audit") / "axe-core" / "axe.min.js"
    return path.read_text(encoding="utf-8")


def complaints_of(context: "BrowserContext") -> list[str]:
    """What the pages of a context complain of: errors and warnings; not of an empty first page."""
    complaints: list[str] = []

    def console(message: "ConsoleMessage") -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    context.on("console", console)

    def failed(error: "WebError") -> None:
        if error.page and error.page.url != "about:blank":
            complaints.append(str(error.error))

    context.on("weberror", failed)
    return complaints
