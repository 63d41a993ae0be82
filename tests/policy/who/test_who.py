"""Who can assume a role: the sentence a reviewer reads, and its agreement with the decision."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podrole.policy import PolicySet, Request, authorize, parse_policy
from podrole.policy.who import Admitted, who

PROVIDER = "oidc.eks.us-west-2.amazonaws.com/id/ABC"
ARN = f"arn:aws:iam::111122223333:oidc-provider/{PROVIDER}"
SUB, AUD = f"{PROVIDER}:sub", f"{PROVIDER}:aud"
API = "system:serviceaccount:orders:api"


def statement(condition: Any, **elements: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Federated": ARN},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
        **elements,
    }


def asked(*statements: dict[str, Any]) -> Admitted:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    (admitted,) = who(parse_policy(document, kind="trust"))
    return admitted


ANY = "system:serviceaccount:"
NEVER = "nobody: its conditions never match together for a service account's token"
ORDERS = {"StringLike": {SUB: "system:serviceaccount:orders:*"}}


@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        (
            [statement({"StringNotLike": {SUB: "system:serviceaccount:kube-system:*"}})],
            "every pod of the cluster, except any service account in namespace kube-system",
        ),
        (
            [statement({"StringNotEquals": {SUB: API}})],
            f"every pod of the cluster, except exactly {API}",
        ),
        (
            [statement({**ORDERS, "StringNotEquals": {SUB: API}})],
            f"any service account in namespace orders, except exactly {API}",
        ),
        ([statement({**ORDERS, "StringEquals": {SUB: API}})], f"exactly {API}"),
        (
            [statement({**ORDERS, "StringEquals": {SUB: "system:serviceaccount:x:api"}})],
            NEVER,
        ),
        (
            [statement(ORDERS), statement({"StringEquals": {SUB: API}}, Effect="Deny")],
            f"any service account in namespace orders; but a Deny refuses exactly {API}",
        ),
        (
            [statement({"StringEquals": {SUB: API}}), statement(ORDERS, Effect="Deny")],
            "nobody: a Deny refuses everyone whom the rest admits",
        ),
        (
            [statement({**ORDERS, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})],
            "any service account in namespace orders, if aws:SourceIp passes IpAddress 10.0.0.0/8",
        ),
        (
            [statement({**ORDERS, "ForAnyValue:StringLike": {SUB: f"{ANY}orders*:*"}})],
            "any service account in namespace orders",
        ),
        (
            [statement({**ORDERS, "ForAnyValue:StringLike": {SUB: [f"{ANY}*:a*", f"{ANY}x:*"]}})],
            "any service account in namespace orders that is also service account a* in any"
            " namespace",
        ),
        (
            [statement({"StringEquals": {SUB: API}}), statement(ORDERS)],
            "any service account in namespace orders",
        ),
        (
            [statement(ORDERS), statement(ORDERS | {"Null": {"aws:SourceVpc": "true"}})],
            "any service account in namespace orders",
        ),
        (
            [statement(ORDERS | {"Null": {"aws:SourceVpc": "true"}})],
            "any service account in namespace orders, if the request does not bring aws:SourceVpc",
        ),
        (
            [statement(ORDERS | {"Null": {"aws:SourceVpc": "false"}})],
            "any service account in namespace orders, if the request brings aws:SourceVpc",
        ),
        (
            [
                statement(ORDERS),
                statement({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, Effect="Deny"),
            ],
            "any service account in namespace orders; but a Deny refuses every pod of the cluster,"
            " if aws:SourceVpc passes StringNotEquals vpc-1, or is absent",
        ),
        (
            [statement(ORDERS), statement({"StringNotLike": {SUB: f"{ANY}o*:*"}}, Effect="Deny")],
            "any service account in namespace orders",
        ),
        (
            [statement({"StringLike": {SUB: f"{ANY}orders:${{aws:x, 'api'}}"}})],
            f"every pod of the cluster, if {SUB} passes StringLike {ANY}orders:${{aws:x, 'api'}}",
        ),
        (
            [statement({"StringLike": {SUB: [f"{ANY}orders:${{x:y, 'api'}}", "${*}"]}})],
            f"exactly {API}",
        ),
        (
            [statement({"StringLike": {SUB: f"{ANY}?:*"}, "StringNotLike": {SUB: f"{ANY}*:*"}})],
            NEVER,
        ),
        ([statement({"StringLike": {SUB: "system:*:*:*"}})], "every pod of the cluster"),
        (
            [statement({"StringLike": {SUB: "orders:*"}})],
            "nobody: orders:* never matches: a subject is system:serviceaccount:<namespace>:<name>",
        ),
        (
            [statement({"StringEquals": {"https://x/id/1:sub": API}})],
            "nobody: https://x/id/1:sub never matches: condition keys do not contain https://",
        ),
        (
            [statement({}, Action="sts:AssumeRole")],
            "nobody: no statement allows sts:AssumeRoleWithWebIdentity",
        ),
        ([statement({"ForAllValues:StringEquals": {AUD: "other"}})], NEVER),
    ],
)
def test_the_sentence(statements: list[dict[str, Any]], sentence: str) -> None:
    said = str(asked(*statements))
    assert said.removeprefix(f"{PROVIDER}: ") == sentence


SUBJECTS = [
    f"system:serviceaccount:{namespace}:{name}"
    for namespace in ("orders", "orders-x", "kube-system", "a", "0")
    for name in ("api", "api-worker", "default", "a", "z.9")
]
PATTERNS = [
    "*",
    "system:serviceaccount:*",
    "system:serviceaccount:orders:*",
    "system:serviceaccount:orders*:*",
    "system:serviceaccount:*:api",
    "system:serviceaccount:orders:api*",
    "system:serviceaccount:?:?",
    "system:serviceaccount:??*:*",
    "orders:*",
    "system:serviceaccount:orders:${aws:userid}",
    "System:ServiceAccount:Orders:API",
    *SUBJECTS[:7],
]
OPERATORS = [
    f"{qualifier}String{name}{suffix}"
    for qualifier in ("", "ForAllValues:", "ForAnyValue:")
    for name in (
        "Equals",
        "EqualsIgnoreCase",
        "Like",
        "NotEquals",
        "NotEqualsIgnoreCase",
        "NotLike",
    )
    for suffix in ("", "IfExists")
]
CONDITIONS = st.dictionaries(
    st.sampled_from(OPERATORS),
    st.fixed_dictionaries(
        {},
        optional={
            SUB: st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3),
            AUD: st.sampled_from(["sts.amazonaws.com", "sts.*", "other"]),
            "aws:SourceVpc": st.just("vpc-1"),
        },
    ).filter(bool),
    max_size=3,
)
STATEMENTS = st.builds(
    statement,
    CONDITIONS,
    Effect=st.sampled_from(["Allow", "Allow", "Deny"]),
    Action=st.sampled_from(["sts:AssumeRoleWithWebIdentity", "sts:*", "sts:TagSession"]),
)


@settings(max_examples=400)
@given(st.lists(STATEMENTS, min_size=1, max_size=3))
def test_nobody_else_gets_in_and_nobody_named_is_kept_out(statements: list[Any]) -> None:
    document = {"Version": "2012-10-17", "Statement": statements}
    trust = parse_policy(document, kind="trust")
    (admitted,) = who(trust)
    for subject in SUBJECTS:
        request = Request(
            ARN,
            "sts:AssumeRoleWithWebIdentity",
            "arn:aws:iam::111122223333:role/r",
            {SUB: subject, AUD: "sts.amazonaws.com"},
        )
        allowed = authorize(request, PolicySet(resource=trust)).allowed
        assert admitted.admits(subject) == allowed, (subject, str(admitted))
        if allowed:
            assert "nobody" not in admitted.sentence
    if admitted.sentence == "every pod of the cluster":
        assert all(admitted.admits(subject) for subject in SUBJECTS)


def test_many_subjects_are_no_burden() -> None:
    names = [f"system:serviceaccount:orders:api-{number}" for number in range(200)]
    admitted = asked(statement({"StringEquals": {SUB: names}}))
    assert admitted.patterns == tuple(names)


def test_stars_do_not_make_it_hang() -> None:
    pattern = "system:serviceaccount:" + "a*" * 60 + ":" + "b*" * 60
    assert asked(statement({"StringLike": {SUB: pattern}})).patterns == (pattern,)
