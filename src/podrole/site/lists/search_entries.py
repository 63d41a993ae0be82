"""The search's entries: snippets are found by their ids, as the command line names them."""

import html
import re
from collections.abc import Mapping
from typing import Any

from podrole.site.pages.catalogue_page import FOLDER

_SPAN = re.compile(r"</?span\b[^>]*>")


def name_by_ids(entries: list[dict[str, Any]], titles: Mapping[str, str]) -> None:
    """Make a snippet's id the title of its page's entry, and begin its text with the title.

    The search cuts `trust-irsa-exact` into three words and ranks by the share of a title that they
    are, so an id in a longer title comes after pages about trust and IRSA.

    `entries`: what the search plugin has collected; changed in place. `titles`: the title of each
    snippet, by its id.
    """
    for entry in entries:
        folder, _, rest = entry["location"].partition("/")
        name = rest.removesuffix("/")
        if folder == FOLDER and name in titles:
            entry["title"] = name
            entry["text"] = f"<p>{html.escape(titles[name])}</p> {entry['text']}"


def without_spans(content: str) -> str:
    """A page's HTML with the colours of its code taken off: to the search they say nothing."""
    return _SPAN.sub("", content)
