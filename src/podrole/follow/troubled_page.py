"""A page that cures failures: each is made, seen, cured by its section, and seen to be cured."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from pathlib import Path

from podrole.catalog import Catalog
from podrole.follow.failures import Failures
from podrole.follow.followed_lab import FollowError
from podrole.follow.followed_page import FollowedPage, docs_folder, front_matter
from podrole.follow.walk import before_clean_up
from podrole.site.pages.page_blocks import Block

#: No set of tabs has this number: what a reader keeps here is the set-up.
_SETUP = 0


class TroubledPage(FollowedPage):
    """A page with `failures` in its front matter: one way for each set-up that they break."""

    def __init__(self, path: Path, catalog: Catalog, text: str) -> None:
        """`text` is what the file holds, or a page that someone is about to change."""
        super().__init__(path, catalog, text)
        self._all = Failures.read(front_matter(text)["failures"], catalog)
        self.before = {
            label: FollowedPage(docs_folder() / one.page, catalog)
            for label, one in self._all.setups.items()
        }

    def ways(self) -> list[dict[int, str]]:
        """One for each set-up; the first also types what stands in no failure's section."""
        return [{_SETUP: label} for label in self._all.setups]

    def script(self, way: Mapping[int, str]) -> list[Block]:
        """Set it up, go through the page with its failures, and take all of it away again.

        Raises FollowError if the page lacks a section that a failure is cured in.
        """
        label = way[_SETUP]
        before = self.before[label]
        made, removed = before_clean_up(before.script(before.ways()[0]))
        setup = self._all.setups[label]
        first = label == next(iter(self._all.setups))
        cured = {one.section: one.cause for one in self._all.failures}
        there = {one.anchor for one in self.blocks}
        for anchor, cause in cured.items():
            if anchor not in there:
                raise FollowError(f"{self.path.name}: no block below #{anchor}, for {cause!r}")
        own: list[Block] = []
        for section in dict.fromkeys(one.section for one in self.blocks):
            below = [one for one in self.blocks if one.section == section]
            anchor = below[0].anchor
            own += below if first and anchor not in cured else []
            for failure in self._all.failures:
                if (failure.section, failure.setup) == (anchor, label):
                    own += failure.blocks(self.blocks, setup.strangers)
        return [*made, *setup.prepared(), *own, *setup.cleared(), *removed]

    def narrowed(self, anchor: str) -> TroubledPage:
        """The page with one section's failures, or with what stands in no failure's section."""
        page = copy(self)
        cured = {one.section for one in self._all.failures}
        chosen = [one for one in self._all.failures if one.section == anchor]
        page._all = replace(self._all, failures=chosen)
        kept = {anchor} if chosen else {one.anchor for one in self.blocks} - cured
        page.blocks = [one for one in self.blocks if one.anchor in kept]
        return page

    def never_typed(self) -> list[Block]:
        """The blocks to run that no way types: they would prove nothing."""
        typed = {id(block) for way in self.ways() for block in self.script(way)}
        kinds = ("command", "file", "output")
        return [one for one in self.blocks if one.use in kinds and id(one) not in typed]


def open_page(path: Path, catalog: Catalog, text: str | None = None) -> FollowedPage:
    """The page of a path, of the kind that its front matter says."""
    whole = path.read_text(encoding="utf-8") if text is None else text
    kind = TroubledPage if "failures" in front_matter(whole) else FollowedPage
    return kind(path, catalog, whole)
