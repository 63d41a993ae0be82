"""What `who` lists is what `authorize` decides, on drawn trust policies and drawn callers."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from podrole.policy import PolicyError, PolicySet, Request, authorize, parse_policy
from podrole.policy.budget import Budget
from podrole.policy.who import Admitted, pod_identity, who
from podrole.policy.who.token_conditions import ANY_PROVIDER

CASES = int(os.environ.get("PODROLE_FUZZ", "3600"))
ACCOUNT = "111122223333"
ISSUERS = ["oidc.eks.eu-west-1.amazonaws.com/id/A", "oidc.eks.eu-west-1.amazonaws.com/id/B"]
ARNS = [f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}" for issuer in ISSUERS]
#: A condition key names an issuer in any case, and none names the other one.
NAMES = {issuer.lower(): issuer for issuer in ISSUERS}
OTHER_ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/C"
SUBJECTS = [
    f"system:serviceaccount:{namespace}:{name}"
    for namespace in ("orders", "orders-x", "ops", "a", "0")
    for name in ("api", "api-worker", "default", "a", "z.9")
]
PATTERNS = [
    "*",
    "system:*:*:*",
    "system:serviceaccount:orders:*",
    "system:serviceaccount:orders*:*",
    "system:serviceaccount:*:api",
    "system:serviceaccount:o*:*a*",
    "system:serviceaccount:*s:*-*",
    "system:serviceaccount:?:?",
    "system:serviceaccount:??*:??*",
    "*:orders:*",
    "*a*p*i*",
    "*.?",
    "orders:*",
    "",
    "System:ServiceAccount:Orders:API",
    "system:serviceaccount:orders:${aws:userid}",
    "system:serviceaccount:${aws:PrincipalTag/team, 'orders'}:*",
    "system:serviceaccount:${unknown:key, 'ops'}:api",
    "${*}",
    *SUBJECTS[:6],
]
OPERATORS = [
    f"{qualifier}String{name}{suffix}"
    for qualifier in ("", "ForAllValues:", "ForAnyValue:")
    for name in ("Equals", "EqualsIgnoreCase", "Like", "Like")
    for suffix in ("", "IfExists")
]
NEGATED = [item.replace("String", "StringNot") for item in OPERATORS]
ODD = ["ArnLike", "ArnNotLike", "NumericEquals", "DateNotEquals", "Bool", "IpAddress"]


class Drawn:
    """A trust policy and its callers; the same seed draws the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.chance = self.random.random
        statements = [self.statement() for _ in range(self.random.choice([1, 1, 2, 3, 4]))]
        version = "2008-10-17" if self.chance() < 0.1 else "2012-10-17"
        self.document = {"Version": version, "Statement": statements}

    def some(self, items: list[Any], most: int = 3) -> list[Any]:
        return self.random.sample(items, self.random.randint(1, most))

    def statement(self) -> dict[str, Any]:
        principal: Any = {"Federated": self.some(ARNS, 2)}
        if self.chance() < 0.15:
            principal = self.random.choice(["*", {"AWS": "*"}, {"AWS": ACCOUNT}])
        conditions: dict[str, Any] = {}
        for _ in range(self.random.choice([0, 1, 1, 2, 3])):
            operator, key, values = self.condition()
            conditions.setdefault(operator, {})[key] = values
        return {
            "Effect": "Deny" if self.chance() < 0.3 else "Allow",
            "Principal": principal,
            "NotAction" if self.chance() < 0.05 else "Action": self.random.choice(
                ["sts:AssumeRoleWithWebIdentity"] * 8 + ["sts:*", "sts:TagSession"]
            ),
            "Condition": conditions,
        }

    def condition(self) -> tuple[str, str, Any]:
        issuer = self.random.choice([ISSUERS[0]] * 3 + [ISSUERS[1]])
        subject = f"{issuer}:sub" if self.chance() < 0.9 else f"{issuer.upper()}:SUB"
        kind = self.chance()
        if kind < 0.04:
            key = self.random.choice([subject, f"{issuer}:aud", "aws:SourceVpc"])
            return "Null", key, self.random.choice(["true", "false", ["true", "false"]])
        if kind < 0.08:
            return self.random.choice(ODD), subject, self.some(PATTERNS, 2)
        operator = self.random.choice(OPERATORS if self.chance() < 0.65 else NEGATED)
        if kind < 0.18:
            audience = self.random.choice(["sts.amazonaws.com", "sts.*", "${aws:userid}", "x"])
            return operator, f"{issuer}:aud", audience
        if kind < 0.3:
            key = self.random.choice(["aws:SourceVpc", "AWS:sourceVpc", "aws:userid"])
            return operator, key, self.some(["vpc-1", "vpc-*", "orders", f"${{{subject}}}"], 2)
        if kind < 0.35:
            return operator, subject, [f"${{{issuer}:aud}}", f"*${{{issuer}:sub}}"]
        return operator, subject, self.some(PATTERNS)

    def subjects(self) -> list[str]:
        return self.random.sample(SUBJECTS, 8)

    def context(self) -> dict[str, str]:
        brought = {}
        if self.chance() < 0.5:
            brought["aws:SourceVpc"] = self.random.choice(["vpc-1", "vpc-2"])
        if self.chance() < 0.3:
            brought["aws:userid"] = self.random.choice(["api", "orders", "sts.amazonaws.com"])
        if self.chance() < 0.2:
            brought["aws:PrincipalTag/team"] = "ops"
        return brought


def allowed(trust: Any, admitted: Admitted, subject: str, context: dict[str, str]) -> bool:
    issuer = admitted.provider if admitted.provider != ANY_PROVIDER else OTHER_ISSUER
    request = Request(
        f"arn:aws:iam::{ACCOUNT}:oidc-provider/{NAMES.get(issuer.lower(), issuer)}",
        "sts:AssumeRoleWithWebIdentity",
        f"arn:aws:iam::{ACCOUNT}:role/r",
        {**context, f"{issuer}:sub": subject, f"{issuer}:aud": "sts.amazonaws.com"},
    )
    return authorize(request, PolicySet(resource=trust)).allowed


def test_who_is_listed_gets_in_and_nobody_else() -> None:
    told: dict[str, int] = {}
    callers = 0
    for seed in range(CASES):
        drawn = Drawn(seed)
        trust = parse_policy(drawn.document, kind="trust")
        for admitted in who(trust):
            assert admitted.complete, (seed, drawn.document)
            for context in ({}, drawn.context()):
                subjects = drawn.subjects()
                callers += len(subjects)
                found = [item for item in subjects if allowed(trust, admitted, item, context)]
                listed = [item for item in subjects if admitted.admits(item, context)]
                assert listed == found, (seed, context, str(admitted), drawn.document)
                if found:
                    assert "nobody" not in admitted.sentence, (seed, str(admitted))
                if admitted.sentence == "every pod of the cluster":
                    assert found == subjects
            kind = next((w for w in ("nobody", "but a Deny", ", if ") if w in str(admitted)), "")
            told[kind] = told.get(kind, 0) + 1
    assert callers >= 28 * CASES  # 100,000 in each run, a million in `make fuzz`
    # Policies that all end alike would prove little.
    assert all(count > CASES / 20 for count in told.values()), told
    assert len(told) == 4


def test_with_little_to_spend_the_list_is_shorter_and_never_wrong() -> None:
    """A spent budget may hide someone who gets in, and says so; it never admits someone else."""
    partial = 0
    for seed in range(CASES):
        drawn = Drawn(seed)
        trust = parse_policy(drawn.document, kind="trust")
        for admitted in who(trust, budget=Budget(seed % 40)):
            subjects = drawn.subjects()
            found = [item for item in subjects if allowed(trust, admitted, item, {})]
            listed = [item for item in subjects if admitted.admits(item)]
            if admitted.complete:
                assert listed == found, (seed, str(admitted))
                continue
            partial += 1
            assert set(listed) <= set(found), (seed, str(admitted))
            assert "too many combinations to list" in admitted.sentence
            assert "nobody" not in admitted.sentence
    assert partial > CASES / 200


PODS = "pods.eks.amazonaws.com"
EKS_KEYS = {
    "aws:SourceArn": ["arn:aws:eks:eu-west-1:111122223333:cluster/a", "arn:aws:eks:*:*:cluster/b"],
    "aws:SourceAccount": ["111122223333", "444455556666"],
    "aws:SourceOrgID": ["o-1", "o-2"],
    "aws:RequestTag/kubernetes-namespace": ["orders", "or*", "billing"],
    "aws:RequestTag/kubernetes-service-account": ["api", "?pi", "worker"],
    "aws:TagKeys": ["kubernetes-namespace", "kubernetes-*"],
}


def drawn_for_eks(seed: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A trust policy about Pod Identity, and the keys of some calls of EKS's."""
    dice = random.Random(seed)
    both: Any = ["sts:AssumeRole", "sts:TagSession"]
    statements = []
    for _ in range(dice.choice([1, 1, 2, 3])):
        conditions: dict[str, Any] = {}
        for _ in range(dice.choice([0, 1, 2])):
            operator = dice.choice([*OPERATORS, *NEGATED, "ArnLike", "Null"])
            key = dice.choice(list(EKS_KEYS))
            values = dice.sample(EKS_KEYS[key], dice.randint(1, 2))
            conditions.setdefault(operator, {})[key] = "true" if operator == "Null" else values
        statements.append(
            {
                "Effect": "Deny" if dice.random() < 0.25 else "Allow",
                "Principal": dice.choice([{"Service": PODS}] * 4 + ["*", {"Service": "x"}]),
                "Action": dice.choice([both] * 4 + ["sts:AssumeRole", "sts:*", "sts:Tag*"]),
                "Condition": conditions,
            }
        )
    calls: list[dict[str, Any]] = [{}]
    for _ in range(4):
        call: dict[str, Any] = {
            key: dice.choice(values).replace("*", "x")
            for key, values in EKS_KEYS.items()
            if dice.random() < 0.7
        }
        if "aws:TagKeys" in call:
            call["aws:TagKeys"] = ["kubernetes-namespace", "kubernetes-pod-name"]
        calls.append(call)
    return {"Version": "2012-10-17", "Statement": statements}, calls


def test_eks_gets_in_for_the_associations_that_are_told_and_for_no_other() -> None:
    opened = 0
    for seed in range(CASES):
        document, calls = drawn_for_eks(seed)
        trust = parse_policy(document, kind="trust")
        found = pod_identity(trust)
        for call in calls:
            for actions in (("sts:AssumeRole", "sts:TagSession"), ("sts:AssumeRole",)):
                wanted = all(
                    authorize(
                        Request(PODS, action, f"arn:aws:iam::{ACCOUNT}:role/r", call),
                        PolicySet(resource=trust),
                    ).allowed
                    for action in actions
                )
                told = found is not None and found.admits(call, tagged=len(actions) > 1)
                assert told == wanted, (seed, call, document)
                opened += wanted
    assert opened > CASES / 2


def test_a_trust_policy_takes_no_not_principal() -> None:
    """So `who` is never asked about one: AWS and the parser refuse it."""
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "NotPrincipal": {"Federated": ARNS[0]}, "Action": "sts:*"},
    }
    with pytest.raises(PolicyError, match="NotPrincipal: not allowed"):
        parse_policy(document, kind="trust")
