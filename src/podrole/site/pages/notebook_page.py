"""A notebook as a Markdown page: cells become prose, fenced code and output blocks.

The Markdown is rendered by the site builder with the extensions of any other page, so a notebook
may use admonitions, tabs, diagrams and catalogue markers, and weighs what a page weighs.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from podrole.site.markdown.fence import fenced, prose_lines
from podrole.site.pages.notebook_output import OutputError, output_block

Expand = Callable[[str, str], str]


@dataclass(frozen=True)
class RunBar:
    """What a page needs to run its cells: where `run.js` is, seen from the page, and the load."""

    assets: str  # for example ../../assets
    megabytes: int


# Tags that Podrole's notebooks use. `raises-exception` is Jupyter's own name for a cell whose
# error is wanted: nbclient and nbval read it too.
HIDE_TAG = "hide"
EXPECTED_ERROR_TAGS = frozenset({"expect-error", "raises-exception"})

_H1 = re.compile(r"^# +\S")
# Beside the notebooks, on a disk or in a repository browser, the pages stand in docs/; on the site
# they do not. Notebooks link as on the disk.
_LINK_TO_DOCS = re.compile(r"\]\(\.\./docs/")


class NotebookError(ValueError):
    """A notebook that cannot become a page; the message names notebook, cell and fix."""


def notebook_markdown(source: str, name: str, expand: Expand, run_bar: RunBar | None = None) -> str:
    """Turn a notebook's JSON into the Markdown of its page.

    `source`: the text of an `.ipynb` file (nbformat 4). `name`: the notebook's path below the
    repository, with `/`; its last part is the download. `expand`: given the text of a Markdown cell
    and its place, replaces the catalogue markers. `run_bar`: for a page whose cells the reader can
    run. Returns Markdown with exactly one first-level heading, followed by a link to download the
    notebook and by the bar. Each code cell is with its outputs in a `<div class="nb-cell">` that
    has the cell's number among the code cells, in `data-cell`. Raises NotebookError: not a
    notebook, no or several first-level headings, or an output that no page can show.
    """
    cells = _cells(source, name)
    parts: list[str] = []
    titles: list[int] = []
    counted = itertools.count(1)
    for number, cell in enumerate(cells, start=1):
        tags = set(cell.get("metadata", {}).get("tags", ()))
        if HIDE_TAG in tags:
            continue
        text = _text(cell.get("source", ""))
        match cell.get("cell_type"):
            case "markdown":
                found = [row for row, line in enumerate(prose_lines(text)) if _H1.match(line)]
                titles.extend(number for _ in found)
                if found and len(titles) == 1:
                    below = [_download(PurePosixPath(name).name), *_bar(run_bar)]
                    text = _below(text, found[0], below)
                parts.append(expand(_LINK_TO_DOCS.sub("](../", text), f"{name}, cell {number}"))
            case "code":
                block = _code(cell, text, tags, f"{name}, cell {number}")
                parts.append(_numbered(block, next(counted), tags) if text.strip() else block)
            case _:
                continue  # A raw cell is meant for another kind of output.
    if len(titles) != 1:
        where = f"cells {titles}" if titles else "no cell"
        raise NotebookError(
            f"{name}: a notebook has exactly one '# Title' line, in its first Markdown cell; "
            f"found in {where}. Use '## ' for sections."
        )
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def check_notebook(source: str, name: str) -> None:
    """Make sure that the text is a notebook, before anything else reads it.

    Raises NotebookError: it is not.
    """
    _cells(source, name)


def _cells(source: str, name: str) -> Sequence[Mapping[str, Any]]:
    try:
        notebook = json.loads(source)
        cells = notebook["cells"]
        if notebook["nbformat"] != 4 or not isinstance(cells, list):
            raise KeyError("nbformat 4")
    except (ValueError, KeyError, TypeError) as error:
        raise NotebookError(
            f"{name}: not a Jupyter notebook of nbformat 4 ({error}); save it again from Jupyter"
        ) from error
    return cells


def _text(source: str | Sequence[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _below(text: str, title_row: int, blocks: Sequence[str]) -> str:
    lines = text.split("\n")
    lines[title_row + 1 : title_row + 1] = ["", *(f"{block}\n" for block in blocks)]
    return "\n".join(lines)


def _download(file_name: str) -> str:
    return (
        f'<p class="nb-download"><a href="{file_name}" download>'
        f"Download this notebook</a> <span>({file_name})</span></p>"
    )


def _bar(run_bar: RunBar | None) -> Iterator[str]:
    """The script puts its buttons in place of the text, which stands where no script runs."""
    if run_bar:
        yield (
            f'<div class="nb-top"><link rel="stylesheet" href="{run_bar.assets}/run.css">'
            f'<div class="nb-bar" data-megabytes="{run_bar.megabytes}" data-search-exclude>'
            "<p>Here the cells run in your browser, if it has JavaScript and the page comes from a "
            "web server. <code>make lab</code> runs them in JupyterLab.</p></div>"
            f'<script type="module" src="{run_bar.assets}/run.js"></script></div>'
        )


def _numbered(block: str, count: int, tags: set[str]) -> str:
    expected = " data-expected" if tags & EXPECTED_ERROR_TAGS else ""
    return f'<div class="nb-cell" data-cell="{count}"{expected} markdown>\n{block}\n</div>'


def _code(cell: Mapping[str, Any], text: str, tags: set[str], place: str) -> str:
    parts = [fenced(text, "python")] if text.strip() else []
    expected = bool(tags & EXPECTED_ERROR_TAGS)
    for output in _joined_streams(cell.get("outputs", ())):
        try:
            parts.append(output_block(output, expected_error=expected))
        except OutputError as error:
            raise NotebookError(f"{place}: {error}") from error
    return "\n\n".join(part for part in parts if part)


def _joined_streams(outputs: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield the outputs, with neighbouring pieces of one stream made one."""
    pending: dict[str, Any] | None = None
    for output in outputs:
        if output.get("output_type") != "stream":
            if pending:
                yield pending
                pending = None
            yield output
            continue
        text = _text(output.get("text", ""))
        if pending and pending["name"] == output.get("name"):
            pending["text"] += text
            continue
        if pending:
            yield pending
        pending = {"output_type": "stream", "name": output.get("name"), "text": text}
    if pending:
        yield pending
