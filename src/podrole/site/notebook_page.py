"""A notebook as a Markdown page: cells become prose, fenced code and output blocks.

The Markdown is rendered by the site builder with the extensions of any other page, so a notebook
may use admonitions, tabs, diagrams and catalogue markers, and weighs what a page weighs.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from podrole.site.fence import fenced, prose_lines
from podrole.site.notebook_output import OutputError, output_block

Expand = Callable[[str, str], str]

# Tags that Podrole's notebooks use. `raises-exception` is Jupyter's own name for a cell whose
# error is wanted: nbclient and nbval read it too.
HIDE_TAG = "hide"
EXPECTED_ERROR_TAGS = frozenset({"expect-error", "raises-exception"})

_H1 = re.compile(r"^# +\S")
# Beside the notebooks, on a disk or in a repository browser, the pages stand in docs/; on the site
# they do not. Notebooks link as on the disk.
_LINK_TO_DOCS = re.compile(r"\]\(\.\./docs/")


class NotebookError(ValueError):
    """A notebook that cannot become a page; the message names notebook, cell and mend."""


def notebook_markdown(source: str, name: str, expand: Expand) -> str:
    """Turn a notebook's JSON into the Markdown of its page.

    Args:
        source: the text of an `.ipynb` file (nbformat 4).
        name: the notebook's path below the repository, with `/`; its last part is the download.
        expand: given the text of a Markdown cell and its place, replaces the catalogue markers.

    Returns:
        Markdown with exactly one first-level heading, followed by a link to download the notebook.

    Raises:
        NotebookError: not a notebook, no or several first-level headings, or an output that no
            page can show.
    """
    cells = _cells(source, name)
    parts: list[str] = []
    titles: list[int] = []
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
                    text = _with_download(text, found[0], PurePosixPath(name).name)
                parts.append(expand(_LINK_TO_DOCS.sub("](../", text), f"{name}, cell {number}"))
            case "code":
                parts.extend(_code(cell, text, tags, f"{name}, cell {number}"))
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

    Raises:
        NotebookError: it is not.
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


def _with_download(text: str, title_row: int, file_name: str) -> str:
    lines = text.split("\n")
    link = (
        f'<p class="nb-download"><a href="{file_name}" download>'
        f"Download this notebook</a> <span>({file_name})</span></p>"
    )
    lines[title_row + 1 : title_row + 1] = ["", link, ""]
    return "\n".join(lines)


def _code(cell: Mapping[str, Any], text: str, tags: set[str], place: str) -> Iterator[str]:
    if text.strip():
        yield fenced(text, "python")
    expected = bool(tags & EXPECTED_ERROR_TAGS)
    for output in _joined_streams(cell.get("outputs", ())):
        try:
            yield output_block(output, expected_error=expected)
        except OutputError as error:
            raise NotebookError(f"{place}: {error}") from error


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
