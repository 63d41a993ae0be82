"""The files beside the pages: a Markdown version of each, and the lists that programs read."""

from pathlib import Path

from podrole.site.lists.site_listing import llms_txt, robots_txt, sitemap_xml
from podrole.site.pages.plain_markdown import plain_markdown
from podrole.site.source.site_config import SiteConfig
from podrole.site.source.site_source import SiteSource


def write_side_files(site: SiteSource, folder: Path, config: SiteConfig) -> None:
    """Write them into the built site, whichever program built it.

    `site`: the sources. `folder`: the built site. `config`: the site's names and addresses; without
    `site_url` there is no site map.
    """
    facts = {path: page.facts for path, page in site.pages.items()}
    addresses = {path: one.markdown_url for path, one in facts.items()}
    for path, one in facts.items():
        text = plain_markdown(site.markdown(path), one, addresses)
        _write(folder / one.markdown_url, text)
    _write(folder / "llms.txt", llms_txt(config, facts))
    _write(folder / "robots.txt", robots_txt(config.site_url))
    if config.site_url:
        _write(folder / "sitemap.xml", sitemap_xml(facts.values(), config.site_url))
    else:
        (folder / "sitemap.xml").unlink(missing_ok=True)  # a builder's own, with no address in it


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
