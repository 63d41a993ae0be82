"""A page with one fault does not go through. PODROLE_PAGE_MUTANTS tries every fault.

It is `all`, or the names of pages: `irsa,secrets`.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from podrole.follow.followed_page import page_path
from podrole.follow.troubled_page import open_page
from podrole.policy.error import InputError
from podrole.site.pages.page_blocks import BlockError
from tests.catalogue import CATALOG
from tests.follow.conftest import PAGES, Follow
from tests.follow.page_mutants import Mutant, mutants

#: A few that stand for all: a block that makes, one that a file comes from, one that looks.
FEW = ("namespace taken away", "trust-irsa-exact taken away", "oidc-provider-lookup taken away",
       "trust-irsa-exact swapped for trust-pod-identity-source")  # fmt: skip
LEAST = 0.95


def ways_of(path: Path, mutant: Mutant) -> list[int]:
    """The ways on which a reader meets the fault."""
    page = open_page(path, CATALOG)
    return [
        number
        for number, way in enumerate(page.ways())
        if any(one.line == mutant.line and one.format for one in page.script(way))
    ]


def test_a_fault_is_noticed(side_by_side: ThreadPoolExecutor, followed: Follow) -> None:
    wanted = os.environ.get("PODROLE_PAGE_MUTANTS", "")

    def is_noticed(path: Path, mutant: Mutant) -> bool:
        try:
            return any(
                followed(path, number, mutant)[-1].complaint for number in ways_of(path, mutant)
            )
        except (BlockError, InputError):
            return True  # the page cannot be read

    tried = {
        (path.stem, mutant.change): side_by_side.submit(is_noticed, path, mutant)
        for path in (PAGES if wanted == "all" else map(page_path, (wanted or "irsa").split(",")))
        for mutant in mutants(path.read_text())
        if wanted or mutant.change.endswith(FEW)
    }
    assert tried
    missed = []
    for (page, change), noticed in tried.items():
        if not noticed.result():
            missed.append(f"{page}: {change}")
        print(page, change, "noticed" if noticed.result() else "MISSED", sep=": ", flush=True)
    share = 1 - len(missed) / len(tried)
    print(f"{len(tried) - len(missed)} of {len(tried)} faults are noticed: {share:.1%}")
    assert share >= LEAST, missed
