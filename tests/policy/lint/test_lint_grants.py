"""Lint of grants wider than they look: PassRole, complements, services that come for anyone."""

from __future__ import annotations

from typing import Any

import pytest

from podrole.policy import parse_policy
from podrole.policy.lint import lint

ROLES = "arn:aws:iam::111122223333:role"
TOPIC = "arn:aws:sns:us-west-2:111122223333:orders"


def found(kind: Any, **elements: Any) -> dict[str, str]:
    """Each code that lint finds, with its severity."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **elements}]}
    return {item.code: item.severity for item in lint(parse_policy(document, kind=kind))}


# -- iam:PassRole ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({"Action": "iam:PassRole", "Resource": "*"}, "PASS_ROLE_WITH_STAR_IN_RESOURCE"),
        ({"Action": "IAM:passrole", "Resource": f"{ROLES}/*"}, "PASS_ROLE_WITH_STAR_IN_RESOURCE"),
        (
            {"Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/*"},
            "PASS_ROLE_WITH_STAR_IN_RESOURCE",
        ),
        (
            {"Action": ["iam:GetRole", "iam:Pass*"], "Resource": "*"},
            "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
        ),
        ({"Action": "iam:*", "Resource": "*"}, "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE"),
        ({"Action": "*", "Resource": "*"}, "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE"),
        (
            {"Action": "iam:?assRole", "Resource": f"{ROLES}/*"},
            "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
        ),
        (
            {"NotAction": "iam:CreateUser", "Resource": "*"},
            "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
        ),
        (
            {"Action": "iam:PassRole", "NotResource": f"{ROLES}/admin"},
            "PASS_ROLE_WITH_NOT_RESOURCE",
        ),
        (
            {"Action": "iam:*", "NotResource": f"{ROLES}/admin"},
            "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
        ),
        (
            {"NotAction": "s3:*", "NotResource": f"{ROLES}/admin"},
            "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE",
        ),
    ],
)
def test_roles_that_nobody_named_can_be_passed(elements: dict[str, Any], code: str) -> None:
    codes = found("identity", **elements)
    assert codes[code] == "error"
    assert [item for item in codes if item.startswith("PASS_ROLE")] == [code]


@pytest.mark.parametrize("resource", [f"{ROLES}/eks-workloads/*", f"{ROLES}/orders-*"])
def test_a_path_of_its_own_is_advice(resource: str) -> None:
    codes = found("identity", Action="iam:PassRole", Resource=resource)
    assert codes == {"PASS_ROLE_WITH_STAR_IN_RESOURCE": "suggestion"}


@pytest.mark.parametrize(
    "elements",
    [
        {"Action": "iam:PassRole", "Resource": f"{ROLES}/orders-api"},
        # The wildcard is about objects; no role fits it.
        {"Action": ["iam:PassRole", "s3:GetObject"], "Resource": ["arn:aws:s3:::b/*"]},
        {"Action": "iam:Get*", "Resource": "*"},
        {"Action": "iam:PassRole", "NotResource": "*"},
        {
            "Action": "iam:PassRole",
            "Resource": "*",
            "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
        },
        {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"},
    ],
)
def test_what_hands_out_no_unnamed_role(elements: dict[str, Any]) -> None:
    assert not [code for code in found("identity", **elements) if code.startswith("PASS_ROLE")]


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEqualsIfExists": {"iam:PassedToService": "ec2.amazonaws.com"}},
        {"StringNotEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
        {"StringLike": {"iam:PassedToService": "*"}},
        {"Null": {"iam:PassedToService": "false"}},
    ],
)
def test_a_condition_that_names_no_service_does_not_help(condition: dict[str, Any]) -> None:
    codes = found("identity", Action="iam:PassRole", Resource="*", Condition=condition)
    assert "PASS_ROLE_WITH_STAR_IN_RESOURCE" in codes


def test_a_boundary_grants_nothing() -> None:
    assert found("boundary", Action="*", Resource="*") == {}
    assert found("scp", NotAction="iam:*", Resource="*") == {}


# -- complements -----------------------------------------------------------------------------


def test_a_complement_is_a_grant_of_all_the_rest() -> None:
    bucket = "arn:aws:s3:::orders/*"
    assert found("identity", NotAction="iam:*", Resource=bucket) == {
        "PODROLE_ALLOW_WITH_NOT_ACTION": "warning"
    }
    assert found("identity", Action="s3:GetObject", NotResource=bucket) == {
        "PODROLE_ALLOW_WITH_NOT_RESOURCE": "warning"
    }
    everyone_but = {"AWS": f"{ROLES}/orders-api"}
    assert found("resource", NotPrincipal=everyone_but, Action="sns:Publish", Resource=TOPIC) == {
        "ALLOW_WITH_NOT_PRINCIPAL": "error"
    }


def test_a_complement_in_a_deny_is_how_it_is_meant() -> None:
    elements = {"NotPrincipal": {"AWS": f"{ROLES}/a"}, "NotAction": "s3:*", "NotResource": TOPIC}
    assert found("resource", Effect="Deny", **elements) == {}


# -- the confused deputy ---------------------------------------------------------------------


def publish(condition: Any = None, service: Any = "s3.amazonaws.com") -> dict[str, str]:
    more = {"Condition": condition} if condition else {}
    return found(
        "resource", Principal={"Service": service}, Action="sns:Publish", Resource=TOPIC, **more
    )


DEPUTY = {"RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL": "warning"}


@pytest.mark.parametrize(
    "condition",
    [
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::orders-*"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:events:*:111122223333:rule/*"}},
        {"StringEquals": {"AWS:SourceAccount": "111122223333"}},
        {"StringEquals": {"aws:SourceOrgID": "${aws:ResourceOrgID}"}},
        {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-a1b2c3d4e5/*"}},
    ],
)
def test_a_source_makes_the_deputy_careful(condition: dict[str, Any]) -> None:
    assert publish(condition) == {}


@pytest.mark.parametrize(
    "condition",
    [
        None,
        {"Bool": {"aws:SecureTransport": "true"}},
        {"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}},
        {"StringNotEquals": {"aws:SourceAccount": "111122223333"}},
        {"ForAllValues:StringEquals": {"aws:SourceAccount": "111122223333"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:events:*:*:rule/*"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}},
        {"StringLike": {"aws:SourceAccount": "*"}},
        {"StringEquals": {"aws:SourceAccount": "${aws:PrincipalTag/account}"}},
        {"Null": {"aws:SourceArn": "false"}},
    ],
)
def test_a_deputy_without_a_source_is_found(condition: Any) -> None:
    codes = publish(condition)
    codes.pop("FORALLVALUES_WITH_SINGLE_VALUED_KEY", None)
    assert codes == DEPUTY


def test_in_a_trust_policy_it_is_advice_and_not_for_services_that_send_no_source() -> None:
    def trust(service: str) -> dict[str, str]:
        return found("trust", Principal={"Service": service}, Action="sts:AssumeRole")

    assert trust("eks-fargate-pods.amazonaws.com") == {
        "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL": "suggestion"
    }
    assert trust("ec2.amazonaws.com") == trust("lambda.amazonaws.com") == {}
    assert "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL" not in trust("pods.eks.amazonaws.com")
