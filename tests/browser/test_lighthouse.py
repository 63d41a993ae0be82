"""Lighthouse's scores; not the one for speed, which is a benchmark (`make bench`)."""

import pytest

from tests.browser.lighthouse import debugging_port, judged
from tests.browser.page_kinds import KINDS


@pytest.mark.parametrize("kind", ["notebook", "start"])
def test_scores(site_address: str, kind: str) -> None:
    with debugging_port() as port:
        found = judged(port, f"{site_address}{KINDS[kind]}")
    scores = found["scores"]
    assert scores["accessibility"] == 100, found["failed"]
    assert scores["best-practices"] == 100, found["failed"]
    assert scores["seo"] == 100, found["failed"]
