"""The site as a company builds it: with its names, its address and its repository."""

import json
import re
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import pytest
import yaml

from podrole.site.frame.page_end import edit_address
from podrole.site.source.site_source import SiteSource
from tests.files import files
from tests.site.html_page import HtmlPage
from tests.site.site_build import REPOSITORY, build_in_process
from tests.site.test_reading import meta_of
from tests.site.values.test_value_places import ACME

ADDRESS = "https://docs.example.com/docs/iam/"
FORK = "https://git.example.com/platform/podrole"


@pytest.fixture(scope="module")
def fork(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its site."""
    folder = tmp_path_factory.mktemp("fork")
    values = folder / "acme.yml"
    values.write_text(yaml.safe_dump(ACME), encoding="utf-8")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PODROLE_VALUES", str(values))
        environment.setenv("SITE_URL", ADDRESS.rstrip("/"))
        environment.setenv("PODROLE_REPO_URL", f"{FORK}/")
        environment.setenv("PODROLE_EDIT_PATH", "-/edit/main/{path}")
        built, said = build_in_process(REPOSITORY, folder / "site")
    assert built, said
    return folder / "site"


def test_its_names_are_shown_and_marked(fork: Path) -> None:
    page = (fork / "catalogue/trust-irsa-exact/index.html").read_text(encoding="utf-8")
    assert '<span data-value="account_id">987654321098</span>' in page
    data = json.loads((fork / "assets/values.json").read_text(encoding="utf-8"))
    shown = {field["name"]: field["value"] for field in data["fields"]}
    assert shown["namespace"] == "shop"
    assert shown["org_id"] == "o-exampleorg01"


def test_the_map_has_each_page_and_its_check(fork: Path) -> None:
    text = (fork / "sitemap.xml").read_text(encoding="utf-8")
    found = re.findall(r"<loc>(.+?)</loc><lastmod>(.+?)</lastmod>", text)
    pages = SiteSource.load(REPOSITORY).pages.values()
    wanted = {(ADDRESS + one.facts.url, one.facts.checked) for one in pages}
    assert set(found) == wanted
    assert len(found) == len(wanted)
    robots = (fork / "robots.txt").read_text(encoding="utf-8")
    assert f"Sitemap: {ADDRESS}sitemap.xml\n" in robots


@pytest.mark.parametrize(
    ("url", "edited"),
    [
        ("howto/irsa/", "docs/howto/irsa.md"),
        ("notebooks/02-irsa/", "notebooks/02-irsa.ipynb"),
        ("catalogue/trust-irsa-exact/", "snippets/policies/trust-irsa-exact.yml"),
    ],
)
def test_pages_have_edit_links_canonical_links_and_whole_previews(
    fork: Path, url: str, edited: str
) -> None:
    html = (fork / url / "index.html").read_text(encoding="utf-8")
    assert f'<a href="{FORK}/-/edit/main/{edited}" rel="edit">' in html
    assert (REPOSITORY / edited).is_file()
    assert f'<link rel="canonical" href="{ADDRESS}{url}">' in html
    meta = meta_of(html)
    assert meta["og:url"] == f"{ADDRESS}{url}"
    assert meta["og:image"] == f"{ADDRESS}assets/social.png"


def test_no_page_asks_the_repository_s_host(fork: Path) -> None:
    for path in files(fork, "**/*.html"):
        page = HtmlPage(path)
        assert not [one for one in page.fetched if "git.example.com" in one], path
        assert 'data-md-component="source"' not in path.read_text(encoding="utf-8")


def test_the_page_for_a_missing_address_begins_at_its_folder(fork: Path) -> None:
    page = HtmlPage(fork / "404.html")
    own = [link for link in (*page.links, *page.fetched) if not link.startswith(("http", "#"))]
    assert "/docs/iam/howto/troubleshoot/" in own
    for link in own:
        address = urldefrag(urljoin(ADDRESS, link))[0]
        assert address.startswith(ADDRESS) or address == ADDRESS.rstrip("/"), link
        target = fork / address.removeprefix(ADDRESS.rstrip("/")).lstrip("/")
        assert (target / "index.html" if target.is_dir() else target).is_file(), link


def test_without_a_repository_nothing_can_be_edited(built_site: Path) -> None:
    assert 'rel="edit"' not in (built_site / "howto/irsa/index.html").read_text("utf-8")


def test_the_repository_may_be_at_any_host() -> None:
    way = "edit/main/{path}"
    assert edit_address(f"{FORK}/", way, "docs/index.md") == f"{FORK}/edit/main/docs/index.md"
    assert edit_address("", way, "docs/index.md") == ""
