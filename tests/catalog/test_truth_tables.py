"""Every row of every policy's truth table holds, and the tables notice one-step changes."""

from __future__ import annotations

import pytest

from podrole.catalog import Snippet, Verdict
from tests.catalogue import CATALOG

POLICIES = CATALOG.of("policy")
ROWS = [
    pytest.param(snippet.id, verdict, id=f"{snippet.id}::{verdict.name}")
    for snippet in POLICIES
    for verdict in CATALOG.truth_table(snippet.id)
]


@pytest.mark.parametrize(("name", "verdict"), ROWS)
def test_row(name: str, verdict: Verdict) -> None:
    assert verdict.holds, (
        f"snippets/policies/{name}.yml: case {verdict.name!r}: expected {verdict.expected},"
        f" the engine says {verdict.decision}"
    )


def test_there_is_a_catalogue() -> None:
    assert len(POLICIES) >= 75


@pytest.mark.parametrize(
    "snippet", [one for one in POLICIES if not one.antipattern], ids=lambda snippet: snippet.id
)
def test_a_one_step_change_changes_a_row(snippet: Snippet) -> None:
    """Each mutant is noticed, but for those whose reason stands in the file."""
    unnoticed, count = CATALOG.unnoticed_mutants(snippet.id)
    assert count > 0
    assert set(unnoticed) == set(snippet.survivors), f"{snippet.place}: add a case, or a survivor"


def test_survivors_are_few() -> None:
    tried = [CATALOG.unnoticed_mutants(one.id) for one in POLICIES if not one.antipattern]
    surviving, all_ = sum(len(left) for left, _ in tried), sum(count for _, count in tried)
    assert surviving < 0.03 * all_, f"{surviving} of {all_} mutants survive"


@pytest.mark.parametrize(
    "snippet", [one for one in POLICIES if one.antipattern], ids=lambda snippet: snippet.id
)
def test_an_antipattern_shows_its_harm(snippet: Snippet) -> None:
    """It grants what it should not, or refuses all that it is for."""
    effects = {verdict.effect for verdict in CATALOG.truth_table(snippet.id)}
    assert "allow" in effects or effects == {"implicit_deny"}
