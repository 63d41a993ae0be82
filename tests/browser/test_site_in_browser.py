"""What a reader does on the site, in a real browser, on a phone and on a wide screen."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import complaints_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGES = {
    "index": "",
    "notebook": "notebooks/02-irsa/",
    "how-to": "howto/irsa-trust/",
    "explanation": "explanation/how-it-works/",
    "catalogue": "catalogue/",
    "snippet": "catalogue/trust-irsa-exact/",
}
PHONE, DESK, WIDE = 390, 1440, 1600


@dataclass
class Visit:
    """One reader's tab: the page, what it asked of the network, and what it complained about."""

    page: "Page"
    address: str
    complaints: list[str]
    strangers: list[str] = field(default_factory=list)

    def open(self, path: str, until: str = "load") -> "Page":
        self.page.on("request", self._request)
        self.page.goto(f"{self.address}{path}", wait_until=until)
        return self.page

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.strangers.append(request.url)


@pytest.fixture
def visit(browser: "Browser", site_address: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A tab; its width and scheme are the parameter."""
    width, scheme = getattr(request, "param", (DESK, "light"))
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        permissions=["clipboard-read", "clipboard-write"],
    )
    yield Visit(context.new_page(), site_address, complaints_of(context))
    context.close()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_a_page_complains_of_nothing_and_asks_no_other_host(visit: Visit, path: str) -> None:
    visit.open(path, until="networkidle")
    assert visit.strangers == []
    assert visit.complaints == []


@pytest.mark.parametrize(
    "visit",
    [(PHONE, "light"), (PHONE, "dark"), (DESK, "dark"), (WIDE, "light")],
    indirect=True,
    ids=str,
)
def test_no_page_scrolls_sideways(visit: Visit) -> None:
    page = visit.open("")
    for path in PAGES.values():
        page.goto(f"{visit.address}{path}")
        width, shown = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width <= shown, f"{path} is {width} px wide"
    assert visit.complaints == []


@pytest.mark.parametrize(
    ("visit", "scheme", "is_dark"),
    [((DESK, "light"), "default", False), ((DESK, "dark"), "slate", True)],
    indirect=["visit"],
)
def test_the_reader_s_scheme_is_followed_and_can_be_changed(
    visit: Visit, scheme: str, is_dark: bool
) -> None:
    page = visit.open("")
    body = page.locator("body")
    assert body.get_attribute("data-md-color-scheme") == scheme
    page.get_by_title("Switch to light mode" if is_dark else "Switch to dark mode").click()
    assert body.get_attribute("data-md-color-scheme") == ("default" if is_dark else "slate")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in background.strip("rgb()").split(",")[:3])
    assert (brightness > 3 * 128) is is_dark


def test_every_block_of_a_notebook_can_be_copied(visit: Visit) -> None:
    page = visit.open(PAGES["notebook"])
    blocks = page.locator(".md-content pre > code")
    buttons = page.locator(".md-content pre .md-code__button[data-md-type=copy]")
    for block in blocks.all():  # each gets its button when it comes into sight
        block.scroll_into_view_if_needed()
        block.locator("xpath=..").locator(".md-code__button").first.wait_for(state="attached")
    assert blocks.count() == buttons.count() > 0
    page.locator(".highlight pre").first.hover()
    buttons.first.click()
    page.get_by_text("Copied to clipboard").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == blocks.first.inner_text().strip()
    assert "import" in copied


def test_search_finds_an_error_s_text_and_goes_there(visit: Visit) -> None:
    page = visit.open("")
    page.get_by_placeholder("Search").click()
    page.get_by_placeholder("Search").press_sequentially("Incorrect token audience")
    hit = page.locator(".md-search-result__link", has_text="audience").first
    hit.click()
    page.wait_for_url("**/*audience*")
    content = page.locator(".md-content")  # the contents list of a narrow window is hidden
    assert content.get_by_text("Incorrect token audience").first.is_visible()
    assert visit.strangers == []


def test_the_catalogue_s_table_filters(visit: Visit) -> None:
    page = visit.open(PAGES["catalogue"])
    rows = page.locator(".catalogue tbody tr:visible")
    all_ = rows.count()
    page.locator("select[name=for]").select_option("controller")
    page.locator("select[name=format]").select_option("Terraform")
    shown = rows.count()
    assert 0 < shown < all_
    assert page.locator(".catalogue output").text_content() == f"{shown} of {all_}"
    assert rows.locator("td:nth-child(3)").all_text_contents() == ["controller"] * shown
    page.get_by_role("link", name="identity-external-dns").click()
    page.get_by_text("CDK (Python)").first.click()
    assert page.get_by_text("iam.CfnRolePolicy(").last.is_visible()


def test_the_table_of_contents_scrolls_to_its_section(visit: Visit) -> None:
    page = visit.open(PAGES["notebook"])
    link = page.locator("[data-md-component=toc] a").last
    anchor = link.get_attribute("href") or ""
    heading = page.locator(f'[id="{anchor.split("#")[1]}"]')
    top_before = heading.bounding_box()
    link.click()
    page.wait_for_function(
        "id => document.getElementById(id).getBoundingClientRect().top < innerHeight",
        arg=anchor.split("#")[1],
    )
    assert top_before
    assert top_before["y"] > 900
    assert page.url.endswith(anchor.split("/")[-1])


@pytest.mark.parametrize("visit", [(PHONE, "light")], indirect=True)
def test_a_diagram_on_a_phone_can_be_read(visit: Visit) -> None:
    page = visit.open(PAGES["explanation"])
    figure = page.locator(".diagram-scroll").first
    assert figure.evaluate("one => one.scrollWidth <= one.clientWidth"), "a part is cut off"
    text = figure.locator("text").first
    box = text.bounding_box()
    assert box
    assert box["height"] >= 9
    words = page.locator(".diagram-words").first
    words.locator("summary").click()
    assert words.locator("p").is_visible()


def test_a_notebook_can_be_downloaded(visit: Visit) -> None:
    page = visit.open(PAGES["notebook"])
    with page.expect_download() as download:
        page.get_by_role("link", name="Download this notebook").click()
    assert download.value.suggested_filename == "02-irsa.ipynb"
    assert '"nbformat": 4' in download.value.path().read_text(encoding="utf-8")
