"""The lists of all pages that programs read: `llms.txt`, `sitemap.xml` and `robots.txt`."""

import html
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from podrole.site.pages.catalogue_page import FOLDER
from podrole.site.pages.page_facts import PageFacts
from podrole.site.source.site_config import SiteConfig

#: Sections that a reader with little room leaves out, in the words of llmstxt.org.
_OPTIONAL = "Optional"
#: The repository's own matters: of no use to someone who asks about IAM.
_ASIDE = ("contributing/", "reference/coverage.md")


def llms_txt(config: SiteConfig, facts: Mapping[str, PageFacts]) -> str:
    """The list of pages for language models, in the form of llmstxt.org.

    `config`: the site's names; without `site_url` links are relative to this file. `facts`: the
    facts of each page, by its path.
    """
    sections: dict[str, list[str]] = {}
    for section, path in _placed(config.nav):
        if path in facts:
            sections.setdefault(_OPTIONAL if path.startswith(_ASIDE) else section, []).append(path)
    sections["Snippets"] = [
        path for path in facts if path.startswith(f"{FOLDER}/") and path != f"{FOLDER}/index.md"
    ]
    if _OPTIONAL in sections:
        sections[_OPTIONAL] = sections.pop(_OPTIONAL)  # the last, by its meaning
    parts = [f"# {config.name}", f"> {' '.join(config.summary.split())}"]
    for section, paths in sections.items():
        rows = [
            f"- [{_link_text(facts[path].title)}]({config.site_url}{facts[path].markdown_url}):"
            f" {facts[path].description}"
            for path in paths
        ]
        parts += [f"## {section}", "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def sitemap_xml(facts: Iterable[PageFacts], site_url: str) -> str:
    """The list of pages for search engines; a page's last change is its last check."""
    rows = "".join(
        f"  <url><loc>{html.escape(site_url + one.url)}</loc>"
        f"<lastmod>{one.checked}</lastmod></url>\n"
        for one in facts
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'
    )


def robots_txt(site_url: str = "") -> str:
    """All may read all. A robot looks for this file at its host's root only."""
    where = f"\nSitemap: {site_url}sitemap.xml\n" if site_url else ""
    return f"User-agent: *\nAllow: /\n{where}"


def _placed(nav: list[Any], section: str = "") -> Iterator[tuple[str, str]]:
    """Each page of the navigation, with the top section that holds it."""
    for item in nav:
        title, held = next(iter(item.items())) if isinstance(item, dict) else ("", item)
        if isinstance(held, list):
            yield from _placed(held, section or title)
        else:
            yield section or title, held


def _link_text(title: str) -> str:
    return title.replace("[", "\\[").replace("]", "\\]")
