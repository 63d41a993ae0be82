"""The site's sources as a plain folder of Markdown, for a builder that runs no plugin and no hook.

Each page, notebook and snippet becomes one Markdown file with all markers expanded and all
drawings in it, beside a configuration without plugins. Once the builder has run, its pages get what
the hooks give them under MkDocs.
"""

import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from podrole.site.diagrams.diagram import with_figures
from podrole.site.frame.page_frame import finished, finished_template
from podrole.site.frame.theme_gaps import quicken_styles
from podrole.site.lists.side_files import write_side_files
from podrole.site.pages.plain_markdown import relinked
from podrole.site.source.site_config import SiteConfig
from podrole.site.source.site_source import SiteSource

#: What a builder that reads `mkdocs.yml` takes over as it is.
_KEPT = (
    *("site_name", "site_description", "site_url", "copyright", "theme", "extra"),
    *("extra_css", "extra_javascript", "markdown_extensions"),
)
_NOTEBOOK = re.compile(r"\.ipynb\Z")


def write_source(site: SiteSource, config: dict[str, Any], folder: Path) -> None:
    """Write the folder; its `site/` is where the builder puts the site.

    `site`: the sources. `config`: `mkdocs.yml`. `folder`: created again. Raises SourceError: a page
    that cannot be expanded.
    """
    shutil.rmtree(folder, ignore_errors=True)
    docs = folder / "docs"
    not_served = shutil.ignore_patterns(*(Path(one).name for one in config["exclude_docs"].split()))
    shutil.copytree(site.root / "docs" / "assets", docs / "assets", ignore=not_served)
    staged = {path: _NOTEBOOK.sub(".md", path) for path in site.pages}
    for path, page in site.pages.items():
        facts = page.facts
        body = relinked(site.markdown(path), facts, staged, staged[path])
        body = with_figures(body, site.drawings)
        front = {**page.front, "description": facts.description, "checked": facts.checked}
        head = yaml.safe_dump(front, allow_unicode=True, sort_keys=True)
        target = docs / staged[path]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"---\n{head}---\n\n{body}\n", encoding="utf-8")
        if path != staged[path]:  # the notebook itself, beside its page
            copy = docs / facts.url / Path(path).name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(page.text, encoding="utf-8")
    plain = {name: config[name] for name in _KEPT if config.get(name)}
    plain["nav"] = _renamed(config["nav"])
    plain["docs_dir"] = "docs"
    plain["site_dir"] = "site"
    text = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False)
    (folder / "mkdocs.yml").write_text(text, encoding="utf-8")


def finish_site(site: SiteSource, config: SiteConfig, built: Path) -> None:
    """Walk over the built pages, and write what stands beside them.

    `site`: the sources. `config`: the site's names and addresses. `built`: the built site. Raises
    FileNotFoundError: the builder has left out a page. Raises ValueError: the theme's page for a
    missing address is not what it was.
    """
    for page in site.pages.values():
        file = built / page.facts.url / "index.html"
        html = finished(file.read_text(encoding="utf-8"), page.facts, site, config)
        file.write_text(html, encoding="utf-8")
    missing = built / "404.html"
    html = finished_template(missing.read_text(encoding="utf-8"), site, config)
    missing.write_text(html, encoding="utf-8")
    for place, part in site.browser_python():
        (built / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(part, built / place)
    for place, text in site.made_assets().items():
        (built / place).write_text(text, encoding="utf-8")
    quicken_styles(built)
    write_side_files(site, built, config)


def _renamed(nav: list[Any]) -> list[Any]:
    """The navigation, with a Markdown file for each notebook."""
    return [
        {title: _renamed(held) if isinstance(held, list) else _NOTEBOOK.sub(".md", held)}
        for item in nav
        for title, held in item.items()
    ]
