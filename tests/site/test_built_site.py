"""The built site, as a reader's browser gets it."""

import gzip
import json
import re
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from tests.files import files
from tests.site.html_page import HtmlPage
from tests.site.site_build import REPOSITORY, build_in_process

DOCS = REPOSITORY / "docs"
NOTEBOOKS = [path.stem for path in files(REPOSITORY / "notebooks", "*.ipynb")]
PAGE_LIMIT = 60_000  # bytes of gzipped HTML that a notebook page may weigh


@pytest.fixture(scope="session")
def pages(built_site: Path) -> dict[str, HtmlPage]:
    """Every page of the site, by its path below the site."""
    found = files(built_site, "**/*.html")
    return {path.relative_to(built_site).as_posix(): HtmlPage(path) for path in found}


def notebook_page(pages: dict[str, HtmlPage], stem: str) -> HtmlPage:
    return pages[f"notebooks/{stem}/index.html"]


def test_all_three_tutorials_are_pages(pages: dict[str, HtmlPage]) -> None:
    assert {"01-the-leaky-key", "02-irsa", "03-pod-identity"} <= set(NOTEBOOKS)
    assert {f"notebooks/{stem}/index.html" for stem in NOTEBOOKS} <= set(pages)


def test_no_page_fetches_from_another_host(pages: dict[str, HtmlPage]) -> None:
    foreign = [
        f"{path}: {address}"
        for path, page in pages.items()
        for address in page.fetched
        if urlsplit(address).netloc or address.startswith("//")
    ]
    assert not foreign


def test_no_attribute_names_another_host_but_links_to_click(pages: dict[str, HtmlPage]) -> None:
    """A script may take an address from any attribute; mkdocs-jupyter's MathJax loader does."""
    found = {path: page.hidden_addresses for path, page in pages.items() if page.hidden_addresses}
    assert found == {}


def test_no_style_or_script_of_a_page_names_another_host(pages: dict[str, HtmlPage]) -> None:
    named = [
        f"{path}: {text[:120]}"
        for path, page in pages.items()
        for text in (*page.styles, *page.inline_code)
        if re.search(r"https?://|url\(\s*['\"]?//", text)
    ]
    assert not named


def test_no_style_sheet_fetches_from_another_host(built_site: Path) -> None:
    fetching = re.compile(r"url\(\s*['\"]?(?:https?:)?//|@import")
    assert [
        f"{sheet.relative_to(built_site)}: {found[0]}"
        for sheet in files(built_site, "**/*.css")
        if (found := fetching.search(sheet.read_text(encoding="utf-8")))
    ] == []


def test_no_style_has_every_element_styled_anew_while_a_page_loads(built_site: Path) -> None:
    """See `theme_gaps`: the rule is gone, and those beside it are there."""
    (sheet,) = built_site.rglob("palette*.css")
    text = sheet.read_text(encoding="utf-8")
    assert "data-md-color-switching" not in text
    assert "data-md-color-scheme=slate" in text
    assert text.count("{") == text.count("}")


def test_the_only_scripts_are_the_theme_s_and_our_own(built_site: Path) -> None:
    """Material's bundle names a CDN for Mermaid, and uses it for `pre.mermaid` blocks only."""
    own = {path.relative_to(DOCS) for path in files(DOCS / "assets", "**/*.js")}
    packed = Path("assets/python")  # Python for the reader's browser, which `make site` packs
    for path in files(built_site, "**/*.js"):
        place = path.relative_to(built_site)
        of_the_theme = "javascripts" in place.parts or place.name == "search_index.js"
        assert of_the_theme or place in own or place.is_relative_to(packed), place


def test_no_page_makes_the_theme_load_mermaid(pages: dict[str, HtmlPage]) -> None:
    assert [path for path, page in pages.items() if "mermaid" in page.classes] == []


def test_no_link_runs_a_script(pages: dict[str, HtmlPage]) -> None:
    schemes = {
        (path, urlsplit(link).scheme.lower())
        for path, page in pages.items()
        for link in page.links
        if urlsplit(link.strip()).scheme.lower() not in {"", "http", "https", "mailto"}
    }
    assert schemes == set()


def test_every_internal_link_resolves(pages: dict[str, HtmlPage], built_site: Path) -> None:
    broken = []
    for path, page in pages.items():
        for link in {*page.links, *page.fetched}:
            address, anchor = urldefrag(link)
            if urlsplit(address).scheme in {"http", "https", "mailto", "data"}:
                continue
            if path == "404.html" and address.endswith("/not-found.js"):
                continue  # asked for in each folder above a missing address
            # The page for a missing address has links from the site's root.
            base = built_site if address.startswith("/") else page.path.parent
            target = (base / unquote(address).lstrip("/")) if address else page.path
            if target.is_dir():
                target /= "index.html"
            if not target.is_file():
                broken.append(f"{path}: {link}: no such file")
            elif anchor.startswith("pick=") and path.startswith("catalogue/"):
                assert anchor.removeprefix("pick=") == Path(path).parent.name  # for the checker
            elif anchor and target.suffix == ".html":
                known = pages[target.resolve().relative_to(built_site.resolve()).as_posix()].ids
                if unquote(anchor) not in known:
                    broken.append(f"{path}: {link}: no such place")
    assert broken == []


def test_light_and_dark_palette_with_a_toggle_between(pages: dict[str, HtmlPage]) -> None:
    html = pages["index.html"].path.read_text(encoding="utf-8")
    assert re.findall(r'data-md-color-media="\(prefers-color-scheme: (\w+)\)"', html) == [
        "light",
        "dark",
    ]
    assert "Switch to dark mode" in html
    assert "Switch to light mode" in html


@pytest.mark.parametrize("stem", NOTEBOOKS)
class TestNotebookPage:
    def test_is_light(self, pages: dict[str, HtmlPage], stem: str) -> None:
        html = notebook_page(pages, stem).path.read_bytes()
        assert len(gzip.compress(html)) < PAGE_LIMIT

    def test_has_one_title(self, pages: dict[str, HtmlPage], stem: str) -> None:
        headings = notebook_page(pages, stem).headings
        assert [tag for tag, _ in headings if tag == "h1"] == ["h1"]

    def test_has_its_sections_in_the_table_of_contents(
        self, pages: dict[str, HtmlPage], stem: str
    ) -> None:
        page = notebook_page(pages, stem)
        sections = [f"#{anchor}" for tag, anchor in page.headings if tag == "h2"]
        assert sections
        assert set(sections) <= set(page.contents)

    def test_shows_every_visible_code_cell(self, pages: dict[str, HtmlPage], stem: str) -> None:
        source = json.loads((REPOSITORY / f"notebooks/{stem}.ipynb").read_text(encoding="utf-8"))
        cells = [
            cell
            for cell in source["cells"]
            if cell["cell_type"] == "code" and "hide" not in cell["metadata"].get("tags", ())
        ]
        assert notebook_page(pages, stem).code_blocks >= len(cells) > 0

    def test_has_no_trace_of_jupyter(self, pages: dict[str, HtmlPage], stem: str) -> None:
        html = notebook_page(pages, stem).path.read_text(encoding="utf-8")
        assert not re.search(r"jp-|In\s*\[\d|require\.js|requirejs|MathJax|\x1b\[", html)

    def test_offers_the_notebook_itself(
        self, pages: dict[str, HtmlPage], stem: str, built_site: Path
    ) -> None:
        page = notebook_page(pages, stem)
        assert f"{stem}.ipynb" in page.links
        original = REPOSITORY / f"notebooks/{stem}.ipynb"
        assert (page.path.parent / f"{stem}.ipynb").read_bytes() == original.read_bytes()

    def test_its_text_can_be_found(
        self, pages: dict[str, HtmlPage], stem: str, built_site: Path
    ) -> None:
        index = json.loads((built_site / "search/search_index.json").read_text(encoding="utf-8"))
        sections = [one for one in index["docs"] if one["location"].startswith(f"notebooks/{stem}")]
        headings = notebook_page(pages, stem).headings
        wanted = {anchor for tag, anchor in headings if tag == "h2"}
        assert wanted <= {urldefrag(one["location"])[1] for one in sections}
        assert any("import boto3" in one["text"] for one in sections)


def test_two_builds_are_the_same(built_site: Path, tmp_path: Path) -> None:
    again = tmp_path / "site"
    assert build_in_process(REPOSITORY, again)[0]
    for path in files(built_site, "**/*"):
        if path.is_file():
            twin = again / path.relative_to(built_site)
            assert path.read_bytes() == twin.read_bytes(), f"{twin} differs"


def test_no_page_says_when_or_where_it_was_built(pages: dict[str, HtmlPage]) -> None:
    for path, page in pages.items():
        html = page.path.read_text(encoding="utf-8")
        assert str(REPOSITORY) not in html, f"{path} names the machine's folder"
