"""What is known of a page besides its text: title, description, day of its last check, addresses.

All of it is data: front matter of a page, metadata of a notebook, sources of a snippet. Nothing is
taken from git or from the clock, so that two builds of one source are the same.
"""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from podrole.catalog import Snippet
from podrole.site.markdown.fence import prose_lines

#: What a search engine shows of a description.
SHORTEST, LONGEST = 50, 160

#: Two snippets of two kinds may have one title and one purpose.
_KINDS = {
    "policy": "IAM policy",
    "manifest": "Kubernetes manifest",
    "commands": "commands",
    "eksctl": "eksctl",
    "terraform": "Terraform",
    "cloudformation": "CloudFormation",
    "code": "program",
    "publishing": "publishing",
}
_TITLE = re.compile(r"^# +(?P<text>.+?)(?:\s*\{[^}]*\})?\s*\Z")
_MARKUP = re.compile(r"[`*]")


class PageFactsError(ValueError):
    """A page that does not say what it owes; the message names page and fix."""


@dataclass(frozen=True)
class PageFacts:
    """The facts of one page.

    Attributes:
        path: the page as links name it: `howto/irsa.md`, `notebooks/02-irsa.ipynb`.
        source: the file to edit, below the repository: `docs/howto/irsa.md`.
        title: its first-level heading, without markup.
        description: one line of 50 to 160 characters.
        checked: the day of the last check, `YYYY-MM-DD`.
    """

    path: str
    source: str
    title: str
    description: str
    checked: str

    @property
    def url(self) -> str:
        """The page's address below the site's root: `howto/irsa/`, empty for the start page."""
        parts = PurePosixPath(self.path).with_suffix("")
        folder = parts.parent if parts.name == "index" else parts
        return "" if folder == PurePosixPath(".") else f"{folder}/"

    @property
    def markdown_url(self) -> str:
        """The address of its Markdown version, beside the page."""
        return f"{self.url}index.md"

    @property
    def root(self) -> str:
        """The way from the page to the site's root: `../../`, empty for the start page."""
        return "../" * self.url.count("/")


def page_facts(path: str, front: Mapping[str, Any], markdown: str) -> PageFacts:
    """The facts of a page in `docs/`, from its front matter.

    `path`: below `docs/`. `front`: the parsed front matter. `markdown`: the page's text, for its
    title. Raises PageFactsError: `checked` or `description` is missing or malformed.
    """
    return _facts(path, f"docs/{path}", front, markdown, f"docs/{path}: front matter")


def notebook_facts(path: str, notebook: Mapping[str, Any]) -> PageFacts:
    """The facts of a notebook, from `metadata.podrole`.

    Raises PageFactsError: `checked` or `description` is missing or malformed.
    """
    cells = [one for one in notebook["cells"] if one["cell_type"] == "markdown"]
    markdown = "\n\n".join("".join(one["source"]) for one in cells)
    front = notebook.get("metadata", {}).get("podrole", {})
    return _facts(path, path, front, markdown, f"{path}: metadata.podrole")


def snippet_facts(path: str, snippet: Snippet) -> PageFacts:
    """The facts of a snippet's page: last checked when its newest source was."""
    checked = max(str(source["checked"]) for source in snippet.sources)
    title = _MARKUP.sub("", snippet.title)
    purpose = _MARKUP.sub("", snippet.purpose)
    description = shortened(f"{title} ({_KINDS[snippet.kind]}). {purpose}")
    return PageFacts(path, f"snippets/{snippet.place}", title, description, checked)


def shortened(text: str) -> str:
    """The text in at most 160 characters, cut after a word."""
    text = " ".join(text.split())
    if len(text) <= LONGEST:
        return text
    return text[: LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def _facts(
    path: str, source: str, front: Mapping[str, Any], markdown: str, place: str
) -> PageFacts:
    titles = (_TITLE.match(line) for line in prose_lines(markdown))
    title = next((_MARKUP.sub("", found["text"]) for found in titles if found), "")
    description = front.get("description")
    if not isinstance(description, str) or not SHORTEST <= len(description) <= LONGEST:
        raise PageFactsError(
            f"{place} needs `description:`, what the page holds, in {SHORTEST} to {LONGEST}"
            " characters"
        )
    return PageFacts(path, source, title, description, _day(front.get("checked"), place))


def _day(value: object, place: str) -> str:
    """YAML reads a day as a date, JSON as a text."""
    try:
        return datetime.date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise PageFactsError(
            f"{place} needs `checked: YYYY-MM-DD`, the day on which someone last held the page"
            f" against its sources; it says {value!r}"
        ) from None
