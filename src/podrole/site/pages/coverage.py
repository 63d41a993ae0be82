"""What the guide owes its reader, where it keeps it, and what proves it: `docs/data/coverage.yml`.

Each promise points at a page and an anchor. They become links, and the strict build fails for a
link that leads nowhere. Each proof is a test of the repository, a notebook, or the name of a
source.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from podrole.catalog import Catalog
from podrole.site.markdown.markdown_table import markdown_table
from podrole.site.pages.data_table import DataError, read_data

_KEYS = {"id", "owes", "page", "proof"}


@dataclass(frozen=True)
class Promise:
    """One thing that the guide owes.

    Attributes:
        id: its name; snippets that keep the promise carry it as `seed`.
        owes: the thing, in a few words.
        page: page and anchor, from `docs/` or `notebooks/`: `howto/irsa.md#the-role`.
        proof: a path in the repository (`tests/…`, `notebooks/…`), or a source.
    """

    id: str
    owes: str
    page: str
    proof: str


def read_promises(path: Path, root: Path) -> tuple[Promise, ...]:
    """Read the list; a proof that begins with `tests/` or `notebooks/` must be a file.

    `path`: the data file. `root`: the repository, for the proofs. Raises DataError: a missing
    field, an id twice, or a proof that is not there.
    """
    data = read_data(path)
    if not isinstance(data, list) or not data:
        raise DataError(f"{path.name}: write a list of promises")
    promises: dict[str, Promise] = {}
    for number, item in enumerate(data, start=1):
        place = f"{path.name}: item {number}"
        if not isinstance(item, dict) or item.keys() != _KEYS:
            raise DataError(f"{place}: write {', '.join(sorted(_KEYS))}")
        for key, value in item.items():
            if not isinstance(value, str) or not value.strip():
                raise DataError(f"{place}: {key} is empty")
        promise = Promise(**item)
        if promise.id in promises:
            raise DataError(f"{place}: {promise.id} is there twice")
        here = promise.proof.startswith(("tests/", "notebooks/"))
        if here and not (root / promise.proof).is_file():
            raise DataError(f"{place}: {promise.id}: no proof {promise.proof}")
        promises[promise.id] = promise
    return tuple(promises.values())


def coverage_markdown(promises: tuple[Promise, ...], catalog: Catalog) -> str:
    """Render the promises as a table, for a page one folder below the site's root."""
    kept: dict[str, list[str]] = {}
    for snippet in catalog.snippets:
        if snippet.seed:
            kept.setdefault(snippet.seed, []).append(snippet.id)
    rows = []
    for promise in promises:
        path, _, anchor = promise.page.partition("#")
        name = Path(path).stem + (f", {anchor.replace('-', ' ')}" if anchor else "")
        shown = ", ".join(f"[`{one}`](../catalogue/{one}.md)" for one in kept.get(promise.id, ()))
        proof = promise.proof
        if proof.startswith("notebooks/"):
            proof = f"[{Path(proof).stem}](../{proof})"
        elif proof.startswith("tests/"):
            proof = f"`{proof}`"
        rows.append([promise.owes, f"[{name}](../{promise.page})", shown or "–", proof])
    return markdown_table(["Promise", "Kept on", "Snippets", "Proof"], rows)
