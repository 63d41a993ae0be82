"""Every how-to, typed by the real tools into a new lab with nothing but what the page says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from podrole.follow.troubled_page import open_page
from tests.catalogue import CATALOG
from tests.follow.conftest import PAGES, Follow, Steps

WAYS = [
    pytest.param(path, number, id=f"{path.stem}-{'-'.join(dict.fromkeys(way.values())) or 'all'}")
    for path in PAGES
    for number, way in enumerate(open_page(path, CATALOG).ways())
]


@pytest.fixture(scope="module")
def started(side_by_side: ThreadPoolExecutor, followed: Follow) -> dict[tuple[Path, int], Steps]:
    ways = [(one.values[0], one.values[1]) for one in WAYS]
    return {(path, number): side_by_side.submit(followed, path, number) for path, number in ways}


@pytest.mark.parametrize(("path", "number"), WAYS)
def test_the_page_can_be_followed(
    started: dict[tuple[Path, int], Steps], path: Path, number: int
) -> None:
    steps = started[path, number].result()
    last = steps[-1]
    assert not last.complaint, f"{last.complaint}\n{last.printed}"
    assert last.block is None, "all of it was followed"
