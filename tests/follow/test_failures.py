"""The failures of a page: each is made, refused, and cured by its section for the pod alone."""

from __future__ import annotations

from itertools import pairwise

import pytest

from podrole.follow.failures import Failure, Failures
from podrole.follow.followed_lab import FollowError
from podrole.follow.followed_page import page_path
from podrole.follow.troubled_page import TroubledPage
from tests.catalogue import CATALOG

PATH = page_path("troubleshoot")
FAILURES = Failures.read("troubleshoot", CATALOG)
IDS = {"ids": lambda one: f"{one.section}-{one.cause}"}


def page(text: str | None = None) -> TroubledPage:
    return TroubledPage(PATH, CATALOG, text or PATH.read_text(encoding="utf-8"))


def test_each_block_that_runs_is_typed() -> None:
    assert [one.place for one in page().never_typed()] == []


def test_a_fix_that_no_failure_needs_is_found() -> None:
    text = PATH.read_text().replace(
        '=== "Role ARN"\n',
        '=== "Another"\n\n    {{ snippet "namespace" format=kubectl }}\n\n=== "Role ARN"\n',
    )
    (found,) = page(text).never_typed()
    assert "Another" in found.place


@pytest.mark.parametrize("failure", FAILURES.failures, **IDS)
def test_a_failure_is_refused_before_its_cure_and_strangers_after(failure: Failure) -> None:
    """What a row leaves out would prove nothing."""
    names = [one.name for way in page().ways() for one in page().script(way)]
    cause = failure.cause
    order = [
        f"{cause}: refused",
        f"{cause}: cured",
        f"{cause}: a person of the account stays outside",
    ]
    places = [names.index(one) for one in order]
    assert all(first < second for first, second in pairwise(places))
    between = names[places[0] + 2 : places[1]]
    assert between, "no block of the page cures it"


def test_a_section_that_is_gone_is_named() -> None:
    text = PATH.read_text().replace("{ #wrong-audience }", "{ #audience }")
    with pytest.raises(
        FollowError, match="no block below #wrong-audience, for 'the annotation sets"
    ):
        page(text).script(page(text).ways()[0])
