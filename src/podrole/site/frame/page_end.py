"""The lines below each page: when it was last checked, and how to have or to change its source."""

import datetime
import html
from pathlib import PurePosixPath

from podrole.site.pages.page_facts import PageFacts

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def page_end(facts: PageFacts, edit: str = "") -> str:
    """The end of a page.

    `facts`: the page's facts. `edit`: the address at which its source is changed; no link when
    empty.
    """
    links = ['<a href="index.md" data-page-markdown>This page as Markdown</a>']
    if facts.path.endswith(".ipynb"):
        name = PurePosixPath(facts.path).name
        links.append(f'<a href="{name}" download>Download the notebook</a>')
    if edit:
        links.append(f'<a href="{html.escape(edit)}" rel="edit">Edit this page</a>')
    items = "".join(f"<li>{link}</li>" for link in links)
    return (
        f'<footer class="page-end"><p>Last checked'
        f' <time datetime="{facts.checked}">{_written(facts.checked)}</time></p>'
        f"<ul>{items}</ul></footer>"
    )


def with_page_end(page: str, end: str) -> str:
    """The page's HTML with its end after the text, still within the article."""
    text, close, rest = page.rpartition("</article>")
    return f"{text}{end}{close}{rest}"


def edit_address(repository: str, way: str, source: str) -> str:
    """The address at which a file is edited; empty without a repository.

    `repository`: the address of the repository's own page, of a fork for example. `way`: how that
    host names its editor, with `{path}` for the file: `edit/main/{path}` for GitHub,
    `-/edit/main/{path}` for GitLab, `_edit/main/{path}` for Gitea. `source`: the file, below the
    repository.
    """
    return f"{repository.rstrip('/')}/{way.replace('{path}', source)}" if repository else ""


def _written(day: str) -> str:
    date = datetime.date.fromisoformat(day)
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"
