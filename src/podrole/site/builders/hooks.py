"""MkDocs hooks: what the site needs beyond configuration, as thin calls of plain functions."""

import os
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import CombinedEvent, event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

from podrole.site.diagrams.mermaid_fence import mermaid_fence
from podrole.site.frame.page_frame import finished, finished_template
from podrole.site.frame.theme_gaps import quicken_styles
from podrole.site.lists.search_entries import name_by_ids, without_spans
from podrole.site.lists.side_files import write_side_files
from podrole.site.pages.catalogue_page import FOLDER
from podrole.site.source.site_config import SiteConfig
from podrole.site.source.site_source import SiteSource, SourceError


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Teach superfences the diagram fence, and mkdocs-jupyter to leave MathJax's CDN alone."""
    fences = config.mdx_configs.setdefault("pymdownx.superfences", {})
    fences["custom_fences"] = [mermaid_fence(Path(config.docs_dir) / "diagrams")]
    # mkdocs-jupyter 0.27 (Python 3.12 and newer) puts a loader of MathJax on every page unless the
    # version is 2. mkdocs.yml cannot say so: 0.26 (Python 3.11) refuses an option it does not know.
    config.plugins["mkdocs-jupyter"].config["mathjax_version"] = 2
    # MkDocs' own site map bears the day of the build; `side_files` writes one that does not.
    config.theme.static_templates.discard("sitemap.xml")
    # With the theme's selector always on, a site without versions would ask for a list of them.
    if os.environ.get("PODROLE_VERSIONS"):
        config.extra["version"] = {"provider": "mike"}
    return config


_sites: dict[Path, SiteSource] = {}


def on_pre_build(config: MkDocsConfig) -> None:
    """Read the sources again for each build, so that `mkdocs serve` shows what was saved.

    Raises PluginError for a fault in the sources.
    """
    root = Path(config.config_file_path).parent
    try:
        _sites[root] = SiteSource.load(root, os.environ.get("PODROLE_VALUES"))
    except SourceError as error:
        raise PluginError(str(error)) from error


def _site(config: MkDocsConfig) -> SiteSource:
    return _sites[Path(config.config_file_path).parent]


@event_priority(100)
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add catalogue and notebooks, which stand beside `docs/`, before mkdocs-jupyter looks."""
    site = _site(config)
    if site_map := files.get_file_from_path("sitemap.xml"):
        files.remove(site_map)
    for path in site.notebooks:
        files.append(File(path, str(site.root), config.site_dir, config.use_directory_urls))
    for path, page in site.pages.items():
        if path.startswith(f"{FOLDER}/"):
            files.append(File.generated(config, path, content=page.text))
    for place, part in site.browser_python():
        files.append(File.generated(config, place, abs_src_path=str(part)))
    for place, text in site.made_assets().items():
        files.append(File.generated(config, place, content=text))
    return files


def on_nav(nav: Navigation, files: Files, **_: Any) -> Navigation:
    """Put each snippet's page below the catalogue, for the path above its title."""
    catalogue = files.get_file_from_path(f"{FOLDER}/index.md")
    for file in files.documentation_pages():
        if file.page and file.src_uri.startswith(f"{FOLDER}/") and file is not catalogue:
            file.page.parent = catalogue and catalogue.page  # type: ignore[assignment]
    return nav


@event_priority(-100)
def on_pre_page(page: Page, **_: Any) -> Page:
    """Let MkDocs render a notebook's Markdown, once mkdocs-jupyter has made it a page.

    mkdocs-jupyter puts a `render` of its own (nbconvert's HTML, CSS and scripts) on the page
    object; without that, the page is rendered as any other, with the same extensions.
    """
    page.__dict__.pop("render", None)
    return page


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:  # noqa: ARG001
    """Give the page its text from the sources, and its description.

    Raises PluginError for a page that cannot be expanded.
    """
    site, path = _site(config), page.file.src_uri
    page.meta["description"] = site.pages[path].facts.description
    try:
        return site.markdown(path)
    except SourceError as error:
        raise PluginError(str(error)) from error


_shown: dict[str, str] = {}


@event_priority(100)
def _plain_for_search(context: Any, /, page: Page, **_: Any) -> Any:
    """Let the search plugin read code without a tag for each of its words.

    Its entries are the same, and it takes a fifth of a build's time less (measured 2026-11-26).
    """
    _shown[page.file.src_uri] = page.content or ""
    page.content = without_spans(page.content or "")
    return context


@event_priority(-100)
def _shown_again(context: Any, /, page: Page, **_: Any) -> Any:
    page.content = _shown.pop(page.file.src_uri)
    return context


on_page_context = CombinedEvent(_plain_for_search, _shown_again)


@event_priority(-100)
def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Do to the page what is done to it whichever program builds it."""
    site = _site(config)
    return finished(output, site.pages[page.file.src_uri].facts, site, SiteConfig.of(config))


@event_priority(-100)
def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:
    """Give a reader at a missing address somewhere to go."""
    if template_name != "404.html":
        return output_content
    return finished_template(output_content, _site(config), SiteConfig.of(config))


@event_priority(100)
def on_post_build(config: MkDocsConfig) -> None:
    """Write what stands beside the pages, before the search plugin writes its entries."""
    titles = {snippet.id: snippet.title for snippet in _site(config).catalog.snippets}
    search: Any = config.plugins["material/search"]
    name_by_ids(search.search_index.entries, titles)
    quicken_styles(Path(config.site_dir))
    write_side_files(_site(config), Path(config.site_dir), SiteConfig.of(config))
