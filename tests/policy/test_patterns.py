"""Patterns against a definition by recursion, on every short pattern and text."""

from __future__ import annotations

import itertools

import pytest

from podrole.policy import Policy, PolicySet, Request, authorize, parse_policy
from podrole.policy.index import WORTHWHILE
from podrole.policy.patterns import arn_tester, glob, literal, resource_tester
from podrole.policy.patterns import tester as whole  # pytest would take a `test…` for a test

USER = "arn:aws:iam::111122223333:user/bob"
PATTERNS = ["".join(p) for n in range(6) for p in itertools.product("ab*?", repeat=n)]
TEXTS = ["".join(t) for n in range(6) for t in itertools.product("ab", repeat=n)]


def fits(pattern: str, text: str) -> bool:
    """What `*` and `?` mean, word for word."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(fits(pattern[1:], text[start:]) for start in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and fits(pattern[1:], text[1:])


@pytest.mark.parametrize("first", ["", "a", "b", "*", "?"])
def test_every_short_pattern(first: str) -> None:
    for pattern in PATTERNS:
        if pattern[:1] == first:
            test = whole(glob(pattern))
            for text in TEXTS:
                assert bool(test(text)) == fits(pattern, text), (pattern, text)


def test_a_literal_star_is_a_star() -> None:
    assert whole(literal("a*"))("a*")
    assert not whole(literal("a*"))("ab")
    assert whole((*glob("x*"), *literal("*")))("xyz*")
    assert not whole((*glob("x*"), *literal("*")))("xyz")


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("arn:aws:s3:::b*", "arn:aws:s3:::bucket", True),
        ("arn:aws:s3:::b*", "arn:aws:s3:::bucket:x:y", True),
        ("arn:*:s3:::b", "arn:aws:s3:::b", True),
        ("arn:*:b", "arn:aws:s3:::b", False),
        ("arn:aws:s3:*:*:b", "arn:aws:s3:::b", True),
        ("arn:aws:s3:?::b", "arn:aws:s3:::b", False),
        ("arn:aws:s3:::b", "arn:aws:s3::b", False),
        ("*", "arn:aws:s3:::b", False),
        ("x", "x", False),
    ],
)
def test_arns_match_part_by_part(pattern: str, text: str, expected: bool) -> None:
    assert arn_tester(glob(pattern))(text) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "*", True),
        ("*", "arn:aws:s3:::b", True),
        ("arn:aws:sqs:eu-west-1:*", "arn:aws:sqs:eu-west-1:111122223333:q", True),
        ("arn:aws:sqs:eu-*", "arn:aws:sqs:eu-west-1:111122223333:q", True),
        ("arn:aws:sqs:us-*", "arn:aws:sqs:eu-west-1:111122223333:q", False),
        ("arn:aws:sqs:*:q", "arn:aws:sqs:eu-west-1:111122223333:q", False),
        ("arn:aws:sqs:*:*:q", "arn:aws:sqs:eu-west-1:111122223333:q", True),
        ("arn:aws:sqs:*:*:q", "arn:aws:sqs:eu-west-1:111122223333:q:x", False),
        ("arn:aws:s3:::b/*/k", "arn:aws:s3:::b/a:c/k", True),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/k", True),
        ("arn:aws:s3:::*", "*", False),
        ("arn:aws:s3:::b", "arn:aws:s3:::b", True),
        ("arn:aws:s3:::b", "arn:aws:s3:::c", False),
    ],
)
def test_a_resource_may_run_past_colons_at_its_end(pattern: str, text: str, expected: bool) -> None:
    assert resource_tester(glob(pattern))(text) is expected


# -- many patterns are looked up, and mean the same as few --------------------------------


def allowed(policy: Policy, action: str, resource: str) -> bool:
    request = Request(USER, action, resource, {}, "111122223333")
    return authorize(request, PolicySet(identity=[policy])).allowed


MANY = [pattern for pattern in PATTERNS if 0 < len(pattern) < 4]


def policy_of(*statements: dict[str, object]) -> Policy:
    return parse_policy({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize("length", [1, 2, 3])
def test_many_actions_in_one_statement(length: int) -> None:
    patterns = [pattern for pattern in MANY if len(pattern) == length and "*" not in pattern[0]]
    assert len(patterns) >= 3
    actions = [f"x:{pattern}" for pattern in patterns] + [f"y:{n}" for n in range(WORTHWHILE)]
    policy = policy_of({"Effect": "Allow", "Action": actions, "Resource": "*"})
    for text in TEXTS:
        expected = any(fits(pattern, text) for pattern in patterns)
        assert allowed(policy, f"x:{text}", "*") == expected, text


@pytest.mark.parametrize("one_statement", [True, False])
@pytest.mark.parametrize("chosen", [0, 1, 2])
def test_many_resources(one_statement: bool, chosen: int) -> None:
    """In one statement, and in one statement each."""
    base = "arn:aws:s3:::"
    patterns = MANY[chosen::3][:40]
    resources = [f"{base}{pattern}" for pattern in patterns]
    resources += [f"arn:aws:sqs:eu-{n}*" for n in range(WORTHWHILE)] + ["arn:aws:sns:*"]
    allow = {"Effect": "Allow", "Action": "s3:GetObject"}
    policy = (
        policy_of({**allow, "Resource": resources})
        if one_statement
        else policy_of(*({**allow, "Resource": resource} for resource in resources))
    )
    for text in TEXTS:
        expected = any(fits(pattern, text) for pattern in patterns)
        assert allowed(policy, "s3:GetObject", base + text) == expected, text
    assert allowed(policy, "s3:GetObject", "arn:aws:sqs:eu-3-x:111122223333:q")
    assert allowed(policy, "s3:GetObject", "arn:aws:sns:us-west-2:111122223333:t")
    assert not allowed(policy, "s3:GetObject", "arn:aws:sqs:us-3:111122223333:q")


def test_among_many_statements_the_odd_ones_are_asked_too() -> None:
    allow = {"Effect": "Allow", "Action": "s3:GetObject"}
    many = [{**allow, "Resource": f"arn:aws:s3:::b{n}/*"} for n in range(WORTHWHILE)]
    user = {**allow, "Resource": "arn:aws:s3:::home/${aws:PrincipalAccount}/*"}
    other = {**allow, "NotResource": "arn:aws:s3:::*"}
    everything = {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}
    policy = policy_of(*many, user, other, everything)
    context = {"aws:PrincipalAccount": "1"}
    policies = PolicySet(identity=[policy])

    def effect(action: str, resource: str) -> str:
        return authorize(Request(USER, action, resource, context), policies).effect

    assert effect("s3:GetObject", "arn:aws:s3:::b3/k") == "allow"
    assert effect("s3:GetObject", "arn:aws:s3:::home/1/k") == "allow"
    assert effect("s3:GetObject", "arn:aws:s3:::home/2/k") == "implicit_deny"
    assert effect("s3:GetObject", "arn:aws:sqs:::q") == "allow"
    assert effect("sqs:Get", "arn:aws:sqs:::q") == "explicit_deny"
