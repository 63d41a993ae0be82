"""A page with one fault does not go through. PODROLE_PAGE_MUTANTS=1 tries every fault of each."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from podrole.follow.followed_page import page_path
from podrole.follow.troubled_page import open_page
from tests.catalogue import CATALOG
from tests.follow.conftest import PAGES, Follow
from tests.follow.page_mutants import mutants

#: A few that stand for all: a block that makes, one that a file comes from, one that looks.
FEW = ("namespace taken away", "trust-irsa-exact taken away", "oidc-provider-lookup taken away",
       '"trust-irsa-exact" swapped')  # fmt: skip
LEAST = 0.95


def test_a_fault_is_noticed(side_by_side: ThreadPoolExecutor, followed: Follow) -> None:
    every = bool(os.environ.get("PODROLE_PAGE_MUTANTS"))
    pages = PAGES if every else [page_path("irsa")]
    tried = {
        (path, change): [
            side_by_side.submit(followed, path, number, text)
            for number in range(len(open_page(path, CATALOG, text).ways()) if every else 1)
        ]
        for path in pages
        for change, text in mutants(path.read_text())
        if every or change.endswith(FEW)
    }
    assert tried
    missed = [
        f"{path.stem}: {change}"
        for (path, change), ways in tried.items()
        if not any(way.result()[-1].complaint for way in ways)
    ]
    assert 1 - len(missed) / len(tried) >= LEAST, f"{len(missed)} of {len(tried)}: {missed}"
