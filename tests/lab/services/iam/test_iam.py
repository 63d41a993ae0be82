"""IAM: malformed policies, boundaries, changes, access keys."""

from __future__ import annotations

import json
from typing import Any

import boto3

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, Setup, allow
from tests.lab.services.sts.test_irsa import refused


def test_iam_refuses_malformed_policies(lab: Lab) -> None:
    iam = boto3.client("iam")
    for document in ("{", json.dumps(allow("sts:AssumeRole")), '{"Version": "2012-10-17"}'):
        assert refused(
            lambda text=document: iam.create_role(RoleName="x", AssumeRolePolicyDocument=text)
        )[:2] == ("MalformedPolicyDocument", 400)


def test_a_permissions_boundary_limits(setup: Setup, bucket: str) -> None:
    boundary = setup.iam.create_policy(
        PolicyName="limit", PolicyDocument=json.dumps(allow("s3:ListBucket"))
    )["Policy"]["Arn"]
    setup.create_provider()
    setup.create_role(setup.irsa_trust(), allow("s3:*"), PermissionsBoundary=boundary)
    with setup.deploy(setup.annotated()).inside():
        s3 = boto3.client("s3")
        s3.list_objects_v2(Bucket=bucket)
        code, _, message = refused(lambda: s3.get_object(Bucket=bucket, Key="in/1"))
    assert code == "AccessDenied"
    assert message.endswith("because no permissions boundary allows the s3:GetObject action")


def test_a_policy_that_changes_takes_effect(setup: Setup, bucket: str) -> None:
    pod = setup.irsa_pod()
    with pod.inside():
        s3 = boto3.client("s3")
        assert refused(lambda: s3.get_object(Bucket=bucket, Key="in/1"))[0] == "AccessDenied"
        managed = setup.iam.create_policy(
            PolicyName="read", PolicyDocument=json.dumps(allow("s3:GetObject"))
        )["Policy"]["Arn"]
        setup.iam.attach_role_policy(RoleName="orders-api", PolicyArn=managed)
        s3.get_object(Bucket=bucket, Key="in/1")
        setup.iam.detach_role_policy(RoleName="orders-api", PolicyArn=managed)
        assert refused(lambda: s3.get_object(Bucket=bucket, Key="in/1"))[0] == "AccessDenied"


def test_access_keys_can_be_switched_off_and_deleted(lab: Lab) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    bob = boto3.client(
        "sts",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    assert bob.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/bob"
    name = {"UserName": "bob", "AccessKeyId": key["AccessKeyId"]}
    iam.update_access_key(**name, Status="Inactive")
    assert refused(bob.get_caller_identity)[:2] == ("InvalidClientTokenId", 403)
    iam.update_access_key(**name, Status="Active")
    bob.get_caller_identity()
    iam.delete_access_key(**name)
    assert refused(bob.get_caller_identity)[:2] == ("InvalidClientTokenId", 403)


def test_a_key_says_when_and_where_it_was_last_used(lab: Lab) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]

    def last_used() -> dict[str, Any]:
        return dict(
            iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
        )

    assert last_used() == {"Region": "N/A", "ServiceName": "N/A"}
    boto3.client(
        "sts",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    ).get_caller_identity()
    assert last_used() == {
        "Region": "us-west-2",
        "ServiceName": "sts",
        "LastUsedDate": lab.clock.now(),
    }
