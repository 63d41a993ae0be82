"""Reading in a browser: below a folder, at a missing address, on paper, by search."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.site.serving import serving
from tests.site.site_build import REPOSITORY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = "docs/iam/"
KINDS = ("", "notebooks/02-irsa/", "howto/irsa-trust/", "catalogue/", "catalogue/trust-irsa-exact/")
#: Follows every link of the site from its start page, as far as it stays in the site.
CRAWL = """async () => {
  const root = new URL(".", location).href, seen = new Map(), wrong = [];
  const queue = [root];
  const page = (url) => url.endsWith("/") || url.endsWith(".html");
  while (queue.length) {
    const url = queue.pop();
    if (seen.has(url)) continue;
    const answer = await fetch(url);
    seen.set(url, answer.ok);
    if (!answer.ok) wrong.push(url);
    if (!answer.ok || !page(url)) { await answer.arrayBuffer(); continue; }
    const html = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const name of ["href", "src"]) {
      for (const element of html.querySelectorAll(`[${name}]`)) {
        const value = element.getAttribute(name);
        const found = new URL(value, url);
        found.hash = "";
        if (found.origin !== location.origin) continue;
        if (!found.href.startsWith(root)) wrong.push(`${url}: ${value}`);
        else queue.push(found.href);
      }
    }
  }
  return [wrong, [...seen.keys()].filter(page).length, seen.size];
}"""


@pytest.fixture(scope="module")
def below_a_folder(
    browser: "Browser", built_site: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The built site below /docs/iam/ of a host that knows only where its 404.html is."""
    host = tmp_path_factory.mktemp("host")
    shutil.copytree(built_site, host / FOLDER)  # the server follows no link out of its folder
    shutil.copy(built_site / "404.html", host)
    with serving(host) as address:
        yield f"{address}{FOLDER}"


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """A tab that may use the clipboard."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
    )
    yield context.new_page()
    context.close()


def searched(page: "Page", words: str) -> "Any":
    """The links of the results, in their order."""
    page.get_by_placeholder("Search").click()
    page.get_by_placeholder("Search").fill(words)  # one query: no results of half a word
    page.get_by_placeholder("Search").press("End")
    page.locator(".md-search-result__meta", has_text="matching").wait_for()
    return page.locator(".md-search-result__item > .md-search-result__link")


class TestBelowAFolder:
    def test_every_link_stays_and_leads_somewhere(
        self, page: "Page", below_a_folder: str, built_site: Path
    ) -> None:
        page.goto(below_a_folder)
        wrong, pages, all_ = page.evaluate(CRAWL)
        assert wrong == []
        assert pages == len([*built_site.rglob("index.html")])
        assert all_ > 2 * pages, "each page has its Markdown beside it"

    def test_pages_have_all_that_they_ask_for(self, page: "Page", below_a_folder: str) -> None:
        missing: list[str] = []
        page.on("response", lambda one: missing.append(one.url) if one.status >= 400 else None)
        for kind in KINDS:
            page.goto(f"{below_a_folder}{kind}", wait_until="networkidle")
        assert missing == []

    def test_the_search_finds_and_leads_there(self, page: "Page", below_a_folder: str) -> None:
        page.goto(f"{below_a_folder}notebooks/02-irsa/")
        searched(page, "trust-irsa-exact").first.click()
        page.wait_for_url(f"{below_a_folder}catalogue/trust-irsa-exact/**")
        assert page.get_by_role("heading", level=1).is_visible()


@pytest.mark.parametrize("missing", ["gone", "howto/gone/", "a/b/c/gone"])
class TestAMissingAddress:
    def test_leads_on_from_the_root(self, page: "Page", site_address: str, missing: str) -> None:
        self.leads_on(page, site_address, missing)

    def test_leads_on_below_a_folder(self, page: "Page", below_a_folder: str, missing: str) -> None:
        self.leads_on(page, below_a_folder, missing)

    @staticmethod
    def leads_on(page: "Page", address: str, missing: str) -> None:
        answer = page.goto(f"{address}{missing}", wait_until="networkidle")
        assert answer
        assert answer.status == 404
        assert page.get_by_role("heading", name="This page is not here").is_visible()
        header = page.locator(".md-header").evaluate("one => getComputedStyle(one).position")
        assert header == "sticky", "the page has its styles"
        links = page.locator("article li a").evaluate_all("all => all.map((one) => one.href)")
        assert len(links) > 3
        for link in links:
            assert link.startswith(address)
            assert page.request.get(link).ok
        searched(page, "Incorrect token audience").first.click()
        page.wait_for_url(f"{address}howto/troubleshoot/**")


class TestSearch:
    def test_an_error_text_leads_to_its_fix(self, page: "Page", site_address: str) -> None:
        page.goto(site_address)
        hits = searched(page, "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        assert "howto/troubleshoot/" in (hits.first.get_attribute("href") or "")

    @pytest.mark.parametrize("snippet", ["trust-irsa-exact", "identity-sqs-producer", "app-go"])
    def test_an_id_leads_to_its_snippet(
        self, page: "Page", site_address: str, snippet: str
    ) -> None:
        page.goto(site_address)
        hits = searched(page, snippet)
        assert f"catalogue/{snippet}/" in (hits.first.get_attribute("href") or "")


class TestCopyAsMarkdown:
    @pytest.mark.parametrize("kind", ["notebooks/02-irsa/", "catalogue/trust-irsa-exact/"])
    def test_by_the_keyboard_alone(self, page: "Page", site_address: str, kind: str) -> None:
        page.goto(f"{site_address}{kind}")
        button = page.get_by_role("button", name="Copy as Markdown")
        button.focus()
        page.keyboard.press("Enter")
        page.get_by_role("status").get_by_text("Copied", exact=True).wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        wanted = page.request.get(f"{site_address}{kind}index.md").text()
        assert copied == wanted
        assert copied.startswith("# IRSA")

    def test_a_failure_is_said(self, page: "Page", site_address: str) -> None:
        page.goto(f"{site_address}howto/irsa/")
        page.route("**/index.md", lambda route: route.abort())
        page.get_by_role("button", name="Copy as Markdown").click()
        page.get_by_role("status").get_by_text("Not copied").wait_for()

    def test_on_a_phone_it_has_its_name(self, page: "Page", site_address: str) -> None:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(f"{site_address}howto/irsa/")
        box = page.get_by_role("button", name="Copy as Markdown").bounding_box()
        assert box
        assert box["width"] < 60
        assert min(box["width"], box["height"]) >= 24

    def test_without_scripts_the_link_stays(self, browser: "Browser", site_address: str) -> None:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{site_address}howto/irsa/")
        link = page.get_by_role("link", name="This page as Markdown")
        assert page.request.get(f"{site_address}howto/irsa/{link.get_attribute('href')}").ok
        context.close()


class TestOnPaper:
    @pytest.mark.parametrize("kind", [*KINDS, "explanation/how-it-works/"])
    def test_nothing_is_cut(self, browser: "Browser", site_address: str, kind: str) -> None:
        """A dark reader's sheet of A4, without scripts, which would open what is folded."""
        context = browser.new_context(
            viewport={"width": 720, "height": 1000}, color_scheme="dark", java_script_enabled=False
        )
        page = context.new_page()
        page.emulate_media(media="print")
        page.goto(f"{site_address}{kind}")
        for hidden in (".md-header", ".md-tabs", ".md-sidebar", ".md-footer", ".page-end ul"):
            for one in page.locator(hidden).all():
                assert not one.is_visible(), hidden
        assert page.evaluate("document.documentElement.scrollWidth") <= 720
        for part in ("pre > code", ".md-typeset__scrollwrap", ".diagram-scroll"):
            wider = page.locator(part).evaluate_all(
                "all => all.filter((one) => one.scrollWidth > one.clientWidth + 1).length"
            )
            assert wider == 0, part
        folded = page.locator("details > :not(summary)").evaluate_all(
            "all => all.filter((one) => !one.checkVisibility({contentVisibilityAuto: true}))"
        )
        assert folded == []
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") in {
            "rgba(0, 0, 0, 0)",
            "rgb(255, 255, 255)",
        }
        context.close()

    def test_a_link_to_another_site_says_where(self, page: "Page", site_address: str) -> None:
        page.goto(f"{site_address}howto/validate/")
        page.emulate_media(media="print")
        said = "one => getComputedStyle(one, '::after').content"
        outside = page.locator("article a[href^='https://github.com/']").first
        assert "https://github.com/" in outside.evaluate(said)
        inside = page.locator("article p a[href^='../'], article li a[href^='../']").first
        assert inside.evaluate(said) == "none"


@pytest.fixture
def versions(browser: "Browser", tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A branch with two versions, made by `make version` in a repository with one page."""
    clone = tmp_path / "clone"
    for name in ("Makefile", "pyproject.toml", "requirements", "src/podrole/site"):
        source, target = REPOSITORY / name, clone / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, target)
    (clone / ".venv").symlink_to(REPOSITORY / ".venv")
    (clone / ".gitignore").write_text(".venv\nsite\n")
    (clone / "docs").mkdir()
    (clone / "docs/index.md").write_text("# One page\n")
    # The real hook that asks the theme for its selector; the rest of the guide takes its time.
    (clone / "hook.py").write_text(
        "from podrole.site.builders.hooks import on_config  # noqa: F401\n"
    )
    (clone / "mkdocs.yml").write_text(
        "site_name: One\ntheme: {name: material, font: false}\nhooks: [hook.py]\n"
        "plugins: [search, mkdocs-jupyter]\nextra: {repository: ''}\n"
    )
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "One"]):
        subprocess.run([*git, *command], cwd=clone, check=True)
    subprocess.run([*git, "config", "user.name", "a"], cwd=clone, check=True)
    subprocess.run([*git, "config", "user.email", "a@example.com"], cwd=clone, check=True)
    for version in ("1.1", "1.2"):
        done = subprocess.run(
            ["make", "--no-print-directory", "version", f"VERSION={version}", "ALIAS=latest"],
            cwd=clone,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"has version {version}. Nothing was pushed." in done.stdout
    published = tmp_path / "published"
    subprocess.run([*git, "worktree", "add", "-q", published, "gh-pages"], cwd=clone, check=True)
    with serving(published) as address:
        yield address, published


def test_a_fork_s_versions_can_be_chosen(page: "Page", versions: tuple[str, Path]) -> None:
    address, published = versions
    assert {path.name for path in published.iterdir()} >= {"1.1", "1.2", "latest", "versions.json"}
    assert not (published / "latest").is_symlink()
    page.goto(address)
    page.wait_for_url(f"{address}latest/")
    page.goto(f"{address}1.1/")
    selector = page.locator(".md-version")
    selector.get_by_role("button").wait_for()
    listed = selector.locator(".md-version__link").all_text_contents()
    assert [one.strip().split()[0] for one in listed] == ["1.2", "1.1"]
    selector.get_by_role("link", name="1.2").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}1.2/")


def test_without_a_version_make_says_which(tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "version"], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "make version VERSION=1.2 ALIAS=latest" in done.stderr
