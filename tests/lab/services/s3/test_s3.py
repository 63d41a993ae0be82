"""S3 calls, decided by identity and bucket policies; and what the gateway lets through at all."""

from __future__ import annotations

import json
from typing import Any

import boto3
from werkzeug.test import Client

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, ROLE_ARN, Setup, allow
from tests.lab.services.sts.test_irsa import refused
from tests.lab.signing import send


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


def test_a_refusal_quotes_a_key_that_no_xml_can_hold(bucket: str) -> None:
    """Any client can read it: with a NUL in its XML, botocore's parser gives up."""
    s3 = boto3.client("s3")
    assert refused(lambda: s3.get_object(Bucket=bucket, Key="in/\0"))[:2] == ("NoSuchKey", 404)


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
        lambda: boto3.client("kinesis").list_streams(),
        lambda: boto3.client("dynamodb").list_global_tables(),
        lambda: boto3.client("dynamodbstreams").list_streams(),  # signed as dynamodb
        lambda: boto3.client("sqs").list_message_move_tasks(SourceArn="x"),
        lambda: boto3.client("ec2").describe_instances(),
        lambda: boto3.client("eks").describe_cluster_versions(),
        lambda: boto3.client("sts").assume_root(
            TargetPrincipal="444455556666",
            TaskPolicyArn={"arn": "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"},
        ),
        lambda: boto3.client("iam").list_policies_granting_service_access(
            Arn="arn:aws:iam::111122223333:role/platform-admin", ServiceNamespaces=["s3"]
        ),
        lambda: boto3.client("lambda").list_functions(),
        lambda: boto3.client("cloudwatch").list_metrics(),  # CBOR
        lambda: boto3.client("cloudtrail").list_event_data_stores(),
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


def test_what_is_decided_is_what_is_carried_out(lab: Lab) -> None:
    """moto reads `Action` from the query first, and the first of two parameters."""
    iam, secrets = boto3.client("iam"), boto3.client("secretsmanager")
    iam.create_user(UserName="bob")
    secrets.create_secret(Name="db", SecretString="x")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for path, body in (
        ("/", "Action=DeleteUser&UserName=bob&Action=GetUser&Version=2010-05-08"),
        ("/?Action=DeleteUser&UserName=bob", "Action=GetUser&UserName=bob&Version=2010-05-08"),
    ):
        answer = send(lab, "iam", "POST", path, body, **form)
        assert answer.status_code == 200
        assert b"GetUserResponse" in answer.data
    target = {"X-Amz-Target": "secretsmanager.DescribeSecret"}
    answer = send(
        lab, "secretsmanager", "POST", "/?Action=DeleteSecret", '{"SecretId": "db"}', **target
    )
    assert answer.status_code == 200
    assert "DeletedDate" not in secrets.describe_secret(SecretId="db")
    iam.get_user(UserName="bob")


def test_a_query_parameter_that_stands_twice_is_refused(lab: Lab, bucket: str) -> None:
    answer = send(lab, "s3", "GET", f"/{bucket}?prefix=in/&prefix=secret/")
    assert answer.status_code == 400


def test_a_client_cannot_choose_motos_account(lab: Lab, bucket: str) -> None:
    body = "Action=GetRole&RoleName=platform-admin&Version=2010-05-08"
    headers = {
        "X-Moto-Account-Id": OTHER_ACCOUNT,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer = send(lab, "iam", "POST", "/", body, **headers)
    assert f"arn:aws:iam::{ACCOUNT}:role/platform-admin" in answer.text
