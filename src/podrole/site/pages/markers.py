"""Markers by which a page shows a snippet of the catalogue, or data, instead of typing it.

A marker stands alone on its line, indented as the block that it becomes:

    {{ snippet "trust-irsa-exact" format=json }}
    {{ snippet "app-python" format=python file=app.py }}
    {{ snippet "site-stack" format=bash not-run="the lab has no CloudFront" }}
    {{ truth-table "trust-irsa-exact" }}
    {{ file "apps/go/main.go" }}
    {{ table "limits" }}
    {{ promises "coverage" }}
    {{ symptoms "commonest" }}
    {{ followed "howto" }}
"""

import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from podrole.catalog import Catalog, CatalogError
from podrole.site.markdown.fence import fenced, prose_lines
from podrole.site.markdown.format_label import lexer
from podrole.site.markdown.truth_table import TruthTableError, truth_table_markdown
from podrole.site.pages.coverage import coverage_markdown, read_promises
from podrole.site.pages.data_table import DataError, table_markdown
from podrole.site.pages.deployed_template import deploy_command
from podrole.site.pages.followed_table import followed_markdown
from podrole.site.pages.not_run import why_not_run
from podrole.site.pages.page_blocks import MARKER, BlockError, marker_options
from podrole.site.pages.symptom_table import symptoms_markdown

_MARKER_LIKE = re.compile(r"^\s*\{\{.*\}\}\s*\Z")

#: The lexer of a program's file, by the end of its name.
_LANGUAGES = {".py": "python", ".go": "go", ".ts": "typescript", ".yml": "yaml"}


class MarkerError(ValueError):
    """A marker that shows nothing; the message names page, line and fix."""


def expand_markers(markdown: str, catalog: Catalog, place: str, root: Path) -> str:
    """Replace each marker by the Markdown of its snippet, truth table or data.

    `markdown`: the text of a page, or of a notebook's Markdown cell. `catalog`: the loaded
    `snippets/`. `place`: the page, or the notebook and cell, for messages. `root`: the repository,
    whose `docs/data/` holds the data. Raises MarkerError: an unknown marker, snippet, format or
    data file.
    """
    return "\n".join(_expanded(markdown, catalog, place, root))


def _expanded(markdown: str, catalog: Catalog, place: str, root: Path) -> Iterator[str]:
    lines = zip(markdown.split("\n"), prose_lines(markdown), strict=True)
    for number, (line, prose) in enumerate(lines, start=1):
        if not _MARKER_LIKE.match(prose):
            yield line
            continue
        try:
            marker = MARKER.match(prose)
            if not marker:
                raise MarkerError('a marker reads {{ snippet "id" format=json }}')
            block = _block(marker, catalog, root)
        except (MarkerError, BlockError, CatalogError, TruthTableError, DataError) as error:
            raise MarkerError(f"{place}:{number}: {line.strip()}: {error}") from error
        yield from (f"{marker['indent']}{row}" if row else "" for row in block.split("\n"))


def _block(marker: re.Match[str], catalog: Catalog, root: Path) -> str:
    options = marker_options(marker["options"])
    match marker["kind"]:
        case "snippet":
            return _snippet(marker["id"], options, catalog)
        case "truth-table":
            return truth_table_markdown(catalog.truth_table(marker["id"]))
        case "file":
            return _file(marker["id"], root / "snippets")
        case "table":
            return table_markdown(_data(marker, root))
        case "promises":
            return coverage_markdown(read_promises(_data(marker, root), root), catalog)
        case "symptoms":
            if marker["id"] not in ("commonest", "others"):
                raise MarkerError('write {{ symptoms "commonest" }}, or "others"')
            return symptoms_markdown(marker["id"])
        case "followed":
            return followed_markdown(root / "docs" / marker["id"], catalog)
        case kind:
            known = "snippet, truth-table, file, table, promises, symptoms and followed"
            raise MarkerError(f"unknown marker {kind!r}; there are {known}")


def _file(name: str, snippets: Path) -> str:
    """A file of one of the programs, as it is."""
    path = (snippets / name).resolve()
    if not path.is_relative_to(snippets.resolve() / "apps") or not path.is_file():
        raise MarkerError(f"no file {name} below snippets/apps/")
    language = _LANGUAGES.get(path.suffix, "text") if path.suffix else "dockerfile"
    return fenced(path.read_text(encoding="utf-8"), language, title=name)


def _data(marker: re.Match[str], root: Path) -> Path:
    return root / "docs" / "data" / f"{marker['id']}.yml"


def _snippet(name: str, options: Mapping[str, str], catalog: Catalog) -> str:
    snippet = catalog[name]
    form = options.get("format") or catalog.formats(name)[0]
    text = catalog.render(name, form)
    block = fenced(text, lexer(form), title=options.get("file", name))
    reason = options.get("not-run") or ("" if "file" in options else why_not_run(snippet, form))
    if reason:
        block = f"{block}\n\n<small>Not run when this page is followed: {reason}.</small>"
    elif "cloudformation" in (form, snippet.kind):
        block = f"{block}\n\n<small>Save it as `{name}.yml`: `{deploy_command(name, text)}`</small>"
    if not snippet.antipattern:
        return block
    # What nobody should copy says so wherever it is shown.
    better = snippet.antipattern.better
    advice = f" Use `{better}` instead." if better else ""
    warning = f"{snippet.antipattern.reason}{advice}\n\n{block}"
    return '!!! danger "Antipattern: do not copy"\n\n' + textwrap.indent(warning, "    ")
