"""No input hangs or crashes the engine: PolicyError or a decision, nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podrole.policy import PolicyError, PolicySet, Request, authorize, parse_policy
from podrole.policy.rows import decide_row

USER = "arn:aws:iam::111122223333:user/bob"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=12,
)
ELEMENTS = st.sampled_from(
    ["Version", "Statement", "Effect", "Action", "Resource", "Principal", "Condition", "Sid"]
)
FAST = settings(max_examples=300)


def decide(pattern: str, text: str, element: str = "Resource") -> str:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    context = {}
    if element == "Resource":
        statement["Resource"] = pattern
    else:
        statement["Condition"] = {"StringLike": {"aws:x": pattern}}
        context = {"aws:x": text}
    policy = parse_policy({"Version": "2012-10-17", "Statement": statement})
    resource = text if element == "Resource" else "arn:aws:s3:::b/k"
    request = Request(USER, "s3:GetObject", resource, context, "111122223333")
    return authorize(request, PolicySet(identity=[policy])).effect


@pytest.mark.parametrize("element", ["Resource", "Condition"])
@pytest.mark.parametrize("star", ["*", "*?", "?*"])
def test_many_stars_end(element: str, star: str) -> None:
    """Backtracking would take longer than the universe has."""
    pattern = "arn:aws:s3:::" + f"a{star}" * 40 + "b"
    assert decide(pattern, "arn:aws:s3:::" + "a" * 2000 + "c", element) == "implicit_deny"


@pytest.mark.parametrize("text", ["\ud800", "\x00", "é" * 10, "x" * 1_000_000, "*", "${", "}"])
def test_odd_texts_match_themselves(text: str) -> None:
    assert decide(text.replace("*", "${*}"), text, "Condition") == "allow"


def test_ten_thousand_statements() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"}
    last = {**statement, "Resource": "arn:aws:s3:::b/*"}
    policy = parse_policy({"Version": "2012-10-17", "Statement": [statement] * 10_000 + [last]})
    request = Request(USER, "s3:GetObject", "arn:aws:s3:::b/k", {}, "111122223333")
    assert authorize(request, PolicySet(identity=[policy]), explain=True).allowed


@pytest.mark.parametrize("element", ["Resource", "Condition"])
def test_long_texts_against_long_patterns_with_marks_end(element: str) -> None:
    pattern = "arn:aws:s3:::*" + "a" * 20_000 + "?b"
    assert decide(pattern, "arn:aws:s3:::" + "a" * 40_000, element) == "implicit_deny"


@pytest.mark.parametrize(
    "text", ["[" * 200_000, '{"a":' * 200_000, '{"Statement":' + "[" * 200_000]
)
def test_deep_nesting_is_an_error(text: str) -> None:
    with pytest.raises(PolicyError, match="not JSON"):
        parse_policy(text)


@FAST
@given(JSON)
def test_any_json_is_no_policy_or_one(value: Any) -> None:
    for document in (value, json.dumps(value)):
        try:
            parse_policy(document)
        except PolicyError:
            continue


@FAST
@given(st.dictionaries(ELEMENTS, JSON), JSON, JSON)
def test_any_statement_and_any_request(statement: dict[str, Any], context: Any, who: Any) -> None:
    base = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": {**base, **statement}}
    request = {"principal": who, "action": "s3:Get", "resource": "*", "context": context}
    for principal in (who, USER):
        try:
            decide_row(
                {"request": {**request, "principal": principal}, "policies": {"identity": policy}}
            )
        except PolicyError:
            continue


@FAST
@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_any_principal_action_and_resource(principal: str, action: str, resource: str) -> None:
    policy = parse_policy(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        },
        kind="resource",
    )
    decision = authorize(Request(principal, action, resource), PolicySet(resource=policy))
    assert decision.effect in ("allow", "implicit_deny")
