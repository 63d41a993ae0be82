"""The doctor's verdict on a trust policy is what `authorize` decides, whatever no file tells."""

from __future__ import annotations

import os
import random
from typing import Any

from podrole.doctor.trust_verdict import Asked, verdict
from podrole.policy import PolicySet, Request, authorize, parse_policy
from podrole.policy.document import Policy
from tests.doctor import setting
from tests.policy.who.test_who_and_authorize import (
    ACCOUNT,
    ARNS,
    EKS_KEYS,
    ISSUERS,
    PODS,
    Drawn,
    drawn_for_eks,
)

CASES = int(os.environ.get("PODROLE_FUZZ", "2500"))
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
#: Keys that no file tells, and what a call may have there.
UNTOLD = {
    "aws:SourceVpc": ["vpc-1", "vpc-2"],
    "aws:userid": ["api", "orders", "sts.amazonaws.com"],
    "aws:PrincipalTag/team": ["ops"],
    "aws:SourceOrgID": ["o-1", "o-2"],
    "aws:SourceArn": EKS_KEYS["aws:SourceArn"],
}


def allowed(trust: Policy, asked: Asked, more: dict[str, Any]) -> bool:
    """What the engine decides once everything is known."""
    one = asked.request
    request = Request(one.principal, one.action, one.resource, {**more, **one.context})
    return authorize(request, PolicySet(resource=trust)).allowed


def completed(dice: random.Random, asked: Asked) -> dict[str, Any]:
    """Keys that the call may bring besides those that are known."""
    return {
        key: dice.choice(values)
        for key, values in UNTOLD.items()
        if dice.random() < 0.6
        and key not in asked.request.context
        and not key.lower().startswith(asked.absent or ("\0",))
    }


def both(dice: random.Random, seed: int) -> dict[str, Any]:
    """Statements about IRSA, about Pod Identity, or about both."""
    statements = Drawn(seed).document["Statement"] if dice.random() < 0.7 else []
    if not statements or dice.random() < 0.6:
        statements = [*statements, *drawn_for_eks(seed)[0]["Statement"]]
    dice.shuffle(statements)
    return {"Version": "2012-10-17", "Statement": statements}


def questions(dice: random.Random, seed: int) -> list[Asked]:
    """What STS asks for a pod with IRSA, and for one with Pod Identity."""
    at = dice.randrange(2)
    claims = {f"{ISSUERS[at]}:aud": dice.choice(["sts.amazonaws.com"] * 3 + ["x"])}
    tokens = [
        Asked(
            Request(
                ARNS[at],
                "sts:AssumeRoleWithWebIdentity",
                ROLE,
                {**claims, f"{ISSUERS[at]}:sub": subject, "aws:SecureTransport": "true"},
            ),
            ("aws:sourcearn", "aws:sourceorgid", "aws:principal", "sts:externalid"),
        )
        for subject in Drawn(seed + 1).subjects()[:3]
    ]
    calls = [
        Asked(Request(PODS, action, ROLE, {k: v for k, v in call.items() if dice.random() < 0.8}))
        for call in drawn_for_eks(seed + 1)[1][:2]
        for action in ("sts:AssumeRole", "sts:TagSession")
    ]
    return [*tokens, *calls]


def test_a_verdict_holds_whatever_no_file_tells() -> None:
    answers = {"yes": 0, "no": 0, "unknown": 0}
    open_both_ways = compared = 0
    for seed in range(CASES):
        dice = random.Random(seed)
        document = both(dice, seed)
        trust = parse_policy(document, kind="trust")
        for asked in questions(dice, seed):
            said = verdict(trust, asked)
            answers[said.answer] += 1
            ends = [allowed(trust, asked, completed(dice, asked)) for _ in range(3)]
            compared += len(ends)
            where = (seed, said, asked, document)
            if said.answer == "yes":
                assert all(ends), where
            elif said.answer == "no":
                assert not any(ends), where
                assert not said.open_keys, where
            else:
                assert said.open_keys, where
                open_both_ways += len(set(ends)) > 1
    assert compared > 20 * CASES
    assert all(count > CASES / 10 for count in answers.values()), answers
    # "Not known" is said where it is so, not to be on the safe side.
    assert open_both_ways > answers["unknown"] / 20


def test_the_link_says_what_the_verdict_is() -> None:
    """Through the files of a pod: broken is refused, ok is let in."""
    seen = {"ok": 0, "broken": 0, "unknown": 0}
    for seed in range(CASES // 20):
        dice = random.Random(seed)
        trust = parse_policy(document := both(dice, seed), kind="trust")
        asked = questions(dice, seed)[0]
        _, (link,) = setting.web_identity(asked.request, document)
        seen[link.state] += 1
        if link.state != "unknown":
            assert (link.state == "ok") == allowed(trust, asked, {}), (seed, str(link), document)
    assert all(count > CASES / 400 for count in seen.values()), seen
