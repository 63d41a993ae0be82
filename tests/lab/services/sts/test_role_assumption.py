"""Four ways to become a role, one decision: its refusal can be looked up, whichever way it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from podrole.lab import Lab
from tests.lab.conftest import (
    ACCOUNT,
    OTHER_ACCOUNT,
    ROLE_ARN,
    SUBJECT,
    Setup,
    allow,
    statement,
)
from tests.lab.services.eks_auth.test_pod_identity import agents_refusal, identity
from tests.lab.services.sts.test_irsa import assume, refused

NOBODY = statement(Principal={"AWS": ACCOUNT}, Action="sts:AssumeRole")
TARGET = f"arn:aws:iam::{OTHER_ACCOUNT}:role/data-reader"


def last_refusal(lab: Lab) -> Any:
    decode = boto3.client("sts").decode_authorization_message
    answer = decode(EncodedMessage=lab.authorization_message())
    return json.loads(answer["DecodedMessage"])["context"]


def keys(context: Any) -> dict[str, list[str]]:
    return {
        item["key"]: [value["value"] for value in item["values"]["items"]]
        for item in context["conditions"]["items"]
    }


def by_a_caller(setup: Setup) -> None:
    setup.create_role(statement(Principal={"AWS": OTHER_ACCOUNT}, Action="sts:AssumeRole"))
    refused(lambda: setup.sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="test"))


def by_a_token(setup: Setup) -> None:
    setup.create_provider()
    setup.create_role(NOBODY)
    setup.deploy(setup.annotated())
    token = setup.cluster.create_token("orders-api", "orders", audience="sts.amazonaws.com")
    refused(lambda: assume(setup, token))


def by_eks(setup: Setup) -> None:
    pod = setup.pod_identity_pod()
    setup.iam.update_assume_role_policy(RoleName="orders-api", PolicyDocument=json.dumps(NOBODY))
    agents_refusal(pod)


def by_a_pods_role(setup: Setup) -> None:
    pod = setup.pod_identity_pod(allow("sts:AssumeRole", TARGET), targetRoleArn=TARGET)
    setup.lab.session(OTHER_ACCOUNT).client("iam").create_role(
        RoleName="data-reader",
        AssumeRolePolicyDocument=json.dumps(
            statement(Principal={"AWS": ROLE_ARN}, Action=["sts:AssumeRole", "sts:TagSession"])
        ),
    )
    agents_refusal(pod)


@pytest.mark.parametrize(
    ("way", "action", "role", "principal"),
    [
        (by_a_caller, "sts:AssumeRole", ROLE_ARN, "assumed-role/platform-admin/you"),
        (by_a_token, "sts:AssumeRoleWithWebIdentity", ROLE_ARN, "oidc-provider/oidc.eks."),
        (by_eks, "sts:AssumeRole", ROLE_ARN, "pods.eks.amazonaws.com"),
        (by_a_pods_role, "sts:TagSession", TARGET, "assumed-role/orders-api/eks-demo-orders-api"),
    ],
)
def test_the_last_refusal_is_told_whichever_way_it_was(
    setup: Setup, way: Callable[[Setup], None], action: str, role: str, principal: str
) -> None:
    way(setup)
    context = last_refusal(setup.lab)
    assert (context["action"], context["resource"]) == (action, role)
    assert principal in context["principal"]["arn"]


def test_the_refusal_of_a_token_tells_what_the_trust_policy_was_asked(setup: Setup) -> None:
    by_a_token(setup)
    context = last_refusal(setup.lab)
    asked = keys(context)
    assert asked[f"{setup.provider}:sub"] == [SUBJECT]
    assert asked[f"{setup.provider}:aud"] == ["sts.amazonaws.com"]
    assert context["principal"]["name"] == SUBJECT


def test_the_refusal_of_eks_tells_the_cluster(setup: Setup) -> None:
    by_eks(setup)
    asked = keys(last_refusal(setup.lab))
    assert asked["aws:SourceArn"] == [f"arn:aws:eks:us-west-2:{ACCOUNT}:cluster/demo"]
    assert asked["aws:PrincipalServiceName"] == ["pods.eks.amazonaws.com"]
    assert "aws:SourceIp" not in asked  # EKS does not call from the node's address


def test_a_bucket_that_refuses_a_trail_is_told(setup: Setup, bucket: str) -> None:
    with pytest.raises(ClientError):
        boto3.client("cloudtrail").create_trail(Name="audit", S3BucketName=bucket)
    context = last_refusal(setup.lab)
    assert context["action"] == "s3:GetBucketAcl"
    assert context["principal"]["arn"] == "cloudtrail.amazonaws.com"


@pytest.mark.parametrize("owner", ["orders", "payroll"])
def test_each_way_sees_the_roles_own_tags(setup: Setup, owner: str) -> None:
    """aws:ResourceTag of the role: service authorization reference, AWS Security Token Service."""
    tagged = {"Condition": {"StringEquals": {"aws:ResourceTag/owner": "orders"}}}
    trust = statement(
        Principal={"Service": "pods.eks.amazonaws.com"},
        Action=["sts:AssumeRole", "sts:TagSession"],
        **tagged,
    )
    there = setup.lab.session(OTHER_ACCOUNT).client("iam")
    setup.eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent")
    setup.create_role(
        trust,
        allow(["sts:AssumeRole", "sts:TagSession"], TARGET),
        Tags=[{"Key": "owner", "Value": "orders"}],
    )
    there.create_role(
        RoleName="data-reader",
        AssumeRolePolicyDocument=json.dumps(
            statement(
                Principal={"AWS": ROLE_ARN}, Action=["sts:AssumeRole", "sts:TagSession"], **tagged
            )
        ),
        Tags=[{"Key": "owner", "Value": owner}],
    )
    setup.associate(targetRoleArn=TARGET)
    pod = setup.deploy()
    if owner == "orders":
        with pod.inside():
            assert "assumed-role/data-reader/" in identity()
    else:
        assert "AccessDeniedException" in agents_refusal(pod)
        assert last_refusal(setup.lab)["resource"] == TARGET


def test_a_role_that_eks_cannot_assume_is_still_one_refusal(setup: Setup) -> None:
    """A missing role is refused in the words of a denial, and told as one."""
    pod = setup.pod_identity_pod()
    setup.iam.delete_role(RoleName="orders-api")
    agents_refusal(pod)
    assert last_refusal(setup.lab)["resource"] == ROLE_ARN
