"""Public access: who is let in without being named, and what limits it."""

from __future__ import annotations

from typing import Any

import pytest

from podrole.policy import PolicySet, Request, authorize, parse_policy
from podrole.policy.analysis.public import public_grants

ISSUER = "oidc.eks.us-west-2.amazonaws.com/id/ABC"
PROVIDER = f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"
GITHUB = "token.actions.githubusercontent.com"
BUCKET = "arn:aws:s3:::orders/*"


def bucket(*statements: dict[str, Any]) -> Any:
    filled = [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": BUCKET, **item}
        for item in statements
    ]
    for item in filled:
        if "NotPrincipal" in item:
            del item["Principal"]
    return parse_policy({"Version": "2012-10-17", "Statement": filled}, kind="resource")


def where(**condition: Any) -> dict[str, Any]:
    operator, keys = next(iter(condition.items()))
    return {"Condition": {operator.replace("__", ":"): keys}}


ROLE = {"AWS": "arn:aws:iam::444455556666:role/app"}
PUBLIC = [
    {},
    {"Principal": {"AWS": "*"}},
    {"Principal": {"AWS": ["arn:aws:iam::111122223333:role/a", "*"]}},
    {"NotPrincipal": ROLE},
    where(Bool={"aws:SecureTransport": "true"}),
    where(StringEquals={"aws:PrincipalTag/team": "shop"}),
    where(StringLike={"aws:PrincipalOrgID": "o-*"}),
    where(StringEqualsIfExists={"aws:SourceVpce": "vpce-1"}),
    where(StringNotEquals={"aws:SourceVpce": "vpce-1"}),
    where(ForAllValues__StringEquals={"aws:PrincipalOrgID": "o-1"}),
    where(StringEquals={"aws:SourceAccount": "${aws:PrincipalAccount}"}),
    where(IpAddress={"aws:SourceIp": "0.0.0.0/0"}),
    where(IpAddress={"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/1"]}),
    where(ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/app"}),
    where(Null={"aws:SourceVpce": "false"}),
]
LIMITED = [
    {"Principal": ROLE},
    {"Principal": {"Service": "cloudtrail.amazonaws.com"}},
    {"Effect": "Deny"},
    where(StringEquals={"aws:PrincipalOrgID": "o-1"}),
    where(StringEquals={"AWS:sourceVpce": ["vpce-1", "vpce-2"]}),
    where(StringEquals={"aws:ResourceAccount": "1", "aws:SourceAccount": "111122223333"}),
    where(StringEquals={"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}),
    where(IpAddress={"aws:SourceIp": "203.0.113.0/24"}),
    where(ArnLike={"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}),
    where(StringLike={"aws:userid": "AROAEXAMPLEEXAMPLE:*"}),
    where(ForAnyValue__StringLike={"aws:PrincipalOrgPaths": "o-a1b2c3/r-x/*"}),
]


@pytest.mark.parametrize("statement", PUBLIC, ids=str)
def test_everyone_comes_in(statement: dict[str, Any]) -> None:
    (found,) = public_grants(bucket(statement))
    assert found.index == 0


@pytest.mark.parametrize("statement", LIMITED, ids=str)
def test_only_some_come_in(statement: dict[str, Any]) -> None:
    policy = bucket(statement)
    assert public_grants(policy) == []
    # The engine agrees: nobody in particular, with everything else right, is kept out.
    stranger = Request(
        "*",
        "s3:GetObject",
        "arn:aws:s3:::orders/1",
        {
            "aws:SecureTransport": "true",
            "aws:SourceIp": "198.51.100.1",
            "aws:SourceVpce": "vpce-0",
            "aws:ResourceAccount": "1",
        },
        "111122223333",
    )
    assert not authorize(stranger, PolicySet(resource=policy)).allowed


OUTSIDERS = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}


@pytest.mark.parametrize(
    ("deny", "public"),
    [
        (where(StringNotEquals={"aws:PrincipalOrgID": "o-1"}), False),
        (where(StringNotEqualsIfExists={"aws:PrincipalOrgID": "o-1"}), False),
        (where(ForAllValues__StringNotLike={"aws:PrincipalOrgPaths": "o-1/*"}), False),
        ({}, False),
        (where(StringNotEquals={"aws:PrincipalTag/x": "o-1"}), True),
        (where(StringNotLike={"aws:PrincipalOrgID": "o-*"}), True),
        (where(StringEquals={"aws:PrincipalOrgID": "o-1"}), True),
        (where(ForAnyValue__StringNotLike={"aws:PrincipalOrgPaths": "o-1/*"}), True),
        (where(StringNotEquals={"aws:PrincipalOrgID": "o-1", "aws:SourceVpce": "vpce-1"}), True),
        ({"Resource": "arn:aws:s3:::orders/in/*"}, True),
        ({"Principal": ROLE}, True),
    ],
    ids=str,
)
def test_a_deny_of_all_others_limits_too(deny: dict[str, Any], public: bool) -> None:
    assert bool(public_grants(bucket({}, OUTSIDERS | deny))) is public


def trust(principal: Any, condition: Any = None) -> Any:
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "sts:AssumeRoleWithWebIdentity",
        **({"Condition": condition} if condition else {}),
    }
    return parse_policy({"Version": "2012-10-17", "Statement": [statement]}, kind="trust")


@pytest.mark.parametrize(
    ("principal", "condition", "public"),
    [
        (PROVIDER, None, True),
        (PROVIDER, {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"}}, True),
        (PROVIDER, {"StringLike": {f"{ISSUER}:sub": "*"}}, True),
        (PROVIDER, {"StringLike": {f"{ISSUER}:sub": "system:serviceaccount:*:api"}}, True),
        (PROVIDER, {"StringNotEquals": {f"{ISSUER}:sub": "x"}}, True),
        (PROVIDER, {"StringEquals": {"oidc.example:sub": "x"}}, True),
        (PROVIDER, {"StringLike": {f"{ISSUER}:sub": "system:serviceaccount:orders:*"}}, False),
        (PROVIDER, {"StringEquals": {f"{ISSUER}:sub": "system:serviceaccount:a:b"}}, False),
        (PROVIDER.replace(ISSUER, GITHUB), {"StringLike": {f"{GITHUB}:sub": "repo:*"}}, True),
        (
            PROVIDER.replace(ISSUER, GITHUB),
            {"StringLike": {f"{GITHUB}:sub": "repo:acme/*"}},
            False,
        ),
        (
            "cognito-identity.amazonaws.com",
            {"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:1"}},
            False,
        ),
        ("cognito-identity.amazonaws.com", None, True),
        ("arn:aws:iam::111122223333:saml-provider/office", None, False),
    ],
)
def test_federated_trust(principal: str, condition: Any, public: bool) -> None:
    assert bool(public_grants(trust({"Federated": principal}, condition))) is public


def test_an_external_id_names_nobody() -> None:
    policy = trust("*", {"StringEquals": {"sts:ExternalId": "x"}})
    assert "everyone" in public_grants(policy)[0].reason
