"""Pages, followed side by side: each way through a page in a lab of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import Queue

import pytest

from podrole.follow.followed_lab import FollowedLab, followed_lab
from podrole.follow.followed_page import docs_folder, reader_catalog
from podrole.follow.kubectl_exec import write_kubectl
from podrole.follow.troubled_page import TroubledPage, open_page
from podrole.follow.walk import Step
from tests.catalog.conftest import programs
from tests.client_programs import kubectl
from tests.files import files
from tests.follow.page_mutants import Mutant

__all__ = ["programs"]

PAGES = files(docs_folder() / "howto", "*.md")
AT_A_TIME = os.cpu_count() or 1
#: Follows a page's way, or a mutant's in its place: the steps, to the first complaint.
Follow = Callable[..., list[Step]]


@pytest.fixture(scope="session")
def tools(programs: Path) -> Path:
    """A folder with `aws`, without its start, and kubectl."""
    if not (programs / "kubectl").exists():
        write_kubectl(programs, kubectl())
    return programs


@pytest.fixture(scope="session")
def labs(tools: Path) -> Iterator[Queue[FollowedLab]]:
    """As many labs as there are cores; each is made new again for each page."""
    waiting: Queue[FollowedLab] = Queue()
    with ExitStack() as stack:
        for _ in range(AT_A_TIME):
            waiting.put(stack.enter_context(followed_lab(tools)))
        yield waiting


@pytest.fixture(scope="session")
def followed(labs: Queue[FollowedLab]) -> Follow:
    def follow(path: Path, number: int, mutant: Mutant | None = None) -> list[Step]:
        lab = labs.get()
        try:
            lab.renew()
            catalog = reader_catalog(lab)
            page = open_page(path, catalog)
            way = page.ways()[number]
            if mutant:
                page = open_page(path, catalog, mutant.text)
            if mutant and isinstance(page, TroubledPage):
                page = page.narrowed(mutant.anchor)
            return list(page.follow(lab, way))
        finally:
            labs.put(lab)

    return follow


@pytest.fixture(scope="session")
def side_by_side(labs: Queue[FollowedLab]) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield pool
        pool.shutdown(cancel_futures=True)


Steps = Future[list[Step]]
