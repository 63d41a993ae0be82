"""Markers by which a page shows a snippet of the catalogue instead of typing it.

A marker stands alone on its line, indented as the block that it becomes:

    {{ snippet "trust-irsa-exact" format=json }}
    {{ truth-table "trust-irsa-exact" }}
"""

import re
import textwrap
from collections.abc import Iterator

from podrole.catalog import Catalog, CatalogError
from podrole.site.fence import fenced, prose_lines
from podrole.site.format_label import lexer
from podrole.site.truth_table import TruthTableError, truth_table_markdown

_MARKER = re.compile(
    r'^(?P<indent>\s*)\{\{\s*(?P<kind>[a-z-]+)\s+"(?P<id>[^"]+)"(?P<options>[^}]*)\}\}\s*$'
)
_MARKER_LIKE = re.compile(r"^\s*\{\{.*\}\}\s*$")
_FORMAT = re.compile(r"^\s*(?:format=(?P<format>[a-z-]+)\s*)?$")


class MarkerError(ValueError):
    """A marker that shows nothing; the message names page, line and mend."""


def expand_markers(markdown: str, catalog: Catalog, place: str) -> str:
    """Replace each marker by the Markdown of its snippet or truth table.

    Args:
        markdown: the text of a page, or of a notebook's Markdown cell.
        catalog: the loaded `snippets/`.
        place: the page, or the notebook and cell, for messages.

    Raises:
        MarkerError: an unknown marker, snippet or format.
    """
    return "\n".join(_expanded(markdown, catalog, place))


def _expanded(markdown: str, catalog: Catalog, place: str) -> Iterator[str]:
    lines = zip(markdown.split("\n"), prose_lines(markdown), strict=True)
    for number, (line, prose) in enumerate(lines, start=1):
        if not _MARKER_LIKE.match(prose):
            yield line
            continue
        try:
            marker = _MARKER.match(prose)
            if not marker:
                raise MarkerError('a marker reads {{ snippet "id" format=json }}')
            block = _block(marker, catalog)
        except (MarkerError, CatalogError, TruthTableError) as error:
            raise MarkerError(f"{place}:{number}: {line.strip()}: {error}") from error
        yield from (f"{marker['indent']}{row}" if row else "" for row in block.split("\n"))


def _block(marker: re.Match[str], catalog: Catalog) -> str:
    options = _FORMAT.match(marker["options"])
    if not options:
        raise MarkerError(f"unknown option {marker['options'].strip()!r}; there is format=…")
    match marker["kind"]:
        case "snippet":
            return _snippet(marker["id"], options["format"], catalog)
        case "truth-table":
            return truth_table_markdown(catalog.truth_table(marker["id"]))
        case kind:
            raise MarkerError(f"unknown marker {kind!r}; there are snippet and truth-table")


def _snippet(name: str, form: str | None, catalog: Catalog) -> str:
    snippet = catalog[name]
    form = form or catalog.formats(name)[0]
    block = fenced(catalog.render(name, form), lexer(form), title=name)
    if not snippet.antipattern:
        return block
    # What nobody should copy says so wherever it is shown.
    better = snippet.antipattern.better
    advice = f" Use `{better}` instead." if better else ""
    warning = f"{snippet.antipattern.reason}{advice}\n\n{block}"
    return '!!! danger "Antipattern: do not copy"\n\n' + textwrap.indent(warning, "    ")
