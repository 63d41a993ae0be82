"""What the policy checks prove, against the engine: a pass is never followed by an allow."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from podrole.policy import PolicySet, Request, authorize, parse_policy
from podrole.policy.analysis.containment import new_access
from podrole.policy.analysis.granted import granted

CASES = int(os.environ.get("PODROLE_FUZZ", "4000"))
A, B = "111122223333", "444455556666"
BUCKET = "arn:aws:s3:::orders"


def policy(*statements: dict[str, Any], kind: Any = "identity") -> Any:
    filled = [
        {"Effect": "Allow", **({"Resource": "*"} if kind != "trust" else {}), **item}
        for item in statements
    ]
    for item in filled:
        if "NotResource" in item:
            item.pop("Resource")
    return parse_policy({"Version": "2012-10-17", "Statement": filled}, kind=kind)


def holds(new: Any, existing: Any) -> bool:
    return not new_access(new, existing)


# -- no new access -----------------------------------------------------------------------------

READ = {"Action": "s3:GetObject", "Resource": f"{BUCKET}/in/*"}
TLS = {"Bool": {"aws:SecureTransport": "true"}}
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": f"{BUCKET}/in/secret/*"}


@pytest.mark.parametrize(
    ("new", "existing"),
    [
        ([READ], [READ]),
        ([READ], [{"Action": "s3:Get*", "Resource": f"{BUCKET}/*"}]),
        ([READ | {"Condition": TLS}], [READ]),
        ([READ, DENY], [READ]),
        ([READ, DENY], [READ, DENY]),
        ([READ, DENY | {"Action": "*"}], [READ, DENY]),
        # A Deny that the new policy lacks, on what it does not grant.
        ([READ], [READ, DENY | {"Resource": f"{BUCKET}/out/*"}]),
        ([READ], [READ, DENY | {"NotAction": "s3:Get*", "Action": None}]),
        (
            [{"Action": ["s3:GetObject", "sqs:SendMessage"]}],
            [{"Action": "s3:*"}, {"Action": "sqs:*"}],
        ),
        ([{"NotAction": ["iam:*", "sts:*"]}], [{"NotAction": "iam:*"}]),
        ([{"Action": "s3:GetObject"}], [{"NotAction": "iam:*"}]),
        # What is denied without conditions is no access.
        ([{"Action": "iam:*"}, {"Effect": "Deny", "Action": "iam:*"}, READ], [READ]),
        (
            [READ | {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "shop"}}}],
            [READ | {"Condition": {"StringLike": {"aws:principaltag/TEAM": ["s*", "x"]}}}],
        ),
        (
            [READ | {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.7/32"}}}],
            [READ | {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}],
        ),
        (
            [READ | {"Condition": {"StringNotLike": {"aws:userid": ["x*", "y"]}}}],
            [READ | {"Condition": {"StringNotEquals": {"aws:userid": "xy"}}}],
        ),
        (
            [READ | {"Condition": {"StringEquals": {"aws:userid": "x"}}}],
            [READ | {"Condition": {"Null": {"aws:userid": "false"}}}],
        ),
    ],
)
def test_no_new_access(new: list[Any], existing: list[Any]) -> None:
    for statement in [*new, *existing]:
        if statement.get("Action", "") is None:
            del statement["Action"]
    assert holds(policy(*new), policy(*existing))


@pytest.mark.parametrize(
    ("new", "existing"),
    [
        ([READ | {"Action": "s3:*"}], [READ]),
        ([READ | {"Resource": f"{BUCKET}/*"}], [READ]),
        ([READ], [READ | {"Condition": TLS}]),
        ([READ], [READ, DENY]),
        ([READ, DENY | {"Condition": TLS}], [READ, DENY]),
        ([{"NotAction": "iam:*"}], [{"NotAction": ["iam:*", "sts:*"]}]),
        ([{"NotAction": "iam:*"}], [{"Action": "s3:*"}]),
        (
            [READ | {"Condition": {"StringLike": {"aws:userid": "s*"}}}],
            [READ | {"Condition": {"StringEquals": {"aws:userid": "s*"}}}],
        ),
        (
            [READ | {"Condition": {"StringEqualsIfExists": {"aws:userid": "s"}}}],
            [READ | {"Condition": {"StringEquals": {"aws:userid": "s"}}}],
        ),
        *(
            (
                [READ | {"Condition": {"IpAddress": {"aws:SourceIp": address}}}],
                [READ | {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/25"}}}],
            )
            for address in ("203.0.113.0/24", "203.0.113.128/25", "2001:db8::/32", "x")
        ),
        (
            [READ | {"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "s"}}}],
            [READ | {"Condition": {"StringEquals": {"aws:TagKeys": "s"}}}],
        ),
        *(
            (
                [READ | {"Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "s"}}}],
                [READ | {"Condition": {f"{qualifier}StringEquals": {"aws:TagKeys": "s"}}}],
            )
            for qualifier in ("", "ForAllValues:")
        ),
        (
            [READ | {"Condition": {"StringEqualsIgnoreCase": {"aws:userid": "s"}}}],
            [READ | {"Condition": {"StringLike": {"aws:userid": "s"}}}],
        ),
    ],
)
def test_new_access(new: list[Any], existing: list[Any]) -> None:
    assert not holds(policy(*new), policy(*existing))


def test_a_finding_names_the_statement_and_what_it_adds() -> None:
    extra = {"Sid": "More", "Action": "s3:PutObject", "Resource": f"{BUCKET}/*"}
    (found,) = new_access(policy(READ, extra), policy(READ))
    assert (found.index, found.sid) == (1, "More")
    assert f"s3:putobject on {BUCKET}/*" in found.reason


def trust(*principals: Any, **condition: Any) -> Any:
    more = {"Condition": condition} if condition else {}
    statements = [{"Principal": item, "Action": "sts:AssumeRole", **more} for item in principals]
    return policy(*statements, kind="trust")


def test_principals() -> None:
    role = {"AWS": f"arn:aws:iam::{A}:role/app"}
    assert holds(trust(role), trust({"AWS": [role["AWS"], B]}))
    assert holds(trust(role), trust("*"))
    assert holds(trust({"AWS": A}), trust({"AWS": f"arn:aws:iam::{A}:root"}))
    assert not holds(trust("*"), trust(role))
    assert not holds(trust({"Service": "ec2.amazonaws.com"}), trust(role))
    # The root delegates; naming the role grants without an identity policy.
    assert not holds(trust(role), trust({"AWS": A}))


def test_everyone_but_some() -> None:
    def all_but(*names: str, effect: str = "Allow") -> Any:
        principals = {"AWS": [f"arn:aws:iam::{A}:role/{name}" for name in names]}
        statement = {"Effect": effect, "NotPrincipal": principals, "Action": "s3:GetObject"}
        grant = {"Principal": "*", "Action": "s3:GetObject"}
        statements = [statement] if effect == "Allow" else [grant, statement]
        return policy(*statements, kind="resource")

    assert holds(all_but("a", "b"), all_but("a"))
    assert not holds(all_but("a"), all_but("a", "b"))
    assert holds(all_but("a", effect="Deny"), all_but("a", "b", effect="Deny"))
    assert not holds(all_but("a", "b", effect="Deny"), all_but("a", effect="Deny"))


def test_a_canonical_user_may_be_any_account() -> None:
    allow = {"Principal": {"AWS": A}, "Action": "s3:GetObject"}
    for named, kept in (
        ({"CanonicalUser": "ab" * 32}, False),
        ({"AWS": f"arn:aws:iam::{A}:role/app"}, False),
        ({"AWS": B}, True),
        ({"Service": "ec2.amazonaws.com"}, True),
    ):
        deny = {"Effect": "Deny", "Principal": named, "Action": "s3:*"}
        assert holds(policy(allow, kind="resource"), policy(allow, deny, kind="resource")) is kept


def test_a_trust_policy_that_lost_its_subject() -> None:
    key = "oidc.eks.us-west-2.amazonaws.com/id/ABC:sub"
    provider = {"Federated": f"arn:aws:iam::{A}:oidc-provider/{key[:-4]}"}
    exact = trust(provider, StringEquals={key: "system:serviceaccount:orders:api"})
    namespace = trust(provider, StringLike={key: "system:serviceaccount:orders:*"})
    assert holds(exact, namespace)
    assert not holds(namespace, exact)
    assert not holds(trust(provider), namespace)


# -- access not granted ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statements", "actions", "resources", "may"),
    [
        ([READ], ["s3:PutObject"], [], False),
        ([READ], ["s3:*Object"], [], True),
        ([READ], ["s3:GetObject"], [f"{BUCKET}/out/*"], False),
        ([READ], ["S3:GETOBJECT"], [f"{BUCKET}/in/1"], True),
        ([READ], [], [f"{BUCKET}/in/1"], True),
        ([READ | {"Condition": TLS}], ["s3:GetObject"], [], True),
        ([READ, DENY], ["s3:GetObject"], [f"{BUCKET}/in/secret/*"], False),
        ([READ, DENY], ["s3:GetObject"], [], True),
        ([READ, DENY | {"Condition": TLS}], ["s3:GetObject"], [f"{BUCKET}/in/secret/1"], True),
        ([{"NotAction": "iam:*"}], ["iam:PassRole"], [], False),
        ([{"NotAction": "iam:*"}], ["iam:PassRole", "s3:GetObject"], [], True),
        (
            [{"Action": "*"}, {"Effect": "Deny", "Action": "iam:*"}],
            ["iam:PassRole"],
            [],
            False,
        ),
        (
            [{"Action": "s3:*", "NotResource": f"{BUCKET}/*"}],
            ["s3:GetObject"],
            [f"{BUCKET}/in/*"],
            False,
        ),
    ],
)
def test_access_granted(
    statements: list[Any], actions: list[str], resources: list[str], may: bool
) -> None:
    assert bool(granted(policy(*statements), actions, resources)) is may


# -- against the engine ------------------------------------------------------------------------

ACTIONS = ["s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "iam:PassRole"]
ACTION_PATTERNS = ["*", "s3:*", "s3:Get*", "s3:GetObject", "s3:?etObject", "iam:*", "*:P*"]
RESOURCES = [f"{BUCKET}/in/1", f"{BUCKET}/out/1", f"arn:aws:iam::{A}:role/app", "*"]
RESOURCE_PATTERNS = [
    "*",
    "arn:aws:s3:*",
    f"{BUCKET}/*",
    f"{BUCKET}/in/*",
    f"{BUCKET}/${{aws:userid}}/*",
    f"{BUCKET}/?n/1",
    f"arn:aws:iam::{A}:role/*",
]
PRINCIPALS = [
    f"arn:aws:sts::{A}:assumed-role/app/s1",
    f"arn:aws:sts::{B}:assumed-role/app/s1",
    f"arn:aws:iam::{A}:user/bob",
    "ec2.amazonaws.com",
    "*",
]
NAMED: list[Any] = [
    "*",
    {"AWS": "*"},
    {"AWS": [A, B]},
    {"AWS": A},
    {"AWS": f"arn:aws:iam::{A}:role/app"},
    {"AWS": [f"arn:aws:iam::{A}:role/app", f"arn:aws:iam::{A}:user/bob"]},
    {"Service": "ec2.amazonaws.com"},
]
KEYS = ["aws:userid", "aws:TagKeys"]
VALUES = ["in", "out", "IN", "i*", "*", "?n", "${aws:userid}", "${aws:x, 'in'}"]
OPERATORS = [
    "StringEquals",
    "StringLike",
    "StringNotEquals",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
]


class Drawn:
    """Policies and requests of one seed, of few words, so that they meet."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.kind = self.random.choice(["identity", "resource"])

    def some(self, items: list[Any], most: int = 2) -> list[Any]:
        return self.random.sample(items, self.random.randint(1, most))

    def condition(self) -> dict[str, Any]:
        operator = self.random.choice(OPERATORS)
        if self.random.random() < 0.15:
            return {"Null": {self.random.choice(KEYS): self.random.choice(["true", "false"])}}
        qualifier = self.random.choice(["", "", "ForAllValues:", "ForAnyValue:"])
        suffix = self.random.choice(["", "", "IfExists"])
        return {f"{qualifier}{operator}{suffix}": {self.random.choice(KEYS): self.some(VALUES)}}

    def statement(self, **fixed: Any) -> dict[str, Any]:
        chance = self.random.random
        made: dict[str, Any] = {"Effect": "Deny" if chance() < 0.3 else "Allow"}
        made["NotAction" if chance() < 0.2 else "Action"] = self.some(ACTION_PATTERNS)
        made["NotResource" if chance() < 0.2 else "Resource"] = self.some(RESOURCE_PATTERNS)
        if self.kind == "resource":
            made["NotPrincipal" if chance() < 0.1 else "Principal"] = self.random.choice(NAMED)
        if chance() < 0.5:
            made["Condition"] = self.condition()
        return made | fixed

    def changed(self, statement: dict[str, Any]) -> dict[str, Any]:
        """The statement with one part drawn anew."""
        other = self.statement(Effect=statement["Effect"])
        if self.random.random() < 0.3:
            return statement
        part = self.random.choice(["Action", "Resource", "Principal", "Condition"])
        kept = {k: v for k, v in statement.items() if k.removeprefix("Not") != part}
        return kept | {k: v for k, v in other.items() if k.removeprefix("Not") == part}

    def request(self) -> Request:
        context: dict[str, Any] = {}
        if self.random.random() < 0.8:
            context["aws:userid"] = self.random.choice(["in", "out", "IN", "x"])
        if self.random.random() < 0.7:
            context["aws:TagKeys"] = self.some(["in", "out", "x"], 3)
        return Request(
            self.random.choice(PRINCIPALS if self.kind == "resource" else PRINCIPALS[:3]),
            self.random.choice(ACTIONS),
            self.random.choice(RESOURCES),
            context,
            A,
        )

    def parsed(self, statements: list[dict[str, Any]]) -> Any:
        document = {"Version": "2012-10-17", "Statement": statements}
        return parse_policy(document, kind=self.kind)  # type: ignore[arg-type]

    def allows(self, request: Request, parsed: Any) -> bool:
        """Whether the policy alone lets the request pass: nothing else stands in the way."""
        if self.kind == "identity":
            return authorize(request, PolicySet(identity=(parsed,))).allowed
        # A principal of the other account needs its own side too.
        identity = () if request.same_account else EVERYTHING
        boundary = EVERYTHING if "x" in request.context.get("aws:TagKeys", ()) else None
        layers = PolicySet(resource=parsed, identity=identity, boundary=boundary)
        return authorize(request, layers).allowed


EVERYTHING = (policy({"Action": "*"}),)


def test_no_new_access_is_a_proof() -> None:
    proven = 0
    for seed in range(CASES):
        drawn = Drawn(seed)
        before = [drawn.statement() for _ in range(drawn.random.randint(1, 3))]
        after = [drawn.changed(item) for item in before if drawn.random.random() < 0.9] or before
        new, existing = drawn.parsed(after), drawn.parsed(before)
        if new_access(new, existing):
            continue
        proven += 1
        for _ in range(40):
            request = drawn.request()
            if drawn.allows(request, new):
                assert drawn.allows(request, existing), (seed, request, after, before)
    assert proven > CASES / 20


def test_access_not_granted_is_a_proof() -> None:
    proven = 0
    for seed in range(CASES):
        drawn = Drawn(seed)
        parsed = drawn.parsed([drawn.statement() for _ in range(drawn.random.randint(1, 3))])
        request = drawn.request()
        resources = [] if request.resource == "*" else [request.resource]
        if granted(parsed, [request.action], resources):
            continue
        proven += 1
        for _ in range(20):
            other = drawn.request()
            asked = Request(other.principal, request.action, request.resource, other.context, A)
            assert not drawn.allows(asked, parsed), (seed, asked, parsed.document)
    assert proven > CASES / 20
