"""What helps to read a page, to find it, to link to it, and to take it along."""

import json
import re
import struct
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag

import nbformat
import pytest

from notebooks.execute import execute
from podrole.site.markdown.fence import prose_lines
from podrole.site.pages.page_facts import LONGEST, SHORTEST, PageFacts, shortened
from podrole.site.pages.plain_markdown import plain_markdown
from podrole.site.source.site_source import SiteSource
from tests.catalogue import CATALOG
from tests.site.site_build import REPOSITORY

_META = re.compile(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">')
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def source() -> SiteSource:
    """The sources, as the build reads them."""
    return SiteSource.load(REPOSITORY)


def html_of(site: Path, facts: PageFacts) -> str:
    return (site / facts.url / "index.html").read_text(encoding="utf-8")


def meta_of(html: str) -> dict[str, str]:
    return {name: unescape(content) for name, content in _META.findall(html)}


class TestEachPage:
    def test_ends_with_the_day_of_its_last_check(
        self, built_site: Path, source: SiteSource
    ) -> None:
        for page in source.pages.values():
            found = re.findall(r'<time datetime="([\d-]+)">', html_of(built_site, page.facts))
            assert found == [page.facts.checked], page.facts.path

    def test_tells_what_it_holds(self, built_site: Path, source: SiteSource) -> None:
        seen: dict[str, str] = {}
        for page in source.pages.values():
            said = meta_of(html_of(built_site, page.facts))["description"]
            assert said not in seen, f"{page.facts.path} says what {seen.get(said)} says"
            seen[said] = page.facts.path
            assert SHORTEST <= len(page.facts.description) <= LONGEST, page.facts

    def test_has_a_preview(self, built_site: Path, source: SiteSource) -> None:
        for page in source.pages.values():
            meta = meta_of(html_of(built_site, page.facts))
            assert meta["og:title"]
            assert meta["og:description"] == meta["description"]
            assert meta["twitter:card"] == "summary_large_image"
            image = built_site / page.facts.url / meta["og:image"]
            assert image.resolve() == (built_site / "assets/social.png").resolve()

    def test_has_its_path_above_the_title(self, built_site: Path, source: SiteSource) -> None:
        for page in source.pages.values():
            html = html_of(built_site, page.facts)
            path = re.search(r'<nav class="md-path".*?</nav>', html, re.DOTALL)
            if page.facts.path == "index.md":
                continue  # it stands at the top
            assert path, page.facts.path
            steps = re.findall(r'<span class="md-ellipsis">\s*(.+?)\s*</span>', path[0])
            assert steps[0] == "Home"
            if page.facts.path.startswith("catalogue/") and page.facts.url != "catalogue/":
                assert steps == ["Home", "Reference", "Catalogue"]

    def test_offers_itself_as_markdown(self, built_site: Path, source: SiteSource) -> None:
        for page in source.pages.values():
            html = html_of(built_site, page.facts)
            assert '<a href="index.md" data-page-markdown>' in html
            assert (built_site / page.facts.markdown_url).is_file()


def test_next_leads_through_the_whole_navigation(built_site: Path, source: SiteSource) -> None:
    page, walked = built_site / "index.html", ["index.html"]
    while following := re.search(r'rel="next" href="([^"]+)"', page.read_text(encoding="utf-8")):
        before = page
        page = (page.parent / following[1] / "index.html").resolve()
        back = re.search(r'rel="prev" href="([^"]+)"', page.read_text(encoding="utf-8"))
        assert back
        assert (page.parent / back[1] / "index.html").resolve() == before.resolve()
        walked.append(page.relative_to(built_site.resolve()).as_posix())
    listed = [path for path in source.pages if not re.match(r"catalogue/(?!index)", path)]
    assert len(walked) == len(set(walked)) == len(listed)


class TestMarkdown:
    def test_links_lead_to_files_and_to_other_markdown(
        self, built_site: Path, source: SiteSource
    ) -> None:
        for page in source.pages.values():
            file = built_site / page.facts.markdown_url
            for line in prose_lines(file.read_text(encoding="utf-8")):
                for link in _LINK.findall(re.sub(r"`[^`]*`", "", line)):
                    address = urldefrag(link)[0]
                    if address and not re.match(r"https?:", address):
                        target = file.parent / unquote(address)
                        assert target.is_file(), f"{page.facts.path}: {link}"
                        # What is downloaded is no page.
                        other = address.rpartition("/")[0].endswith("assets")
                        assert other or target.suffix == ".md", f"{page.facts.path}: {link}"

    def test_needs_no_site_builder(self, built_site: Path, source: SiteSource) -> None:
        foreign = re.compile(
            r"^\s*(?:===|!!!|\?\?\?|</?div|</?pre|<p class|\{\{ )|\{ ?[.:#]|</?span"
        )
        for page in source.pages.values():
            text = (built_site / page.facts.markdown_url).read_text(encoding="utf-8")
            assert text.startswith("# ")
            assert text.rstrip().endswith(f"Source: `{page.facts.source}`.")
            for line in prose_lines(text):
                said = re.sub(r"`[^`]*`", "", line)
                assert not foreign.search(said), f"{page.facts.path}: {line}"

    def test_has_the_code_and_the_outputs_of_a_notebook(self, built_site: Path) -> None:
        text = (built_site / "notebooks/02-irsa/index.md").read_text(encoding="utf-8")
        notebook = json.loads((REPOSITORY / "notebooks/02-irsa.ipynb").read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code" and "hide" not in cell["metadata"].get("tags", ()):
                assert "".join(cell["source"]).strip() in text
                for output in cell["outputs"]:
                    assert "".join(output.get("text", "")).strip() in text

    def test_makes_plain_what_extensions_add(self) -> None:
        markdown = (
            "# Title `id`{ .snippet-id }\n\n"
            '!!! danger "Careful"\n\n    Not this.\n\n    ```json\n    {}\n    ```\n\n'
            '=== "CLI"\n\n    ```bash\n    aws\n    ```\n\n=== "Terraform"\n\n    text\n\n'
            '1. One\n\n    === "A"\n\n        block\n\n'
            '<div class="nb-output nb-text" markdown>\n```text\nout\n```\n</div>\n\n'
            '<div class="nb-output nb-error nb-expected">\n'
            '<pre class="nb-error-line"><code>E: a &lt;b&gt;</code></pre>'
            "<details><summary>Traceback</summary><pre><code>x</code></pre></details>\n</div>\n\n"
            "[page](../howto/irsa.md#role), [notebook](02-irsa.ipynb), `](x.md)`, [here](#x)\n"
        )
        facts = PageFacts("notebooks/01.ipynb", "notebooks/01.ipynb", "T", "d", "2026-11-24")
        addresses = {
            "howto/irsa.md": "howto/irsa/index.md",
            "notebooks/02-irsa.ipynb": "notebooks/02-irsa/index.md",
        }
        assert plain_markdown(markdown, facts, addresses) == (
            "# Title `id`\n\n"
            "> **Careful**\n>\n> Not this.\n>\n> ```json\n> {}\n> ```\n\n"
            "**CLI**\n\n```bash\naws\n```\n\n**Terraform**\n\ntext\n\n"
            "1. One\n\n    **A**\n\n    block\n\n"
            "Output:\n\n```text\nout\n```\n\n"
            "Error, as expected:\n\n```text\nE: a <b>\n```\n\n"
            "[page](../../howto/irsa/index.md#role), [notebook](../02-irsa/index.md), `](x.md)`,"
            " [here](#x)\n\n"
            "Last checked 2026-11-24. Source: `notebooks/01.ipynb`.\n"
        )


class TestLists:
    def test_llms_txt_leads_to_each_page_with_a_line(
        self, built_site: Path, source: SiteSource
    ) -> None:
        text = (built_site / "llms.txt").read_text(encoding="utf-8")
        assert re.match(r"# Podrole\n\n> The executable guide .+\n\n## Home\n\n- \[", text)
        found = dict(re.findall(r"^- \[.+?\]\((\S+?)\): (.+)$", text, re.MULTILINE))
        assert found == {
            page.facts.markdown_url: page.facts.description for page in source.pages.values()
        }
        assert re.findall("^## (.+)", text, re.MULTILINE)[-1] == "Optional"

    def test_without_an_address_there_is_no_map(self, built_site: Path) -> None:
        assert not [*built_site.glob("sitemap*")]
        assert "Sitemap" not in (built_site / "robots.txt").read_text(encoding="utf-8")


def test_the_preview_s_image_has_its_size(built_site: Path) -> None:
    image = (built_site / "assets/social.png").read_bytes()
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", image[16:24]) == (1200, 630)
    assert len(image) < 60_000


def test_the_search_knows_a_snippet_by_its_id(built_site: Path) -> None:
    index = json.loads((built_site / "search/search_index.json").read_text(encoding="utf-8"))
    entries = {one["location"]: one for one in index["docs"]}
    for snippet in CATALOG.snippets:
        entry = entries[f"catalogue/{snippet.id}/"]
        assert entry["title"] == snippet.id
        assert entry["text"].startswith("<p>")


def test_a_description_is_cut_after_a_word() -> None:
    assert shortened("one  two\nthree") == "one two three"
    cut = shortened("word, " * 40)
    assert cut.endswith("word…")
    assert len(cut) <= LONGEST


def test_a_new_run_keeps_the_notebook_s_own_facts(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# X", id="x")])
    own = {"checked": "2026-11-24", "description": "kept"}
    notebook.metadata = nbformat.from_dict({"podrole": own, "widgets": {}})
    nbformat.write(notebook, path)
    assert execute(path, CATALOG) is None
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    assert metadata["podrole"] == own
    assert metadata.keys() == {"podrole", "kernelspec", "language_info"}
