"""Every how-to, typed by the real tools into a new lab with nothing but what the page says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from podrole.follow.troubled_page import open_page
from tests.catalogue import CATALOG
from tests.follow.conftest import PAGES, Follow, Steps

WAYS = [
    (path, number, f"{path.stem}-{'-'.join(dict.fromkeys(way.values())) or 'all'}")
    for path in PAGES
    for number, way in enumerate(open_page(path, CATALOG).ways())
]


def length(path: Path, number: int) -> int:
    """How many blocks a way has."""
    page = open_page(path, CATALOG)
    return len(page.script(page.ways()[number]))


@pytest.fixture(scope="module")
def started(side_by_side: ThreadPoolExecutor, followed: Follow) -> dict[tuple[Path, int], Steps]:
    """All ways, the longest first: so that no lab waits for it at the end."""
    ways = [(path, number) for path, number, _ in WAYS]
    ways.sort(key=lambda one: length(*one), reverse=True)
    return {(path, number): side_by_side.submit(followed, path, number) for path, number in ways}


@pytest.mark.parametrize(("path", "number"), [pytest.param(*way[:2], id=way[2]) for way in WAYS])
def test_the_page_can_be_followed(
    started: dict[tuple[Path, int], Steps], path: Path, number: int
) -> None:
    steps = started[path, number].result()
    last = steps[-1]
    assert not last.complaint, f"{last.complaint}\n{last.printed}"
    assert last.block is None, "all of it was followed"
