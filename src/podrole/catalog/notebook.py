"""Notebook cells whose text is a snippet: written once, in the catalogue.

Such a cell has `{"podrole": {"snippet": "<id>", "as": "<variable>"}}` in its metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from podrole.catalog.catalog import Catalog


def _snippet_cells(notebook: Any, catalog: Catalog) -> Iterator[tuple[int, Any, str, str]]:
    for index, cell in enumerate(notebook["cells"]):
        wanted = cell["metadata"].get("podrole")
        if wanted:
            text = catalog.render(wanted["snippet"], "python", variable=wanted["as"])
            yield index, cell, wanted["snippet"], text


def _source(cell: Any) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def fill_notebook(notebook: Any, catalog: Catalog) -> int:
    """Write each snippet cell's text again; how many changed. Raises CatalogError."""
    changed = 0
    for _, cell, _, text in _snippet_cells(notebook, catalog):
        if _source(cell) != text:
            cell["source"] = text
            changed += 1
    return changed


def drift(notebook: Any, catalog: Catalog, name: str) -> list[str]:
    """One message for each cell that no longer is its snippet. Raises CatalogError."""
    return [
        f"{name}, cell {index}: its text is not snippet {snippet!r}"
        for index, cell, snippet, text in _snippet_cells(notebook, catalog)
        if _source(cell) != text
    ]
