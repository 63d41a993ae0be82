"""How many blocks of each how-to are run when it is followed, and how many cannot be."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from podrole.catalog import Catalog
from podrole.site.markdown.markdown_table import markdown_table
from podrole.site.pages.page_blocks import read_blocks

_RUN = ("command", "file", "output")


def followed_markdown(folder: Path, catalog: Catalog) -> str:
    """The counts as a table and a sentence, for a page one folder below the site's root.

    `folder` is where the how-tos are, `catalog` has the snippets.
    """
    rows, whole = [], Counter[str]()
    for path in sorted(folder.glob("*.md")):
        counts = Counter(_column(one.use) for one in read_blocks(path.read_text(), catalog))
        whole += counts
        numbers = [str(counts[name]) for name in ("run", "decided", "not run")]
        rows.append([f"[{path.stem}](../{folder.name}/{path.name})", *numbers])
    total = whole.total()
    said = (
        f"Of {total} blocks {whole['run']} are run, {whole['decided']} are decided by the engine, "
        f"and {whole['not run']} are not run; each of these says why."
    )
    return f"{said}\n\n" + markdown_table(["Page", "Run", "Decided", "Not run"], rows)


def _column(use: str) -> str:
    if use in _RUN:
        return "run"
    return "not run" if use == "not run" else "decided"
