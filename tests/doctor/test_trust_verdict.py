"""What a trust policy says of a request of which some keys are not known."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from podrole.doctor.trust_verdict import Asked, Verdict, verdict
from podrole.policy import Request, parse_policy
from tests.doctor.chains import ACCOUNT, AGENT_TRUST, ROLE

ASKED = Asked(
    Request(
        "pods.eks.amazonaws.com",
        "sts:AssumeRole",
        ROLE,
        {"aws:SourceAccount": ACCOUNT, "aws:RequestTag/kubernetes-namespace": "press"},
        ACCOUNT,
    ),
    ("aws:principal", "aws:requesttag/"),
)
ALLOW: dict[str, Any] = AGENT_TRUST["Statement"][0]  # type: ignore[assignment,index]


def said(*blocks: Any, deny: Any = None) -> Verdict:
    """The verdict on one Allow for each block of conditions, and on a Deny."""
    statements = [{**copy.deepcopy(ALLOW), **({"Condition": one} if one else {})} for one in blocks]
    if deny is not None:
        more = {"Condition": deny} if deny else {}
        statements.append({**copy.deepcopy(ALLOW), "Effect": "Deny", **more})
    document = {"Version": "2012-10-17", "Statement": statements}
    return verdict(parse_policy(document, kind="trust"), ASKED)


TRUE = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
FALSE = {"StringEquals": {"aws:SourceAccount": "777788889999"}}
OPEN = {"StringEquals": {"aws:PrincipalOrgID": "o-press"}}
ORGANIZATION = {"StringEquals": {"aws:SourceOrgID": "o-press"}}


@pytest.mark.parametrize(
    ("blocks", "deny", "answer"),
    [
        ([None], None, "yes"),
        ([TRUE], None, "yes"),
        ([FALSE], None, "no"),
        ([FALSE, TRUE], None, "yes"),
        ([ORGANIZATION], None, "unknown"),
        ([ORGANIZATION, TRUE], None, "yes"),
        ([ORGANIZATION, FALSE], None, "unknown"),
        # A key that EKS's call never has is no open one.
        ([OPEN], None, "no"),
        ([{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-press"}}], None, "yes"),
        ([{"Null": {"aws:PrincipalOrgID": "true"}}], None, "yes"),
        ([{"StringEquals": {"aws:RequestTag/team": "press"}}], None, "no"),
        ([{"StringEquals": {"press:colour": "red"}}], None, "no"),
        # A Deny that surely holds, that surely does not, and that may.
        ([None], {}, "no"),
        ([None], FALSE, "yes"),
        ([None], ORGANIZATION, "unknown"),
        ([FALSE], ORGANIZATION, "no"),
        # Every session has a name, and `*` is any.
        ([{"StringLike": {"sts:RoleSessionName": "*"}}], None, "yes"),
        ([{"StringLike": {"sts:RoleSessionName": "eks-*"}}], None, "unknown"),
        ([{"StringEquals": {"sts:RoleSessionName": "*"}}], None, "unknown"),
        ([{"StringNotLike": {"sts:RoleSessionName": "*"}}], None, "unknown"),
        # One that surely fails decides, whatever an open one is.
        ([{**ORGANIZATION, "StringLike": {"aws:SourceAccount": "7*"}}], None, "no"),
        # A variable of a key that is not known.
        ([{"StringEquals": {"aws:SourceAccount": "${aws:SourceOrgID}"}}], None, "unknown"),
    ],
)
def test_answer(blocks: list[Any], deny: Any, answer: str) -> None:
    assert said(*blocks, deny=deny).answer == answer


def test_the_keys_that_decide() -> None:
    both = {"StringEquals": {"aws:SourceOrgID": "o", "aws:SourceVpc": "vpc-1"}}
    assert said(both, ORGANIZATION).open_keys == ("aws:SourceOrgID", "aws:SourceVpc")
    assert said(None, deny=ORGANIZATION).open_keys == ("aws:SourceOrgID",)


def test_the_statement_that_denies() -> None:
    found = said(None, deny={})
    assert found.deny is not None
    assert found.deny.path == "Statement[1]"
    assert said(FALSE).deny is None


def test_the_nearest_statement() -> None:
    two = {"StringEquals": {"aws:SourceAccount": "7", "aws:RequestTag/team": "x"}}
    nearest = said(two, FALSE).nearest
    assert nearest is not None
    assert nearest.path == "Statement[1]"
    assert said(deny={}).nearest is None
