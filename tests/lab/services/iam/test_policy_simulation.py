"""The policy simulator: IAM's own members and limits, by the lab's engine."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, POD_IDENTITY_TRUST, allow, statement
from tests.lab.services.sts.test_irsa import refused

ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/reader"
IN = "arn:aws:s3:::orders-data/in/1"
OUT = "arn:aws:s3:::orders-data/out/1"


@pytest.fixture
def iam(lab: Lab) -> Any:
    client = boto3.client("iam")
    client.create_role(
        RoleName="reader", Path="/app/", AssumeRolePolicyDocument=json.dumps(POD_IDENTITY_TRUST)
    )
    client.put_role_policy(
        RoleName="reader",
        PolicyName="in",
        PolicyDocument=json.dumps(allow("s3:GetObject", "arn:aws:s3:::orders-data/in/*"), indent=2),
    )
    return client


def simulate(iam: Any, action: str = "s3:GetObject", **more: Any) -> dict[str, Any]:
    results = iam.simulate_principal_policy(
        **{"PolicySourceArn": ROLE, "ActionNames": [action], **more}
    )["EvaluationResults"]
    return dict(results[0])


def custom(iam: Any, *policies: Any, action: str = "s3:GetObject", **more: Any) -> dict[str, Any]:
    texts = [item if isinstance(item, str) else json.dumps(item) for item in policies]
    answer = iam.simulate_custom_policy(PolicyInputList=texts, ActionNames=[action], **more)
    return dict(answer["EvaluationResults"][0])


def test_a_role_is_simulated_by_each_resource(iam: Any) -> None:
    result = simulate(iam, ResourceArns=[IN, OUT])
    assert result["EvalDecision"] == "implicitDeny"
    assert result["EvalResourceName"] == "arn:${Partition}:s3:::${BucketName}/${KeyName}"
    inside, outside = result["ResourceSpecificResults"]
    assert (inside["EvalResourceName"], inside["EvalResourceDecision"]) == (IN, "allowed")
    assert (outside["EvalResourceName"], outside["EvalResourceDecision"]) == (OUT, "implicitDeny")
    assert outside["MatchedStatements"] == []
    (matched,) = inside["MatchedStatements"]
    # As AWS's example counts: behind the bracket of the list, and behind the closing brace.
    assert matched == {
        "SourcePolicyId": "role_reader_in",
        "SourcePolicyType": "IAM Policy",
        "StartPosition": {"Line": 3, "Column": 17},
        "EndPosition": {"Line": 8, "Column": 6},
    }


def test_the_example_of_the_command_line_reference(iam: Any) -> None:
    policy = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
        '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
    )

    def at(instant: str) -> dict[str, Any]:
        entry = {
            "ContextKeyName": "aws:CurrentTime",
            "ContextKeyValues": [instant],
            "ContextKeyType": "date",
        }
        return custom(iam, policy, action="dynamodb:CreateBackup", ContextEntries=[entry])

    assert at("2019-04-25T11:00:00Z") == {
        "EvalActionName": "dynamodb:CreateBackup",
        "EvalResourceName": "*",
        "EvalDecision": "allowed",
        "MatchedStatements": [
            {
                "SourcePolicyId": "PolicyInputList.1",
                "SourcePolicyType": "IAM Policy",
                "StartPosition": {"Line": 1, "Column": 38},
                "EndPosition": {"Line": 1, "Column": 167},
            }
        ],
        "MissingContextValues": [],
    }
    late = at("2014-04-25T11:00:00Z")
    assert (late["EvalDecision"], late["MatchedStatements"]) == ("implicitDeny", [])


def test_a_deny_is_the_only_statement_that_is_shown(iam: Any) -> None:
    deny = allow("s3:*") | {"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": OUT}]}
    result = custom(iam, allow("s3:*"), deny, ResourceArns=[OUT])
    assert result["EvalDecision"] == "explicitDeny"
    assert [item["SourcePolicyId"] for item in result["MatchedStatements"]] == ["PolicyInputList.2"]


def test_keys_that_policies_ask_for_and_nobody_gave(iam: Any) -> None:
    policy = allow(
        "s3:GetObject",
        "arn:aws:s3:::orders-data/${aws:PrincipalTag/kubernetes-namespace}/*",
        Condition={"StringEquals": {"s3:ExistingObjectTag/team": "orders"}},
    )
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[json.dumps(policy)])[
        "ContextKeyNames"
    ] == ["s3:ExistingObjectTag/team", "aws:PrincipalTag/kubernetes-namespace"]
    keys = iam.get_context_keys_for_principal_policy(
        PolicySourceArn=ROLE, PolicyInputList=[json.dumps(policy)]
    )["ContextKeyNames"]
    assert len(keys) == 2
    entries = [
        {
            "ContextKeyName": "aws:principaltag/kubernetes-namespace",
            "ContextKeyValues": ["orders"],
            "ContextKeyType": "string",
        }
    ]
    arn = "arn:aws:s3:::orders-data/orders/1"
    result = custom(iam, policy, ContextEntries=entries, ResourceArns=[arn])
    (specific,) = result["ResourceSpecificResults"]
    assert specific["EvalResourceDecision"] == "implicitDeny"
    assert specific["MissingContextValues"] == ["s3:ExistingObjectTag/team"]


def test_a_list_type_makes_a_key_multivalued(iam: Any) -> None:
    policy = allow("s3:*", Condition={"StringEquals": {"aws:TagKeys": "team"}})
    entry = {"ContextKeyName": "aws:TagKeys", "ContextKeyValues": ["team", "cost"]}
    for kind, decision in (("stringList", "implicitDeny"), (None, "implicitDeny")):
        typed = {**entry, **({"ContextKeyType": kind} if kind else {})}
        assert custom(iam, policy, ContextEntries=[typed])["EvalDecision"] == decision
    some = allow("s3:*", Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}})
    typed = {**entry, "ContextKeyType": "stringList"}
    assert custom(iam, some, ContextEntries=[typed])["EvalDecision"] == "allowed"
    wrong = {"ContextKeyName": "a:Number", "ContextKeyValues": ["x"], "ContextKeyType": "numeric"}
    assert refused(lambda: custom(iam, some, ContextEntries=[wrong]))[0] == "InvalidInput"


def test_a_boundary_limits_and_is_reported(iam: Any) -> None:
    boundary = json.dumps(allow("s3:ListBucket"))
    result = simulate(iam, ResourceArns=[IN], PermissionsBoundaryPolicyInputList=[boundary])
    assert result["EvalDecision"] == "implicitDeny"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    arn = iam.create_policy(PolicyName="limit", PolicyDocument=boundary)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="reader", PermissionsBoundary=arn)
    assert simulate(iam, ResourceArns=[IN])["EvalDecision"] == "implicitDeny"
    without = simulate(
        iam, ResourceArns=[IN], PolicyExclusionList=[{"PolicyType": "permission-boundary"}]
    )
    assert without["EvalDecision"] == "allowed"
    assert "PermissionsBoundaryDecisionDetail" not in without


def test_excluded_policies_do_not_count(iam: Any) -> None:
    inline = {
        "InlinePolicyIdentifier": {
            "PolicyName": "in",
            "AttachmentType": "role",
            "AttachmentName": "read*",
        }
    }
    for exclusion in (inline, {"PolicyType": "inline"}):
        result = simulate(iam, ResourceArns=[IN], PolicyExclusionList=[exclusion])
        assert result["EvalDecision"] == "implicitDeny"


def test_service_control_policies_as_they_are_handed_in(iam: Any) -> None:
    levels = [
        {"ServiceControlPolicyInputList": [json.dumps(allow("*"))]},
        {"ServiceControlPolicyInputList": [json.dumps(allow("ec2:*"))]},
    ]
    result = custom(iam, allow("s3:*"), OrderedOrganizationPolicyInputList=levels)
    assert result["EvalDecision"] == "implicitDeny"
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}


def test_a_resource_policy_and_its_owner(iam: Any) -> None:
    iam.create_user(UserName="bob")
    bob = f"arn:aws:iam::{ACCOUNT}:user/bob"
    policy = json.dumps(
        statement(Principal={"AWS": bob}, Action="s3:GetObject", Resource="arn:aws:s3:::*")
    )
    same = simulate(iam, PolicySourceArn=bob, ResourceArns=[IN], ResourcePolicy=policy)
    assert same["EvalDecision"] == "allowed"
    assert same["MatchedStatements"][0]["SourcePolicyId"] == "ResourcePolicy"
    assert same["EvalDecisionDetails"] == {}
    across = simulate(
        iam,
        PolicySourceArn=bob,
        ResourceArns=[IN],
        ResourcePolicy=policy,
        ResourceOwner=OTHER_ACCOUNT,
    )
    assert across["EvalDecision"] == "implicitDeny"
    assert across["EvalDecisionDetails"] == {
        "IAM Policy": "implicitDeny",
        "Resource Policy": "allowed",
    }
    # AWS: "Simulation of resource-based policies isn't supported for IAM roles."
    assert refused(lambda: simulate(iam, ResourceArns=[IN], ResourcePolicy=policy))[:2] == (
        "InvalidInput",
        400,
    )


def test_trust_policies_are_not_simulated(iam: Any) -> None:
    target = f"arn:aws:iam::{OTHER_ACCOUNT}:role/no-such-role"
    result = custom(iam, allow("sts:AssumeRole"), action="sts:AssumeRole", ResourceArns=[target])
    assert result["EvalDecision"] == "allowed"


def test_pages(iam: Any) -> None:
    names = [f"s3:Action{number}" for number in range(5)]
    pages = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[json.dumps(allow("s3:Action1"))],
        ActionNames=names,
        PaginationConfig={"PageSize": 2},
    )
    found = [[item["EvalActionName"] for item in page["EvaluationResults"]] for page in pages]
    assert found == [names[:2], names[2:4], names[4:]]


def test_the_simulator_is_authorized_itself(iam: Any, lab: Lab) -> None:
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    bob = boto3.client(
        "iam",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    code, status, message = refused(lambda: simulate(bob))
    assert (code, status) == ("AccessDenied", 403)
    assert f"iam:SimulatePrincipalPolicy on resource: {ROLE} because" in message
    iam.put_user_policy(
        UserName="bob",
        PolicyName="sim",
        PolicyDocument=json.dumps(allow("iam:SimulatePrincipalPolicy", ROLE)),
    )
    assert simulate(bob, ResourceArns=[IN])["EvalDecision"] == "allowed"
    absent = f"arn:aws:iam::{ACCOUNT}:role/absent"
    assert refused(lambda: simulate(iam, PolicySourceArn=absent)) == (
        "NoSuchEntity",
        404,
        "The role with name absent cannot be found.",
    )


@pytest.mark.parametrize(
    "parameters",
    [
        {"PolicyInputList": ["{"]},
        {"ActionNames": ["GetObject"]},
        {"ContextEntries": [{"ContextKeyName": "aws:x", "ContextKeyValues": []}]},
        {"Marker": "###"},
        {"CallerArn": "ec2.amazonaws.com"},
        {"ResourcePolicy": "{}"},
    ],
)
def test_input_that_is_refused(iam: Any, parameters: dict[str, Any]) -> None:
    given = {"PolicyInputList": [json.dumps(allow("s3:*"))], "ActionNames": ["s3:GetObject"]}
    code, status, message = refused(lambda: iam.simulate_custom_policy(**{**given, **parameters}))
    assert (code, status) == ("InvalidInput", 400)
    assert message.startswith("lab: ")
