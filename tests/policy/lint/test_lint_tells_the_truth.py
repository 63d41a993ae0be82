"""What a finding says of who gets in is what `authorize` decides, for drawn policies."""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from typing import Any

from podrole.policy import PolicySet, Request, authorize, parse_policy
from podrole.policy.document import Policy
from podrole.policy.lint import lint
from podrole.policy.lint.finding import Finding
from tests.policy.who.test_who_and_authorize import (
    ACCOUNT,
    ARNS,
    ISSUERS,
    PODS,
    SUBJECTS,
    Drawn,
    drawn_for_eks,
)

CASES = int(os.environ.get("PODROLE_FUZZ", "4000"))
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
STRANGER = "arn:aws:sts::999988887777:assumed-role/stranger/s"
OF_ACCOUNT = f"arn:aws:sts::{ACCOUNT}:assumed-role/other/s"
EVERYTHING = parse_policy(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)


def with_token(trust: Policy, at: int, subject: str, audience: str = "sts.amazonaws.com") -> bool:
    """Whether a token of one of the issuers opens the role."""
    issuer = ISSUERS[at]
    claims = {f"{issuer}:sub": subject, f"{issuer}:aud": audience}
    request = Request(ARNS[at], "sts:AssumeRoleWithWebIdentity", ROLE, claims)
    return authorize(request, PolicySet(resource=trust)).allowed


def by_eks(trust: Policy, *actions: str) -> bool:
    keys = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": "arn:aws:eks:eu-west-1:1:cluster/x"}
    return all(
        authorize(Request(PODS, action, ROLE, keys), PolicySet(resource=trust)).allowed
        for action in actions
    )


def by(trust: Policy, caller: str) -> bool:
    request = Request(caller, "sts:AssumeRole", ROLE)
    return authorize(request, PolicySet(identity=(EVERYTHING,), resource=trust)).allowed


def matching(value: str) -> list[str]:
    """The subjects that a pattern alone lets in."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": ARNS[0]},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {f"{ISSUERS[0]}:sub": value}},
    }
    only = parse_policy({"Version": "2012-10-17", "Statement": statement}, kind="trust")
    return [one for one in SUBJECTS if with_token(only, 0, one)]


def checked(finding: Finding, trust: Policy) -> str | None:
    """The claim that was compared with the engine; None where a finding makes none."""
    said = finding.message
    if not (place := re.match(r"Statement\[([0-9]+)\]", finding.path)):
        return None
    number = int(place[1])
    named = trust.statements[number].principal
    federated = named.get("Federated", ()) if isinstance(named, dict) else ()
    mine = [at for at, arn in enumerate(ARNS) if arn in federated]
    if "every pod of the cluster can assume the role" in said:
        assert all(with_token(trust, at, one) for at in mine for one in SUBJECTS)
        return "every pod"
    if "a token issued for another audience is accepted" in said:
        others = [with_token(trust, at, one, "vault") for at in mine for one in SUBJECTS]
        assert any(others)
        return "another audience"
    if " is not the subject of a service account" in said:
        assert not matching(said.partition(" is not the subject")[0])
        return "no subject"
    if " matches service accounts in namespaces that it does not name" in said:
        value = said.partition(" matches service accounts")[0]
        found = {one.split(":")[2] for one in matching(value)}
        assert len(found) > 1 or not any(f":{one}:" in value for one in found)
        return "other namespaces"
    if " matches every service account in the namespace" in said:
        value = said.partition(" matches every")[0]
        inside = [one for one in SUBJECTS if one.startswith(value.removesuffix("*"))]
        assert inside == matching(value)
        return "the namespace"
    if "every principal of every account is trusted" in said:
        assert by(trust, STRANGER)
        return "everyone"
    if "any association in the account can use the role" in said:
        assert by_eks(trust, "sts:AssumeRole", "sts:TagSession")
        return "any association"
    if "the policy does not allow sts:TagSession" in said:
        assert not by_eks(trust, "sts:AssumeRole", "sts:TagSession")
        return "no tags"
    return None


def drawn_for_accounts(dice: random.Random) -> dict[str, Any]:
    """A trust policy for principals of accounts."""
    statements = []
    for _ in range(dice.choice([1, 1, 2, 3])):
        principal: Any = dice.choice(
            ["*", {"AWS": "*"}, {"AWS": ACCOUNT}, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}]
        )
        condition: Any = dice.choice(
            [
                {},
                {},
                {"StringEquals": {"sts:ExternalId": "x"}},
                {"Bool": {"aws:SecureTransport": "true"}},
                {"StringNotEquals": {"aws:PrincipalTag/team": "ops"}},
            ]
        )
        statements.append(
            {
                "Effect": dice.choice(["Allow", "Allow", "Allow", "Deny"]),
                "Principal": principal,
                "Action": dice.choice(["sts:AssumeRole", "sts:*", "sts:TagSession"]),
                "Condition": condition,
            }
        )
    return {"Version": "2012-10-17", "Statement": statements}


def test_a_finding_that_says_who_gets_in_is_true() -> None:
    told: Counter[str | None] = Counter()
    for seed in range(CASES):
        kind = seed % 5
        document = (
            drawn_for_eks(seed)[0]
            if kind == 0
            else drawn_for_accounts(random.Random(seed))
            if kind == 1
            else Drawn(seed).document
        )
        trust = parse_policy(document, kind="trust")
        for finding in lint(trust):
            try:
                told[checked(finding, trust)] += 1
            except AssertionError as error:
                raise AssertionError((seed, str(finding), document)) from error
    del told[None]
    assert set(told) == {
        "every pod", "another audience", "no subject", "other namespaces", "the namespace",
        "everyone", "any association", "no tags",
    }  # fmt: skip
    # A claim that is hardly ever made proves little.
    assert all(count > CASES / 400 for count in told.values()), told
