"""S3, Secrets Manager and IAM calls, decided by identity and resource policies."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
import pytest
from werkzeug.test import Client

from podrole.lab import Lab

from .conftest import ACCOUNT, OTHER_ACCOUNT, ROLE_ARN, Setup, allow
from .test_irsa import refused


@pytest.fixture
def bucket(lab: Lab) -> str:
    s3 = boto3.client("s3")
    s3.create_bucket(
        Bucket="orders-data", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    s3.put_object(Bucket="orders-data", Key="in/1", Body=b"one")
    return "orders-data"


def put_policy(bucket: str, document: dict[str, Any], s3: Any = None) -> None:
    (s3 or boto3.client("s3")).put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))


def test_an_identity_policy_decides_by_action_and_resource(setup: Setup, bucket: str) -> None:
    pod = setup.irsa_pod(allow("s3:GetObject", "arn:aws:s3:::orders-data/in/*"))
    with pod.inside():
        s3 = boto3.client("s3")
        assert s3.get_object(Bucket=bucket, Key="in/1")["Body"].read() == b"one"
        arn = boto3.client("sts").get_caller_identity()["Arn"]
        assert refused(lambda: s3.put_object(Bucket=bucket, Key="in/2", Body=b"")) == (
            "AccessDenied",
            403,
            f"User: {arn} is not authorized to perform: s3:PutObject on resource:"
            f' "arn:aws:s3:::orders-data/in/2" because no identity-based policy allows the'
            " s3:PutObject action",
        )
        # Without s3:ListBucket a missing key looks like a forbidden one.
        assert refused(lambda: s3.get_object(Bucket=bucket, Key="in/none"))[:2] == (
            "AccessDenied",
            403,
        )


def test_get_object_on_the_bucket_arn_grants_nothing(setup: Setup, bucket: str) -> None:
    pod = setup.irsa_pod(allow("s3:GetObject", "arn:aws:s3:::orders-data"))
    with pod.inside():
        s3 = boto3.client("s3")
        assert refused(lambda: s3.get_object(Bucket=bucket, Key="in/1"))[0] == "AccessDenied"


def test_conditions_on_the_call(setup: Setup, bucket: str) -> None:
    pod = setup.irsa_pod(allow("s3:ListBucket", Condition={"StringLike": {"s3:prefix": "in/*"}}))
    with pod.inside():
        s3 = boto3.client("s3")
        s3.list_objects_v2(Bucket=bucket, Prefix="in/")
        assert refused(lambda: s3.list_objects_v2(Bucket=bucket))[0] == "AccessDenied"


def test_a_bucket_policy_can_grant_and_deny(setup: Setup, bucket: str) -> None:
    pod = setup.irsa_pod()
    grant = {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE_ARN},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    put_policy(bucket, {"Version": "2012-10-17", "Statement": [grant]})
    with pod.inside():
        s3 = boto3.client("s3")
        assert s3.get_object(Bucket=bucket, Key="in/1")["Body"].read() == b"one"
    deny = {**grant, "Effect": "Deny", "Principal": "*"}
    deny["Condition"] = {"ArnNotEquals": {"aws:PrincipalArn": ROLE_ARN}}
    put_policy(bucket, {"Version": "2012-10-17", "Statement": [grant, deny]})
    with pod.inside():
        boto3.client("s3").get_object(Bucket=bucket, Key="in/1")
    code, _, message = refused(lambda: boto3.client("s3").get_object(Bucket=bucket, Key="in/1"))
    assert code == "AccessDenied"
    assert message.endswith("with an explicit deny in a resource-based policy")


def test_another_accounts_bucket_needs_both_sides(setup: Setup, lab: Lab) -> None:
    theirs = lab.session(OTHER_ACCOUNT).client("s3")
    theirs.create_bucket(
        Bucket="shared-data", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    theirs.put_object(Bucket="shared-data", Key="k", Body=b"theirs")
    pod = setup.irsa_pod(allow("s3:GetObject"))

    def read() -> Any:
        with pod.inside():
            return boto3.client("s3").get_object(Bucket="shared-data", Key="k")["Body"].read()

    assert refused(read)[0] == "AccessDenied"
    grant = {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE_ARN},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::shared-data/*",
    }
    put_policy("shared-data", {"Version": "2012-10-17", "Statement": [grant]}, theirs)
    assert read() == b"theirs"
    setup.iam.delete_role_policy(RoleName="orders-api", PolicyName="p0")
    assert refused(read)[0] == "AccessDenied"


def test_bucket_policies_are_kept_and_checked(bucket: str) -> None:
    s3 = boto3.client("s3")
    assert refused(lambda: s3.get_bucket_policy(Bucket=bucket))[:2] == ("NoSuchBucketPolicy", 404)
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
        ],
    }
    put_policy(bucket, document)
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == document
    s3.delete_bucket_policy(Bucket=bucket)
    assert refused(lambda: s3.get_bucket_policy(Bucket=bucket))[0] == "NoSuchBucketPolicy"
    assert refused(lambda: put_policy(bucket, {"Version": "2012-10-17"}))[0] == "MalformedPolicy"


def test_deleting_many_objects_is_decided_for_each(setup: Setup, bucket: str) -> None:
    pod = setup.irsa_pod(allow("s3:DeleteObject", "arn:aws:s3:::orders-data/out/*"))
    with pod.inside():
        s3 = boto3.client("s3")
        keys = [{"Key": "out/1"}, {"Key": "in/1"}]
        assert refused(lambda: s3.delete_objects(Bucket=bucket, Delete={"Objects": keys}))[0] == (
            "AccessDenied"
        )
    assert boto3.client("s3").get_object(Bucket=bucket, Key="in/1")["Body"].read() == b"one"


def test_copying_needs_the_source_too(setup: Setup, bucket: str) -> None:
    pod = setup.irsa_pod(allow("s3:PutObject"))
    with pod.inside():
        s3 = boto3.client("s3")
        source = {"Bucket": bucket, "Key": "in/1"}
        code, _, message = refused(
            lambda: s3.copy_object(Bucket=bucket, Key="out/1", CopySource=source)
        )
    assert code == "AccessDenied"
    assert "s3:GetObject" in message


def test_an_unsigned_request_is_nobodys(bucket: str) -> None:
    from botocore import UNSIGNED
    from botocore.config import Config

    nobody = boto3.client("s3", config=Config(signature_version=UNSIGNED))
    assert refused(lambda: nobody.get_object(Bucket=bucket, Key="in/1"))[:2] == (
        "AccessDenied",
        403,
    )


def test_calls_that_the_lab_does_not_carry_say_so(bucket: str) -> None:
    for call in (
        lambda: boto3.client("s3").get_bucket_accelerate_configuration(Bucket=bucket),
        lambda: boto3.client("sqs").list_queues(),
        lambda: boto3.client("dynamodb").list_tables(),
        lambda: boto3.client("ec2").describe_instances(),
        lambda: boto3.client("eks").describe_addon_versions(),
        lambda: boto3.client("sts").decode_authorization_message(EncodedMessage="x"),
        lambda: boto3.client("iam").simulate_custom_policy(
            PolicyInputList=["{}"], ActionNames=["a:b"]
        ),
        lambda: boto3.client("lambda").list_functions(),
        lambda: boto3.client("cloudwatch").list_metrics(),  # CBOR
        lambda: boto3.client("cloudtrail").list_trails(),
        lambda: boto3.client("route53").list_hosted_zones(),  # XML, one global endpoint
        lambda: boto3.client("mq").describe_broker_engine_types(),
    ):
        code, status, message = refused(call)
        assert (code, status) == ("NotImplemented", 501)
        assert message.startswith("the lab does not carry ")


def test_moto_api_cannot_be_reached(lab: Lab) -> None:
    """A bucket of that name would be moto's own control interface."""
    client = Client(lab.gateway)
    assert client.post("/moto-api/reset").status_code in (403, 501)
    assert boto3.client("sts").get_caller_identity()["Account"] == ACCOUNT


def signed(service: str, **headers: str) -> dict[str, str]:
    """Headers of a request by the operator."""
    credential = f"Credential={os.environ['AWS_ACCESS_KEY_ID']}/20260115/us-west-2/{service}"
    return {
        "Host": f"{service}.us-west-2.amazonaws.com",
        "Authorization": f"AWS4-HMAC-SHA256 {credential}/aws4_request, Signature=0",
        "X-Amz-Security-Token": os.environ["AWS_SESSION_TOKEN"],
        **headers,
    }


def test_what_is_decided_is_what_is_carried_out(lab: Lab) -> None:
    """moto reads `Action` from the query first, and the first of two parameters."""
    iam, secrets = boto3.client("iam"), boto3.client("secretsmanager")
    iam.create_user(UserName="bob")
    secrets.create_secret(Name="db", SecretString="x")
    client = Client(lab.gateway)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for path, body in (
        ("/", "Action=DeleteUser&UserName=bob&Action=GetUser&Version=2010-05-08"),
        ("/?Action=DeleteUser&UserName=bob", "Action=GetUser&UserName=bob&Version=2010-05-08"),
    ):
        answer = client.post(path, data=body, headers=signed("iam", **form))
        assert answer.status_code == 200
        assert b"GetUserResponse" in answer.data
    target = {"X-Amz-Target": "secretsmanager.DescribeSecret"}
    answer = client.post(
        "/?Action=DeleteSecret",
        data='{"SecretId": "db"}',
        headers=signed("secretsmanager", **target),
    )
    assert answer.status_code == 200
    assert "DeletedDate" not in secrets.describe_secret(SecretId="db")
    iam.get_user(UserName="bob")


def test_a_query_parameter_that_stands_twice_is_refused(lab: Lab, bucket: str) -> None:
    answer = Client(lab.gateway).get(f"/{bucket}?prefix=in/&prefix=secret/", headers=signed("s3"))
    assert answer.status_code == 400


def test_a_client_cannot_choose_motos_account(lab: Lab, bucket: str) -> None:
    headers = signed("iam", **{"X-Moto-Account-Id": OTHER_ACCOUNT})
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    body = "Action=GetRole&RoleName=platform-admin&Version=2010-05-08"
    answer = Client(lab.gateway).post("/", data=body, headers=headers)
    assert f"arn:aws:iam::{ACCOUNT}:role/platform-admin" in answer.text


# -- Secrets Manager -----------------------------------------------------------------------


@pytest.fixture
def secret(lab: Lab) -> str:
    answer = boto3.client("secretsmanager").create_secret(
        Name="orders/db", SecretString="s3cret", Tags=[{"Key": "namespace", "Value": "orders"}]
    )
    return str(answer["ARN"])


def test_a_secret_is_decided_by_its_full_arn(setup: Setup, secret: str) -> None:
    pod = setup.irsa_pod(
        allow(
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:orders/db-??????",
        )
    )
    with pod.inside():
        client = boto3.client("secretsmanager")
        assert client.get_secret_value(SecretId="orders/db")["SecretString"] == "s3cret"
        code, status, message = refused(
            lambda: client.put_secret_value(SecretId="orders/db", SecretString="x")
        )
    assert (code, status) == ("AccessDeniedException", 400)
    assert message.endswith(
        "is not authorized to perform: secretsmanager:PutSecretValue on resource: orders/db"
        " because no identity-based policy allows the secretsmanager:PutSecretValue action"
    )


def test_a_secrets_tags_are_condition_keys(setup: Setup, secret: str) -> None:
    pod = setup.irsa_pod(
        allow(
            "secretsmanager:GetSecretValue",
            Condition={"StringEquals": {"aws:ResourceTag/namespace": "payroll"}},
        )
    )
    with pod.inside():
        client = boto3.client("secretsmanager")
        assert refused(lambda: client.get_secret_value(SecretId="orders/db"))[0] == (
            "AccessDeniedException"
        )


def test_a_secret_of_another_account_needs_both_sides(setup: Setup, lab: Lab) -> None:
    theirs = lab.session(OTHER_ACCOUNT).client("secretsmanager")
    arn = theirs.create_secret(Name="shared", SecretString="theirs")["ARN"]
    pod = setup.irsa_pod(allow("secretsmanager:GetSecretValue"))

    def read() -> Any:
        with pod.inside():
            return boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]

    assert refused(read)[0] == "AccessDeniedException"
    grant = {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE_ARN},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    theirs.put_resource_policy(
        SecretId=arn,
        ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [grant]}),
    )
    assert read() == "theirs"


def test_a_malformed_secret_policy_is_refused(secret: str) -> None:
    client = boto3.client("secretsmanager")
    assert refused(lambda: client.put_resource_policy(SecretId="orders/db", ResourcePolicy="{}"))[
        :2
    ] == ("MalformedPolicyDocumentException", 400)
    client.get_secret_value(SecretId="orders/db")


def test_what_moto_stumbles_over_is_an_error_and_no_traceback(lab: Lab) -> None:
    code, status, message = refused(lambda: boto3.client("eks").list_nodegroups(clusterName="x"))
    assert (code, status) == ("InternalFailure", 500)
    assert message.startswith("lab: moto failed at eks:ListNodegroups")


# -- IAM -----------------------------------------------------------------------------------


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
