"""Patterns of `sub` against all short subjects: which meet, which cover, who is left."""

from __future__ import annotations

import itertools
import random

import pytest

from podrole.policy.budget import Budget, BudgetSpentError
from podrole.policy.patterns import glob
from podrole.policy.patterns import tester as whole
from podrole.policy.subjects.patterns import (
    PREFIX,
    SubjectPatterns,
    everyone,
    fits,
    ordered,
    possible,
)
from podrole.policy.subjects.search import Clause, find_subject

#: Patterns name `a` and `b`; `x` stands for all letters that they do not name.
NAMESPACES = ["".join(item) for size in (1, 2) for item in itertools.product("abx", repeat=size)]
NAMES = ["".join(item) for size in (1, 2, 3) for item in itertools.product("ab.x", repeat=size)]
SUBJECTS = [f"{PREFIX}{namespace}:{name}" for namespace in NAMESPACES for name in NAMES]
ENOUGH = Budget(10**9)


def drawn(chance: random.Random) -> str:
    tail = "".join(chance.choice("aab***??:.A") for _ in range(chance.randint(0, 5)))
    return chance.choice([PREFIX, f"{PREFIX}*:", "*", "*:", "system:*", "sys?em:*:a*:", ""]) + tail


def fitting(pattern: str) -> set[str]:
    test = whole(glob(pattern))
    return {subject for subject in SUBJECTS if test(subject)}


def test_meeting_and_covering() -> None:
    chance = random.Random(1)
    met = covered = 0
    for _ in range(500):
        others = [drawn(chance) for _ in range(3)]
        one = drawn(chance)
        patterns = SubjectPatterns(others)
        mine = fitting(one)
        meeting = patterns.places.ended(patterns.meeting(one))
        covering = patterns.places.ended(patterns.covering(one))
        for number, other in enumerate(others):
            theirs = fitting(other)
            if number in meeting:
                found = find_subject(Clause(((one,), (other,))), (), ENOUGH)
                assert found is not None, (one, other)
                assert fits(one, found), (one, other, found)
                assert fits(other, found), (one, other, found)
            else:
                assert not mine & theirs, (one, other)
            if number in covering:
                assert mine <= theirs, (one, other)
                covered += bool(mine)
        met += len(meeting)
        someone = find_subject(Clause(((one,),)), (), ENOUGH)
        assert possible(one) == (someone is not None), one
        assert possible(one) >= bool(mine), one
        assert everyone(one) == (len(mine) == len(SUBJECTS)), one
    assert met > 200
    assert covered > 20


def test_fitting() -> None:
    chance = random.Random(2)
    for _ in range(1000):
        others = [drawn(chance) for _ in range(5)]
        patterns = SubjectPatterns(others)
        subject = chance.choice(SUBJECTS)
        found = patterns.places.ended(patterns.fitting(subject, ENOUGH))
        assert found == [number for number, item in enumerate(others) if fits(item, subject)]


def test_a_search_finds_someone_or_shows_that_there_is_nobody() -> None:
    chance = random.Random(3)
    nobody = 0
    for _ in range(1000):
        clauses = [
            Clause(
                tuple(
                    tuple(drawn(chance) for _ in range(chance.randint(1, 3)))
                    for _ in range(chance.randint(0, 2))
                ),
                tuple(drawn(chance) for _ in range(chance.randint(0, 2))),
            )
            for _ in range(chance.randint(1, 3))
        ]
        wanted, refused = clauses[0], clauses[1:]
        found = find_subject(wanted, refused, Budget(10**6))
        if found is None:
            nobody += 1
            assert not held(wanted) - set().union(*map(held, refused)), clauses
        else:
            assert holds(wanted, found), clauses
            assert not any(holds(item, found) for item in refused), clauses
    assert 200 < nobody < 800


def held(clause: Clause) -> set[str]:
    found = set(SUBJECTS)
    for choice in clause.choices:
        found &= set().union(*map(fitting, choice))
    return found - set().union(*map(fitting, clause.unless))


def holds(clause: Clause, subject: str) -> bool:
    return all(any(fits(item, subject) for item in choice) for choice in clause.choices) and (
        not any(fits(item, subject) for item in clause.unless)
    )


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("a**b", "a*b"), ("*?*", "?*"), ("a?*?b", "a??*b"), ("a??b", "a??b"), ("", "")],
)
def test_runs_of_wildcards_are_written_alike(pattern: str, expected: str) -> None:
    assert ordered(pattern) == expected


def test_a_search_that_is_too_long_says_so() -> None:
    """Each letter at each of seven places is refused: nobody is left, after 38⁷ names."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-."
    refused = [f"{PREFIX}*:" + "?" * i + c + "?" * (6 - i) for i in range(7) for c in letters]
    wanted = Clause(((f"{PREFIX}*:???????",),), tuple(refused))
    budget = Budget(30_000)
    with pytest.raises(BudgetSpentError):
        find_subject(wanted, (), budget)
    assert budget.spent == 30_000
