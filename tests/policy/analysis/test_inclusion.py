"""Pattern sets against all short texts: `covers` never claims too much, `overlap` is exact."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podrole.policy import patterns
from podrole.policy.analysis.inclusion import Comparison, Patterns, PatternSet, Shape, pattern
from podrole.policy.budget import Budget, BudgetSpentError
from podrole.policy.patterns import Pattern, arn_tester, glob, resource_tester

ENOUGH = Budget(10**9)


def covers(wide: Pattern, narrow: Pattern, shape: Shape = Shape.TEXT) -> bool:
    return bool(Patterns([wide], shape).covering(narrow, ENOUGH))


def overlap(one: Pattern, other: Pattern) -> bool:
    return bool(Patterns([one], Shape.TEXT).meeting(other, ENOUGH))


# Three letters in the texts, two in the patterns: one letter stands for all that no pattern names.
TEXTS = ["".join(item) for size in range(6) for item in itertools.product("abx", repeat=size)]
globs = st.text("ab?*", max_size=5)


@given(globs, globs)
def test_covers_and_overlap_of_texts(one: str, other: str) -> None:
    wide, narrow = (
        {text for text in TEXTS if patterns.tester(glob(item))(text)} for item in (one, other)
    )
    if covers(glob(one), glob(other)):
        assert narrow <= wide
    common = bool(wide & narrow)
    # The shortest text of both is as long as all of their letters: longer ones are not in TEXTS.
    if common or len((one + other).replace("*", "")) <= 5:
        assert overlap(glob(one), glob(other)) == common


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("s3:*", "s3:get*", True),
        ("s3:get*", "s3:*", False),
        ("*object*", "s3:getobject", True),
        ("?*", "*?", True),
        ("*?*?", "??*", True),
        ("a*c", "ab*bc", True),
        ("a?c", "a*c", False),
        ("*", "", True),
    ],
)
def test_covers(wide: str, narrow: str, expected: bool) -> None:
    assert covers(glob(wide), glob(narrow)) is expected


PARTS = st.sampled_from(["", "a", "b", "*", "?", "a*", "*b", "a/b", "a/*", "a:b", "a:*"])
arns = st.builds(lambda *parts: ":".join(parts), *[PARTS] * 6) | st.builds(
    lambda *parts: ":".join(parts), *[PARTS] * 3
)
SAMPLES = [
    ":".join(parts)
    for parts in itertools.product(
        ["", "a", "b"], ["ab"], ["", "b"], ["a"], ["b"], ["a", "a/b", "b:a"]
    )
] + ["*", "a", "a:b:a"]


@given(arns | st.just("*"), arns | st.just("*"))
def test_covers_of_resources_and_arns(one: str, other: str) -> None:
    for shape, make in ((Shape.RESOURCE, resource_tester), (Shape.ARN, arn_tester)):
        if covers(glob(one), glob(other), shape):
            wide, narrow = make(glob(one)), make(glob(other))
            assert all(wide(text) for text in SAMPLES if narrow(text))


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("arn:aws:s3:::orders/*", "arn:aws:s3:::orders/in/*", True),
        ("arn:aws:s3:::orders*", "arn:aws:s3:::orders/in", True),
        ("arn:aws:sqs:*", "arn:aws:sqs:eu-west-1:111122223333:jobs", True),
        ("arn:aws:sqs:*:jobs", "arn:aws:sqs:eu-west-1:111122223333:jobs", False),
        ("arn:aws:iam::*:role/x", "arn:aws:iam::1:2:role/x", False),
        ("*", "arn:aws:s3:::orders", True),
        ("arn:*", "*", False),
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/${aws:username}/in", True),
        ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/bob/in", False),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:userid}", True),
        # A value with colons would move the parts: nothing is claimed.
        ("arn:aws:sqs:*:*:*", "arn:aws:sqs:${aws:x}:1:q", False),
    ],
)
def test_covers_resource(wide: str, narrow: str, expected: bool) -> None:
    assert covers(pattern(wide), pattern(narrow), Shape.RESOURCE) is expected


entries = st.lists(globs, min_size=1, max_size=3)


sets = st.lists(st.tuples(entries, st.booleans()), min_size=1, max_size=3)


@given(sets, sets)
def test_sets_compared_all_at_once(ones: list[Any], others: list[Any]) -> None:
    drawn, texts = (
        [
            [
                PatternSet(tuple(map(glob, items)), complement, Shape.TEXT)
                for items, complement in of
            ]
            for of in (ones, others)
        ],
        [[held(*item) for item in of] for of in (ones, others)],
    )
    found = Comparison(*drawn, ENOUGH)
    for number, one in enumerate(texts[0]):
        for index, other in enumerate(texts[1]):
            if found.within[number] >> index & 1:
                assert one <= other
            if one & other:
                assert found.meets[number] >> index & 1


def held(items: list[str], complement: bool) -> set[str]:
    tests = [patterns.tester(glob(item)) for item in items]
    return {text for text in TEXTS if any(test(text) for test in tests) != complement}


def test_a_pair_says_the_same_alone_and_among_others() -> None:
    items = ["*", "a*", "*a", "a?", "?a*b", "ab", "a*b*a", "b"]
    both = [PatternSet((glob(item),), c, Shape.TEXT) for item in items for c in (True, False)]
    together = Comparison(both, both, ENOUGH)
    for number, one in enumerate(both):
        for index, other in enumerate(both):
            alone = Comparison([one], [other], ENOUGH)
            assert alone.within[0] == together.within[number] >> index & 1, (one, other)
            assert alone.meets[0] == together.meets[number] >> index & 1, (one, other)
    # A set that is a text and its complement: within itself, and apart from the other.
    for number in range(len(both)):
        assert together.within[number] >> number & 1
        assert not together.meets[number] >> (number ^ 1) & 1


def test_nothing_is_claimed_once_the_budget_is_spent() -> None:
    wide, narrow = (PatternSet((glob("a" * 500),), False, Shape.TEXT) for _ in range(2))
    with pytest.raises(BudgetSpentError):
        Comparison([wide], [narrow], Budget(100))
