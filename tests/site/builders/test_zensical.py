"""The way out of Material's end of life: Zensical builds the same site from the same sources."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from podrole.site.builders.staging import write_source
from podrole.site.builders.zensical import build
from podrole.site.source.site_config import read_config
from podrole.site.source.site_source import SiteSource
from tests.files import files
from tests.site.html_page import HtmlPage
from tests.site.site_build import REPOSITORY

#: Pieces that our sources bring, by a class of their HTML.
PIECES = (
    *("admonition", "allowed", "denied", "diagram", "diagram-words", "footnote", "highlight"),
    *("nb-download", "nb-output", "nb-refused", "page-end"),
    *("snippet-id", "tabbed-set"),
)


class Article(HTMLParser):
    """What stands in a page's text: anchors, headings, and how often each piece."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.headings: list[tuple[str, str]] = []
        self.anchors: set[str] = set()
        self.counts: dict[str, int] = {}
        html = path.read_text(encoding="utf-8")
        self.feed(html[html.index("<article") : html.rindex("</article>")])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append((tag, named.get("id", "")))
        # A tab's own name differs: each builder counts in its own way.
        if named.get("id") and not named["id"].startswith("__"):
            self.anchors.add(named["id"])
        for one in (tag, *named.get("class", "").split()):
            if one in PIECES or one in {"pre", "table", "td", "svg", "li"}:
                self.counts[one] = self.counts.get(one, 0) + 1


@pytest.fixture(scope="module")
def zensical_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make site BUILDER=zensical` makes it; a warning of Zensical's fails."""
    target = tmp_path_factory.mktemp("zensical") / "site"
    build(REPOSITORY, target)
    return target


def names(site: Path, suffix: str) -> list[str]:
    return [path.relative_to(site).as_posix() for path in files(site, f"**/*{suffix}")]


@pytest.mark.parametrize("suffix", [".html", ".md", ".ipynb", ".txt"])
def test_both_builders_write_the_same_files(
    built_site: Path, zensical_site: Path, suffix: str
) -> None:
    assert names(zensical_site, suffix) == names(built_site, suffix)


def test_both_builders_write_our_scripts(built_site: Path, zensical_site: Path) -> None:
    """The theme's bundles have names of their own."""
    ours = [
        [name for name in names(site, ".js") if "javascripts/" not in name]
        for site in (built_site, zensical_site)
    ]
    assert ours[0] == ours[1]
    assert "assets/run.js" in ours[0]


def test_each_page_has_the_same_headings_anchors_and_pieces(
    built_site: Path, zensical_site: Path
) -> None:
    seen: set[str] = set()
    for name in names(built_site, "index.html"):
        one, other = Article(built_site / name), Article(zensical_site / name)
        assert other.headings == one.headings, name
        assert other.anchors == one.anchors, name
        assert other.counts == one.counts, name
        seen.update(one.counts)
    assert set(PIECES) - seen == set(), "the comparison has looked at nothing"


def test_what_stands_beside_the_pages_is_the_same(built_site: Path, zensical_site: Path) -> None:
    for name in (*names(built_site, ".md"), "llms.txt", "robots.txt", "assets/social.png"):
        assert (zensical_site / name).read_bytes() == (built_site / name).read_bytes(), name


def test_each_page_tells_the_same(built_site: Path, zensical_site: Path) -> None:
    tag = re.compile(r'<meta (?:name="(?:description|twitter)|property="og:)[^>]*>')
    for name in names(built_site, "index.html"):
        told = [
            sorted(tag.findall((site / name).read_text(encoding="utf-8").replace("&#x27;", "'")))
            for site in (built_site, zensical_site)
        ]
        assert told[0] == told[1], name


def test_no_page_fetches_from_another_host(zensical_site: Path) -> None:
    for name in names(zensical_site, ".html"):
        page = HtmlPage(zensical_site / name)
        assert not [one for one in page.fetched if one.startswith(("http", "//"))], name
        assert not page.hidden_addresses, name


def test_what_is_lost_is_what_the_contributors_page_says(
    built_site: Path, zensical_site: Path
) -> None:
    """The page lists it; when this changes, so must the page."""
    page = (REPOSITORY / "docs/contributing/index.md").read_text(encoding="utf-8")
    lost = {"path": 'class="md-path"', "sidebar": "md-tabs__item--active"}
    for name in names(built_site, "index.html"):
        here, there = (
            (site / name).read_text(encoding="utf-8") for site in (built_site, zensical_site)
        )
        of_a_snippet = re.match(r"catalogue/.+/index", name)
        for words, mark in lost.items():
            assert words in page
            assert (mark in there) == (mark in here and not of_a_snippet), f"{name}: {words}"


def test_the_staged_folder_needs_nothing_of_ours(tmp_path: Path) -> None:
    stage = tmp_path / "stage"
    write_source(SiteSource.load(REPOSITORY), read_config(REPOSITORY / "mkdocs.yml"), stage)
    config = yaml.safe_load((stage / "mkdocs.yml").read_text(encoding="utf-8"))
    assert not {"plugins", "hooks", "watch"} & config.keys()
    for path in files(stage / "docs", "**/*.md"):
        text = path.read_text(encoding="utf-8")
        assert "```mermaid" not in text, path
        assert not re.search(r"\]\([^)]*\.ipynb", text), path
        assert not re.search(r'^\s*\{\{ [a-z-]+ "', text, re.MULTILINE), path
