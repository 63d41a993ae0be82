"""Lint at its edges: conditions that keep nobody out, values that mean nothing, no false alarms."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.lint.test_lint import EXACT, PROVIDER, codes, identity, on_claims, trust

TAGS = {"StringEquals": {"aws:TagKeys": "a"}}
MINE = {"AWS": "arn:aws:iam::111122223333:role/*"}
OLD = {"Version": "2008-10-17"}
PODS = {"Service": "pods.eks.amazonaws.com"}
HTTPS = {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}
ASSUME = {"Action": "sts:AssumeRole"}


@pytest.mark.parametrize(
    ("document", "kind", "code"),
    [
        (identity(Condition=TAGS), "identity", "MISSING_QUALIFIER"),
        (trust(MINE, **ASSUME), "trust", "UNSUPPORTED_WILDCARD_IN_PRINCIPAL"),
        (
            {**identity(Resource="arn:aws:s3:::${aws:username}/*"), **OLD},
            "identity",
            "PODROLE_VARIABLE_WITHOUT_VERSION",
        ),
        (
            identity(Condition={"DateLessThan": {"aws:CurrentTime": "${aws:PrincipalTag/until}"}}),
            "identity",
            "PODROLE_VARIABLE_UNDER_OPERATOR",
        ),
        # A condition that keeps nobody out silences nothing.
        (trust("*", **ASSUME, **HTTPS), "trust", "PODROLE_TRUST_ANYONE"),
        (trust({"AWS": "111122223333"}, **ASSUME, **HTTPS), "trust", "PODROLE_TRUST_WHOLE_ACCOUNT"),
        (trust(PODS, Action="sts:*", **HTTPS), "trust", "PODROLE_POD_IDENTITY_UNSCOPED"),
        (
            trust(**on_claims("system:serviceaccount:a:b", "StringEqualsIfExists")),
            "trust",
            "PODROLE_OIDC_MISSING_SUBJECT",
        ),
        (
            trust(Condition={"StringLike": {f"{PROVIDER}:aud": "*"}}),
            "trust",
            "PODROLE_OIDC_MISSING_AUDIENCE",
        ),
        (identity(Action="s3:**", Resource=["*", "x"]), "identity", "PODROLE_BROAD_ACTION"),
        (
            identity(Condition={"ForAllValues:StringEquals": {"aws:SourceVpce": "vpce-1"}}),
            "identity",
            "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
        ),
    ],
)
def test_what_a_fresh_reader_missed(document: Any, kind: Any, code: str) -> None:
    assert code in codes(document, kind)


@pytest.mark.parametrize(
    ("document", "kind", "code"),
    [
        (identity(Resource="arn:aws:s3:::b*"), "identity", "PODROLE_OBJECT_ACTION_ON_BUCKET"),
        (
            identity(Action="s3:GetBucketObjectLockConfiguration", Resource="arn:aws:s3:::b"),
            "identity",
            "PODROLE_OBJECT_ACTION_ON_BUCKET",
        ),
        (trust(Action="sts:TagSession", **EXACT), "trust", "MISMATCHED_ACTION_FOR_PRINCIPAL"),
        (
            {
                "Version": "2012-10-17",
                "Statement": [
                    *trust()["Statement"],
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "sts:AssumeRoleWithWebIdentity",
                        "Condition": {
                            "StringNotLike": {f"{PROVIDER}:sub": "system:serviceaccount:a:*"}
                        },
                    },
                ],
            },
            "trust",
            "PODROLE_OIDC_MISSING_SUBJECT",
        ),
    ],
)
def test_what_is_no_mistake(document: Any, kind: Any, code: str) -> None:
    assert code not in codes(document, kind)


def test_tagging_allowed_to_someone_else_is_no_help() -> None:
    document = trust(PODS, **ASSUME)
    document["Statement"] += trust({"Service": "ec2.amazonaws.com"}, Action="sts:TagSession")[
        "Statement"
    ]
    assert "PODROLE_MISSING_TAG_SESSION" in codes(document, "trust")
