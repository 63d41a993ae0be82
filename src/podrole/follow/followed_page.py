"""A page of the guide as a script: its blocks, and those of the page that it goes on from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from podrole.catalog import Catalog
from podrole.catalog.catalog import own_folder
from podrole.follow.followed_lab import FollowedLab, FollowError
from podrole.follow.walk import Step, before_clean_up, follow, kept, runs
from podrole.lab.node.instance_metadata import NODE_ROLE
from podrole.site.pages.page_blocks import Block, read_blocks


def docs_folder() -> Path:
    """`docs/` beside `snippets/`. Raises FollowError: an installed package carries none."""
    folder = own_folder().parent / "docs"
    if not folder.is_dir():
        raise FollowError("no docs/ next to snippets/: run this in a clone of the guide")
    return folder


def page_path(name: str) -> Path:
    """The file of a page: `irsa`, `howto/irsa.md`, or a path.

    Raises FollowError if there is no such page; the message lists them.
    """
    docs = docs_folder()
    for path in (Path(name), docs / name, docs / "howto" / f"{name}.md"):
        with suppress(OSError, ValueError):  # a name that no file can have is no page either
            if path.suffix == ".md" and path.is_file():
                return path
    known = ", ".join(sorted(one.stem for one in (docs / "howto").glob("*.md")))
    raise FollowError(f"no page {name!r}; there are {known}")


def front_matter(page: str) -> dict[str, Any]:
    """What stands between the first two lines of three dashes."""
    _, front, _ = page.split("---\n", 2)
    return yaml.safe_load(front) or {}


class FollowedPage:
    """The script that a page is, for a reader with these values."""

    def __init__(self, path: Path, catalog: Catalog, text: str | None = None) -> None:
        """`text` stands for what the file holds: a page that someone is about to change."""
        self.path = path
        whole = path.read_text(encoding="utf-8") if text is None else text
        before = front_matter(whole).get("after") or {}
        self.blocks = read_blocks(whole, catalog)
        #: For the label of a tab the page that comes before; for the others that of the first.
        self.before = {
            label: FollowedPage(docs_folder() / page, catalog)
            for label, page in ({"": before} if isinstance(before, str) else before).items()
        }

    def ways(self) -> list[dict[int, str]]:
        """The ways through the page; see `runs`."""
        return runs(self.blocks)

    def script(self, way: Mapping[int, str]) -> list[Block]:
        """What a reader does who keeps these tabs, with the page before it and its clean-up."""
        own = kept(self.blocks, way)
        if not self.before:
            return own
        labels = [label for label in self.before if label in way.values()]
        before = self.before[labels[0]] if labels else next(iter(self.before.values()))
        made, removed = before_clean_up(before.script(before.ways()[0]))
        return [*made, *own, *removed]

    def follow(self, lab: FollowedLab, way: Mapping[int, str]) -> Iterator[Step]:
        """Follow it in a lab made new, to the first complaint."""
        return follow(lab, self.script(way))


def reader_catalog(lab: FollowedLab) -> Catalog:
    """The catalogue for a reader whose cluster is this lab's."""
    name = "aws eks describe-cluster --name demo --query cluster.identity.oidc.issuer --output text"
    issuer = lab.type(name).printed.strip()
    return Catalog(values={"oidc_id": issuer.rpartition("/")[2], "node_role": NODE_ROLE})
