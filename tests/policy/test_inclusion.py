"""Pattern sets against all short texts: `covers` never claims too much, `overlap` is exact."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podrole.policy import patterns
from podrole.policy.inclusion import (
    PatternSet,
    covers,
    covers_arn,
    covers_resource,
    overlap,
    pattern,
)
from podrole.policy.patterns import arn_tester, glob, resource_tester

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
    for prove, make in ((covers_resource, resource_tester), (covers_arn, arn_tester)):
        if prove(glob(one), glob(other)):
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
    assert covers_resource(pattern(wide), pattern(narrow)) is expected


entries = st.lists(globs, min_size=1, max_size=3)


@given(entries, st.booleans(), entries, st.booleans())
def test_sets(one: list[str], negated: bool, other: list[str], other_negated: bool) -> None:
    drawn, texts = [], []
    for items, complement in ((one, negated), (other, other_negated)):
        drawn.append(PatternSet(tuple(map(glob, items)), complement, covers))
        texts.append(
            {
                text
                for text in TEXTS
                if any(patterns.tester(glob(item))(text) for item in items) != complement
            }
        )
    if drawn[0].within(drawn[1]):
        assert texts[0] <= texts[1]
    if texts[0] & texts[1]:
        assert drawn[0].meets(drawn[1])
