"""The correction of a trust policy: the fewest changes, the line at fault, nobody else let in."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from podrole.doctor.trust_fix import Fix, fix_of
from podrole.doctor.trust_verdict import Asked, verdict
from podrole.policy import Request, parse_policy
from tests.doctor.chains import ACCOUNT, AGENT_TRUST, CLUSTER, IRSA_TRUST, ISSUER, PROVIDER, ROLE

SUBJECT, AUDIENCE = f"{ISSUER}:sub", f"{ISSUER}:aud"
PRINTER = "system:serviceaccount:press:printer"
OLD = "oidc.eks.eu-central-1.amazonaws.com/id/00000000000000000000000000000000"


def token(subject: str = PRINTER) -> list[Asked]:
    context = {SUBJECT: subject, AUDIENCE: "sts.amazonaws.com"}
    return [Asked(Request(PROVIDER, "sts:AssumeRoleWithWebIdentity", ROLE, context, ACCOUNT))]


def agent(account: str = "printer") -> list[Asked]:
    context = {
        "aws:SourceArn": CLUSTER["arn"],
        "aws:SourceAccount": ACCOUNT,
        "aws:RequestTag/kubernetes-namespace": "press",
        "aws:RequestTag/kubernetes-service-account": account,
    }
    return [
        Asked(
            Request("pods.eks.amazonaws.com", action, ROLE, context, ACCOUNT),  # type: ignore[arg-type]
            ("aws:principal",),
        )
        for action in ("sts:AssumeRole", "sts:TagSession")
    ]


def fixed(document: Any, asked: list[Asked]) -> Fix | None:
    before = copy.deepcopy(document)
    found = fix_of(parse_policy(document, kind="trust"), document, asked)
    assert document == before  # the policy that was asked of stays as it is
    return found


def lets_in(document: Any, asked: list[Asked]) -> bool:
    trust = parse_policy(document, kind="trust")
    return all(verdict(trust, one).answer == "yes" for one in asked)


def irsa(operator: str = "StringEquals", **conditions: Any) -> Any:
    """The trust policy for tokens with the condition block in place of its own."""
    document = copy.deepcopy(IRSA_TRUST)
    document["Statement"][0]["Condition"] = {operator: conditions}
    return document


def with_condition(block: Any) -> Any:
    document = copy.deepcopy(AGENT_TRUST)
    document["Statement"][0]["Condition"] = block
    return document


RIGHT = {SUBJECT: PRINTER, AUDIENCE: "sts.amazonaws.com"}


@pytest.mark.parametrize(
    ("operator", "conditions", "change", "at_fault"),
    [
        ("StringEquals", {**RIGHT, SUBJECT: "system:serviceaccount:press:print"}, "change", "sub"),
        ("StringEquals", {**RIGHT, SUBJECT: "system:serviceaccount:press:*"}, "change", "sub"),
        ("StringLike", {**RIGHT, SUBJECT: "system:serviceaccount:bind*:*"}, "change", "sub"),
        ("StringEquals", {**RIGHT, AUDIENCE: "sts.amazon.com"}, "change", "aud"),
        ("StringEquals", {**RIGHT, SUBJECT: ["a:b", "c:d"]}, "add", "sub"),
        (
            "StringEquals",
            {f"{OLD}:sub": PRINTER, AUDIENCE: "sts.amazonaws.com"},
            f"change the key `{OLD}:sub` to `{SUBJECT}`",
            "sub",
        ),
        (
            "StringEquals",
            {f"https://{SUBJECT}": "x", AUDIENCE: "sts.amazonaws.com"},
            f"change `https://{SUBJECT}` to `{SUBJECT}` and its value to `{PRINTER}`",
            "sub",
        ),
    ],
)
def test_a_condition(operator: str, conditions: Any, change: str, at_fault: str) -> None:
    document = irsa(operator, **conditions)
    assert not lets_in(document, token())
    fix = fixed(document, token())
    assert fix is not None
    assert fix.change.startswith(change)
    assert f":{at_fault}" in fix.line
    assert lets_in(fix.corrected, token())
    assert not lets_in(fix.corrected, token("system:serviceaccount:stranger:stranger"))
    # One statement, as before: an edit, not a second way in.
    assert len(fix.corrected["Statement"]) == 1


def test_both_conditions() -> None:
    fix = fixed(irsa(**{SUBJECT: "x", AUDIENCE: "y"}), token())
    assert fix is not None
    assert fix.change.count("change `") == 2
    assert lets_in(fix.corrected, token())


@pytest.mark.parametrize("several", [True, False])
def test_the_action(several: bool) -> None:
    document = copy.deepcopy(AGENT_TRUST)
    document["Statement"][0]["Action"] = ["sts:AssumeRole"] if several else "sts:AssumeRole"
    fix = fixed(document, agent())
    assert fix is not None
    assert fix.change == 'change Action to ["sts:AssumeRole", "sts:TagSession"]'
    assert lets_in(fix.corrected, agent())


def test_not_action() -> None:
    document = copy.deepcopy(AGENT_TRUST)
    statement = document["Statement"][0]
    statement["NotAction"] = ["sts:TagSession"]
    del statement["Action"]
    fix = fixed(document, agent())
    assert fix is not None
    assert "NotAction" not in fix.corrected["Statement"][0]
    assert fix.line == '"Action": ["sts:TagSession"]'
    assert lets_in(fix.corrected, agent())


def test_the_principal() -> None:
    document = copy.deepcopy(AGENT_TRUST)
    document["Statement"][0]["Principal"] = {"Service": "eks.amazonaws.com"}
    fix = fixed(document, agent())
    assert fix is not None
    assert fix.change == 'change Principal to {"Service": "pods.eks.amazonaws.com"}'
    assert fix.line == '"Principal": {"Service": "eks.amazonaws.com"}'


def test_a_statement_is_added_where_none_is_near() -> None:
    fix = fixed(AGENT_TRUST, token())
    assert fix is not None
    assert fix.change == f"add a statement that allows {PROVIDER} sts:AssumeRoleWithWebIdentity"
    added = fix.corrected["Statement"][-1]
    assert added["Condition"] == {"StringEquals": RIGHT}
    assert lets_in(fix.corrected, token())
    assert not lets_in(fix.corrected, token("system:serviceaccount:press:other"))


def test_one_statement_without_its_list() -> None:
    document = {**AGENT_TRUST, "Statement": copy.deepcopy(AGENT_TRUST["Statement"][0])}
    document["Statement"]["Action"] = "sts:AssumeRole"
    fix = fixed(document, agent())
    assert fix is not None
    assert fix.corrected["Statement"]["Action"] == ["sts:AssumeRole", "sts:TagSession"]


ABSENT = {"aws:PrincipalTag/team": "press"}
TAGS = {"aws:RequestTag/kubernetes-namespace": "press"}


class TestRemovedConditions:
    """A condition on what EKS never sends is removed, if others keep out whom it kept out."""

    def test_where_others_are_left(self) -> None:
        document = with_condition({"StringEquals": {**ABSENT, **TAGS}})
        fix = fixed(document, agent())
        assert fix is not None
        assert fix.change.startswith("remove the condition on `aws:PrincipalTag/team`")
        assert fix.corrected["Statement"][0]["Condition"] == {"StringEquals": TAGS}

    def test_where_it_is_the_only_one(self) -> None:
        fix = fixed(with_condition({"StringEquals": ABSENT}), agent())
        assert fix is not None
        assert fix.change.startswith("add a statement")
        assert lets_in(fix.corrected, agent())
        assert not lets_in(fix.corrected, agent("stranger"))

    def test_a_negated_one(self) -> None:
        of_tag = "aws:RequestTag/kubernetes-service-account"
        block = {"StringNotEquals": {of_tag: "printer"}, "StringEquals": TAGS}
        fix = fixed(with_condition(block), agent())
        assert fix is not None
        assert fix.change == f"remove StringNotEquals on `{of_tag}`: it excludes `printer`"
        assert lets_in(fix.corrected, agent())


def test_a_deny_has_no_correction() -> None:
    document = copy.deepcopy(IRSA_TRUST)
    denied = {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}
    document["Statement"].append(denied)
    assert fixed(document, token()) is None


def test_the_corrected_policy_can_be_written() -> None:
    fix = fixed(irsa(**{SUBJECT: "x", AUDIENCE: "y"}), token())
    assert fix is not None
    assert json.loads(json.dumps(fix.corrected)) == fix.corrected
