"""Who decided, at the edges: which layer a denial names, and where a part of an ARN begins."""

from __future__ import annotations

from typing import Any

import pytest

from podrole.policy import PolicySet, Request, authorize, parse_policy
from podrole.policy.patterns import arn_tester, glob, resource_tester
from podrole.policy.rows import decide_row

SESSION = "arn:aws:sts::111122223333:assumed-role/app/s1"


def policy(principal: Any = None, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", **more}
    if principal:
        statement["Principal"] = principal
    return {"Version": "2012-10-17", "Statement": [statement]}


def row(arn: str, action: str = "s3:GetObject", /, **policies: Any) -> dict[str, Any]:
    request = {"principal": SESSION, "action": action, "resource": arn, "context": {}}
    return {"request": request, "policies": policies}


@pytest.mark.parametrize(
    ("given", "effect", "decided_by"),
    [
        # Across accounts the side that is silent is named, the own one first.
        (row("arn:aws:sqs:r:444455556666:q", identity=[policy()]), "implicit_deny", "resource"),
        (row("arn:aws:sqs:r:444455556666:q"), "implicit_deny", "identity"),
        (row("arn:aws:kms:r:111122223333:key/k", "kms:Decrypt"), "implicit_deny", "resource"),
        (row("arn:aws:kms:r:111122223333:alias/a", "kms:Decrypt"), "implicit_deny", "identity"),
        (
            row("arn:aws:sqs:r:444455556666:q", resource=policy({"AWS": "111122223333"})),
            "implicit_deny",
            "identity",
        ),
        # The account of a resource whose own part has colons.
        (
            row("arn:aws:logs:r:444455556666:log-group:a:b", identity=[policy()]),
            "implicit_deny",
            "resource",
        ),
        (row("arn:aws:kms:r:111122223333:key/a:b", "kms:Decrypt"), "implicit_deny", "resource"),
        (
            row("arn:aws:s3:::b", identity=[policy()], boundary=[policy(Action="ec2:*")]),
            "implicit_deny",
            "boundary",
        ),
        (
            row("arn:aws:s3:::b", identity=[policy()], session=policy(Action="ec2:*")),
            "implicit_deny",
            "session",
        ),
        (row("arn:aws:s3:::b", identity=[policy()], session=policy()), "allow", "identity"),
    ],
)
def test_the_layer_that_decided(given: Any, effect: str, decided_by: str) -> None:
    decision = decide_row(given)
    assert (decision.effect, decision.decided_by) == (effect, decided_by)


def test_a_decision_has_a_trace_only_when_asked_for() -> None:
    request = Request(SESSION, "s3:GetObject", "arn:aws:s3:::b/k")
    policies = PolicySet(identity=[parse_policy(policy())])
    assert authorize(request, policies).trace == ()
    assert len(authorize(request, policies, explain=True).trace) == 1


@pytest.mark.parametrize(
    ("make", "pattern", "text", "expected"),
    [
        # The sixth part is the resource's own, with its colons.
        (arn_tester, "arn:aws:sns:r:1:topic:s*", "arn:aws:sns:r:1:topic:sub", True),
        (arn_tester, "arn:aws:sns:r:1:t*b", "arn:aws:sns:r:1:topic:sub", True),
        (resource_tester, "arn:aws:logs:r:1:log-*:x", "arn:aws:logs:r:1:log-group:y:x", True),
        (resource_tester, "arn:aws:logs:*:1:log-group:x", "arn:aws:logs:r:1:log-group:x", True),
        # A pattern that ends in a colon has an empty last part.
        (resource_tester, "arn:aws:*:", "arn:aws:s3:", True),
        (resource_tester, "arn:aws:*:", "arn:aws:s3:x", False),
    ],
)
def test_where_the_parts_of_an_arn_end(make: Any, pattern: str, text: str, expected: bool) -> None:
    assert make(glob(pattern))(text) is expected


@pytest.mark.parametrize(
    ("wanted", "address", "effect"),
    [
        # A network may be written by any of its addresses.
        ("203.0.113.7/24", "203.0.113.200", "allow"),
        ("203.0.113.7", "203.0.113.8", "implicit_deny"),
    ],
)
def test_a_network_by_one_of_its_addresses(wanted: str, address: str, effect: str) -> None:
    condition = {"IpAddress": {"aws:SourceIp": wanted}}
    given = row("arn:aws:s3:::b/k", identity=[policy(Condition=condition)])
    given["request"]["context"] = {"aws:SourceIp": address}
    assert decide_row(given).effect == effect


@pytest.mark.parametrize("principal", ["arn:aws:iam", "a:b:c:d:e:f", "arn:aws:iam::1:user/"])
def test_a_principal_that_is_none_is_refused_and_does_no_harm(principal: str) -> None:
    given = row("arn:aws:s3:::b/k", identity=[policy()], resource=policy({"AWS": "111122223333"}))
    given["request"]["principal"] = principal
    given["request"]["resource_account"] = "444455556666"
    assert decide_row(given).effect == "implicit_deny"


def test_a_web_identity_is_no_principal_of_an_account() -> None:
    provider = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A"
    for kind, effect in (("AWS", "implicit_deny"), ("Federated", "allow")):
        trust = policy({kind: provider}, Action="sts:AssumeRoleWithWebIdentity")
        del trust["Statement"][0]["Resource"]
        given = row("arn:aws:iam::111122223333:role/r", "sts:AssumeRoleWithWebIdentity")
        given["request"]["principal"] = provider
        given["policies"]["resource"] = trust
        assert decide_row(given).effect == effect


def test_a_mark_before_the_star_is_wild_among_many_patterns_too() -> None:
    actions = ["s3:Get?*", *(f"s3:Put{number}*" for number in range(40))]
    for action, effect in (("s3:GetObject", "allow"), ("s3:Get", "implicit_deny")):
        given = row("arn:aws:s3:::b/k", action, identity=[policy(Action=actions)])
        assert decide_row(given).effect == effect
