"""The engine against the naive evaluator, on requests that policies were built around.

20,000 cases here; `make fuzz` runs a million. A difference prints the row, to be pasted into
tests/conformance/policy/.
"""

from __future__ import annotations

import json
import os
import random
from typing import Any

from podrole.policy.rows import decide_row
from tests.policy.naive_evaluator import evaluate

CASES = int(os.environ.get("PODROLE_FUZZ", "20000"))
A, B = "111122223333", "444455556666"
PROVIDER = "oidc.eks.us-west-2.amazonaws.com/id/ABC"
PRINCIPALS = [
    f"arn:aws:sts::{A}:assumed-role/app/s1",
    f"arn:aws:sts::{B}:assumed-role/app/s1",
    f"arn:aws:iam::{A}:user/bob",
    f"arn:aws:iam::{A}:user/team/bob",
    f"arn:aws:iam::{A}:root",
    f"arn:aws:iam::{A}:oidc-provider/{PROVIDER}",
    "pods.eks.amazonaws.com",
    "ab" * 32,
    "*",
]
NAMED = [
    "*",
    {"AWS": "*"},
    {"AWS": A},
    {"AWS": f"arn:aws:iam::{A}:root"},
    {"AWS": f"arn:aws:iam::{A}:role/app"},
    {"AWS": f"arn:aws:iam::{A}:role/path/app"},
    {"AWS": [f"arn:aws:iam::{B}:role/app", f"arn:aws:iam::{A}:user/bob"]},
    {"AWS": f"arn:aws:sts::{A}:assumed-role/app/s1"},
    {"AWS": f"arn:aws:iam::{A}:role/*"},
    {"Service": "pods.eks.amazonaws.com"},
    {"CanonicalUser": "ab" * 32},
    {"Service": ["ec2.amazonaws.com", "pods.eks.amazonaws.com"]},
    {"Federated": f"arn:aws:iam::{A}:oidc-provider/{PROVIDER}"},
]
TARGETS = [
    ("s3:GetObject", "arn:aws:s3:::data/in/x"),
    ("s3:ListAllMyBuckets", "*"),
    ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{A}:jobs"),
    ("kms:Decrypt", f"arn:aws:kms:eu-west-1:{A}:key/1234"),
    ("sts:AssumeRole", f"arn:aws:iam::{A}:role/app"),
    ("sts:TagSession", f"arn:aws:iam::{A}:role/app"),
    ("sts:AssumeRoleWithWebIdentity", f"arn:aws:iam::{A}:role/app"),
    ("sts:GetCallerIdentity", "*"),
    ("iam:DeletePolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
    ("iam:PutRolePolicy", f"arn:aws:iam::{A}:role/aws-service-role/eks.amazonaws.com/R"),
    ("kms:UpdateAlias", f"arn:aws:kms:eu-west-1:{A}:alias/aws/s3"),
]
VALUES = {
    "String": ["shop", "shop*", "s?op", "SHOP", "", "${aws:username}", "${aws:x, 'shop'}", "${*}"],
    "Arn": [
        f"arn:aws:eks:eu-west-1:{A}:cluster/c",
        "arn:aws:eks:*:*:cluster/*",
        "arn:aws:eks:*",
        "x",
    ],
    "Numeric": ["10", "10.0", "9", "-1", "ten", "1e1"],
    "Date": ["2026-01-01T00:00:00Z", "1767225600", "2026-01-01", "2025-06-01T00:00:00Z", "never"],
    "Bool": ["true", "false", "True", "x"],
    "BinaryEquals": ["QQ==", "Qg==", "!"],
    "IpAddress": ["203.0.113.5", "203.0.113.0/24", "2001:db8::1", "2001:db8::/32", "x"],
}
_ORDER = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
OPERATORS = {
    "String": ["Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike"],
    "Arn": ["Equals", "NotEquals", "Like", "NotLike"],
    "Numeric": _ORDER,
    "Date": _ORDER,
    "Bool": [""],
    "BinaryEquals": [""],
    "IpAddress": [""],
}
KEYS = {family: f"aws:{family}Key" for family in VALUES}


class Generator:
    """Draws rows; the same seed draws the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def some(self, values: list[Any]) -> Any:
        return self.random.choice(values)

    def often(self, chance: float) -> bool:
        return self.random.random() < chance

    def row(self) -> dict[str, Any]:
        action, resource = self.some(TARGETS)
        request = {
            "principal": self.some(PRINCIPALS),
            "action": action if self.often(0.8) else action.swapcase(),
            "resource": resource,
            "resource_account": self.some([A, A, B, None]),
            "context": self.context(),
        }
        policies: dict[str, Any] = {
            "identity": [self.policy(request, False) for _ in range(self.some([0, 1, 1, 2]))]
        }
        if self.often(0.6):
            trust = action.startswith("sts:")
            policies["resource"] = self.policy(request, True, resource=not trust)
        for layer in ("boundary", "session"):
            if self.often(0.2):
                policies[layer] = self.policy(request, False)
        if self.often(0.15):
            policies["scp"] = [self.policy(request, False) for _ in range(self.some([1, 2]))]
        if self.often(0.1):
            policies["rcp"] = [[self.policy(request, True, principals=["*"])]]
        if self.often(0.1):
            policies["endpoint"] = self.policy(request, True)
        return {"request": request, "policies": policies}

    def context(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for family, key in KEYS.items():
            if self.often(0.4):
                count = self.some([1, 1, 1, 0, 2])
                values = [self.some(VALUES[family]) for _ in range(count)]
                name = key if self.often(0.8) else key.upper()
                found[name] = values[0] if count == 1 and self.often(0.7) else values
        if self.often(0.5):
            found["aws:username"] = self.some(["shop", "sh*p", "in"])
        return found

    def policy(
        self,
        request: dict[str, Any],
        named: bool,
        *,
        resource: bool = True,
        principals: list[Any] = NAMED,
    ) -> dict[str, Any]:
        count = self.some([1, 1, 2])
        statements = [self.statement(request, named, resource, principals) for _ in range(count)]
        version = self.some(["2012-10-17"] * 5 + ["2008-10-17"])
        return {"Version": version, "Statement": statements if count > 1 else statements[0]}

    def statement(
        self, request: dict[str, Any], named: bool, resource: bool, principals: list[Any]
    ) -> dict[str, Any]:
        action, target = request["action"], request["resource"]
        service, _, name = action.partition(":")
        actions = [action, f"{service}:*", "*", f"{service}:{name[:3]}*", f"{service}:Other"]
        actions += [[action, "x:Y"], f"{service}:{name[:-1]}?", "x:*"]
        statement: dict[str, Any] = {"Effect": self.some(["Allow"] * 4 + ["Deny"])}
        statement["NotAction" if self.often(0.15) else "Action"] = self.some(actions)
        if named:
            inverse = principals is NAMED and self.often(0.1) and resource
            inverse = inverse and statement["Effect"] == "Deny"
            statement["NotPrincipal" if inverse else "Principal"] = self.some(principals)
        if resource:
            resources = [target, "*", target[:-1] + "*", target[:-1] + "?", target + "x"]
            resources += [[target + "y", target], "arn:aws:s3:::data/${aws:username}/*"]
            resources += [
                "arn:aws:sqs:eu-west-1:*",
                "arn:aws:sqs:*:jobs",
                "arn:aws:sqs:eu-*:*:jobs",
            ]
            statement["NotResource" if self.often(0.15) else "Resource"] = self.some(resources)
        if self.often(0.5):
            statement["Condition"] = {}
            for _ in range(self.some([1, 1, 2])):
                operator, key, values = self.condition()
                statement["Condition"].setdefault(operator, {})[key] = values
        return statement

    def condition(self) -> tuple[str, str, Any]:
        family = self.some(list(VALUES))
        key = KEYS[family] if self.often(0.8) else KEYS[family].lower()
        if self.often(0.1):
            return "Null", key, self.some(["true", "false", True])
        base = family + self.some(OPERATORS[family])
        if family == "IpAddress":
            base = self.some(["IpAddress", "NotIpAddress"])
        operator = self.some(["", "", "", "ForAllValues:", "ForAnyValue:"]) + base
        operator += "IfExists" if self.often(0.2) else ""
        values = [self.some(VALUES[family]) for _ in range(self.some([1, 1, 2]))]
        return operator, key, values[0] if len(values) == 1 else values


def test_engine_and_naive_evaluator_agree() -> None:
    generator = Generator(20261123)
    effects: dict[str, int] = {}
    for number in range(CASES):
        row = generator.row()
        expected = evaluate(row["request"], row["policies"])
        found = decide_row(row).effect
        assert found == expected, (
            f"case {number}: the engine says {found}, the naive evaluator {expected}\n"
            + json.dumps(row)
        )
        effects[found] = effects.get(found, 0) + 1
    # Cases that all end alike would prove little.
    assert all(
        effects[effect] > CASES / 20 for effect in ("allow", "implicit_deny", "explicit_deny")
    )
