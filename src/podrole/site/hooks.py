"""MkDocs hooks: what the site needs beyond configuration, as thin calls of plain functions."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from podrole.catalog import Catalog, CatalogError
from podrole.catalog.notebook import drift
from podrole.catalog.values_file import read_values
from podrole.site.catalog_marker import MarkerError, expand_markers
from podrole.site.catalogue_page import (
    FOLDER,
    UnusedError,
    check_use,
    index_markdown,
    shown_by,
    snippet_markdown,
)
from podrole.site.diagram import DiagramError, check_drawings
from podrole.site.mermaid_fence import mermaid_fence
from podrole.site.notebook_page import NotebookError, RunBar, check_notebook, notebook_markdown
from podrole.site.truth_table import TruthTableError

NOTEBOOKS = "notebooks"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Teach superfences the diagram fence, and mkdocs-jupyter to leave MathJax's CDN alone."""
    fences = config.mdx_configs.setdefault("pymdownx.superfences", {})
    fences["custom_fences"] = [mermaid_fence(_drawings(config))]
    config.theme.static_templates.discard("sitemap.xml")
    # mkdocs-jupyter 0.27 (Python 3.12 and newer) puts a loader of MathJax on every page unless the
    # version is 2. mkdocs.yml cannot say so: 0.26 (Python 3.11) refuses an option it does not know.
    config.plugins["mkdocs-jupyter"].config["mathjax_version"] = 2
    return config


@event_priority(100)
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the notebooks, which stand beside `docs/`, before mkdocs-jupyter looks for some."""
    root = _root(config)
    # No site map: the site has no address of its own, and the map would bear the day's date.
    if site_map := files.get_file_from_path("sitemap.xml"):
        files.remove(site_map)
    for notebook in sorted((root / NOTEBOOKS).glob("*.ipynb")):
        path = notebook.relative_to(root).as_posix()
        try:
            check_notebook(notebook.read_text(encoding="utf-8"), path)
        except NotebookError as error:
            raise PluginError(str(error)) from error
        files.append(File(path, str(root), config.site_dir, config.use_directory_urls))
    for path, text in _catalogue_pages(config):
        files.append(File.generated(config, path, content=text))
    for part in _python(config).rglob("*"):
        if part.is_file():
            place = f"assets/python/{part.relative_to(_python(config)).as_posix()}"
            files.append(File.generated(config, place, abs_src_path=str(part)))
    return files


def _catalogue_pages(config: MkDocsConfig) -> Iterator[tuple[str, str]]:
    """The catalogue's index and a page for each snippet. A stale copy in a notebook fails."""
    root, catalog = _root(config), _catalog(config)
    notebooks = {
        path.relative_to(root).as_posix(): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((root / NOTEBOOKS).glob("*.ipynb"))
    }
    try:
        for path, notebook in notebooks.items():
            for message in drift(notebook, catalog, path):
                raise PluginError(f"{message}; run `make notebooks`")
        shown = shown_by(Path(config.docs_dir), notebooks)
        check_use(catalog, shown)
        yield f"{FOLDER}/index.md", index_markdown(catalog)
        for snippet in catalog.snippets:
            text = snippet_markdown(catalog, snippet, shown.get(snippet.id, ()))
            yield f"{FOLDER}/{snippet.id}.md", text
    except (CatalogError, TruthTableError, UnusedError) as error:
        raise PluginError(str(error)) from error


@event_priority(-100)
def on_pre_page(page: Page, **_: Any) -> Page:
    """Let MkDocs render a notebook's Markdown, once mkdocs-jupyter has made it a page.

    mkdocs-jupyter puts a `render` of its own (nbconvert's HTML, CSS and scripts) on the page
    object; without that, the page is rendered as any other, with the same extensions.
    """
    page.__dict__.pop("render", None)
    return page


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Turn a notebook into Markdown, and catalogue markers into snippets and truth tables."""
    catalog = _catalog(config)

    def expand(text: str, place: str) -> str:
        check_drawings(text, _drawings(config), place)
        return expand_markers(text, catalog, place, _root(config))

    path, source = page.file.src_uri, page.file.content_string
    if path.startswith(f"{FOLDER}/"):
        return markdown  # made here, from the catalogue
    try:
        if path.endswith(".ipynb"):
            return notebook_markdown(source, path, expand, _run_bar(page, config))
        # MkDocs has taken off the front matter; blank lines instead keep the numbers right.
        blank = "\n" * (source.count("\n") - markdown.count("\n"))
        return expand(blank + markdown, f"docs/{path}")
    except (NotebookError, MarkerError, DiagramError) as error:
        raise PluginError(str(error)) from error


def _root(config: MkDocsConfig) -> Path:
    return Path(config.config_file_path).parent


def _python(config: MkDocsConfig) -> Path:
    """What `make site` has packed for the reader's browser; empty where Node.js is missing."""
    return _root(config) / ".cache" / "python"


def _run_bar(page: Page, config: MkDocsConfig) -> RunBar | None:
    plan = _python(config) / "bundle.json"
    if not plan.is_file():
        return None
    size: int = json.loads(plan.read_text(encoding="utf-8"))["transfer"]
    return RunBar(get_relative_url("assets", page.url), round(size / 1e6))


def _drawings(config: MkDocsConfig) -> Path:
    return Path(config.docs_dir) / "diagrams"


_catalogs: dict[Path, Catalog] = {}


def on_pre_build(config: MkDocsConfig) -> None:
    """Read the catalogue anew for each build, so that `mkdocs serve` shows what was saved."""
    root = _root(config)
    own = os.environ.get("PODROLE_VALUES")  # make site VALUES=acme.yml
    try:
        values = read_values(Path(own)) if own else {}
        _catalogs[root] = Catalog.load(root / "snippets", values)
    except CatalogError as error:
        raise PluginError(str(error)) from error


def _catalog(config: MkDocsConfig) -> Catalog:
    return _catalogs[_root(config)]
