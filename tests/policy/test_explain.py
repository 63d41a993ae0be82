"""A decision says which layer decided, and which part of which statement did not fit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from podrole.policy import PolicySet, Request, authorize, parse_policy

ROLE = "arn:aws:sts::111122223333:assumed-role/app/s"


def decide(condition: dict[str, Any], context: dict[str, Any], **elements: Any) -> Any:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **elements}
    document = {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]}
    policy = parse_policy(document, name="read")
    request = Request(ROLE, "s3:GetObject", "arn:aws:s3:::b/k", context, "111122223333")
    return authorize(request, PolicySet(identity=[policy]), explain=True)


@pytest.mark.parametrize(
    ("condition", "context", "reason"),
    [
        (
            {"StringEquals": {"aws:PrincipalTag/t": "a"}},
            {"aws:PrincipalTag/T": "b"},
            "value_differs",
        ),
        ({"StringEquals": {"aws:PrincipalTag/t": "a"}}, {}, "key_absent"),
        ({"Null": {"aws:PrincipalTag/t": "false"}}, {}, "key_absent"),
        ({"StringEquals": {"aws:TagKeys": "a"}}, {"aws:TagKeys": ["a", "b"]}, "needs_set_operator"),
        (
            {"StringEquals": {"s3:prefix": "${aws:username}"}},
            {"s3:prefix": "a"},
            "variable_without_value",
        ),
    ],
)
def test_a_condition_says_why(
    condition: dict[str, Any], context: dict[str, Any], reason: str
) -> None:
    decision = decide(condition, context)
    (statement,) = decision.trace
    assert decision.effect == "implicit_deny"
    assert statement.failed == ("condition",)
    assert [item.reason for item in statement.conditions] == [reason]
    assert statement.near_miss
    assert "1 edit away" in str(decision)


def test_what_is_wanted_and_what_came() -> None:
    decision = decide(
        {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a*", "b*"]}}, {"aws:TagKeys": ["c"]}
    )
    (condition,) = decision.trace[0].conditions
    assert condition.operator == "ForAnyValue:StringLikeIfExists"
    assert (condition.wanted, condition.actual) == (("a*", "b*"), ("c",))
    assert str(condition) == (
        "ForAnyValue:StringLikeIfExists aws:TagKeys = a* or b*: the request has c"
    )


def test_several_parts_off_is_no_near_miss() -> None:
    decision = decide({}, {}, Action="s3:PutObject", Resource="arn:aws:s3:::other/*")
    assert decision.trace[0].failed == ("action", "resource")
    assert not decision.trace[0].near_miss


def test_the_statement_that_applies() -> None:
    decision = decide({}, {})
    assert decision.allowed
    assert decision.trace[0].applies
    assert str(decision).startswith("ALLOW by identity")


def test_an_explicit_deny_names_its_statement() -> None:
    decision = decide({}, {}, Effect="Deny", Sid="No")
    assert decision.effect == "explicit_deny"
    assert decision.reason == "read Statement[0] denies s3:GetObject"


def test_text_markdown_and_json_say_the_same() -> None:
    decision = decide({"StringEquals": {"s3:prefix": "a"}}, {"s3:prefix": "b"})
    data = json.loads(json.dumps(decision.to_json()))
    assert data["effect"] == "implicit_deny"
    assert data["trace"][0]["conditions"][0]["reason"] == "value_differs"
    assert decision._repr_markdown_().startswith("**DENY (implicit)** by *identity*")


def test_without_explain_there_is_no_trace() -> None:
    policy = parse_policy(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    )
    request = Request(ROLE, "s3:GetObject", "arn:aws:s3:::b/k", {}, "111122223333")
    policies = PolicySet(identity=[policy])
    plain, explained = (authorize(request, policies, explain=flag) for flag in (False, True))
    assert plain.trace == ()
    assert (plain.effect, plain.decided_by) == (explained.effect, explained.decided_by)
