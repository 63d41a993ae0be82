"""Customers' keys that S3, Secrets Manager, SSM, SQS and SNS use for their callers."""

from __future__ import annotations

import json
from typing import Any

import boto3

from tests.lab.conftest import ACCOUNT, Setup, allow
from tests.lab.services.sts.test_irsa import refused

CIPHERTEXT_MESSAGE = (
    "The ciphertext refers to a customer master key that does not exist, does not exist"
    " in this region, or you are not allowed to access."
)


def via(service: str, context: dict[str, str], action: Any = "kms:Decrypt") -> dict[str, Any]:
    """A policy on keys that is of use through one service and for one resource only."""
    conditions = {"kms:ViaService": f"{service}.us-west-2.amazonaws.com"}
    conditions |= {f"kms:EncryptionContext:{name}": value for name, value in context.items()}
    return allow(action, Condition={"StringEquals": conditions})


def test_an_object_under_a_customers_key(setup: Setup, key: str, bucket: str) -> None:
    s3 = boto3.client("s3")
    arn = f"arn:aws:s3:::{bucket}/sealed"
    s3.put_object(
        Bucket=bucket,
        Key="sealed",
        Body=b"x",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId="alias/orders",
    )
    assert s3.head_object(Bucket=bucket, Key="sealed")["SSEKMSKeyId"] == key
    pod = setup.irsa_pod(allow("s3:*"))

    def read() -> Any:
        with pod.inside():
            return boto3.client("s3").get_object(Bucket=bucket, Key="sealed")["Body"].read()

    code, status, message = refused(read)
    assert (code, status) == ("AccessDenied", 403)
    assert f"kms:Decrypt on resource: {key} because no identity-based policy" in message
    with pod.inside():
        boto3.client("s3").get_object(Bucket=bucket, Key="in/1")
    document = via("s3", {"aws:s3:arn": arn})
    setup.iam.put_role_policy(
        RoleName="orders-api", PolicyName="kms", PolicyDocument=json.dumps(document)
    )
    assert read() == b"x"
    with pod.inside():
        s3 = boto3.client("s3")
        written = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
        message = refused(lambda: s3.put_object(Bucket=bucket, Key="new", Body=b"", **written))[2]
        assert "kms:GenerateDataKey" in message
        source = {"Bucket": bucket, "Key": "sealed"}
        s3.copy_object(Bucket=bucket, Key="open", CopySource=source)
        # What only S3 may decrypt, its reader may not.
        ciphertext = boto3.client("kms")
        assert refused(lambda: ciphertext.describe_key(KeyId=key))[0] == "AccessDeniedException"


def test_a_buckets_default_key(setup: Setup, key: str, bucket: str) -> None:
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
        "BucketKeyEnabled": True,
    }
    boto3.client("s3").put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    pod = setup.irsa_pod(allow("s3:*"))
    with pod.inside():
        s3 = boto3.client("s3")
        message = refused(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"x"))[2]
        assert "kms:GenerateDataKey" in message
    # With a bucket key the context is the bucket's ARN.
    document = via("s3", {"aws:s3:arn": f"arn:aws:s3:::{bucket}"}, "kms:GenerateDataKey")
    setup.iam.put_role_policy(
        RoleName="orders-api", PolicyName="kms", PolicyDocument=json.dumps(document)
    )
    with pod.inside():
        boto3.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")


def test_a_secret_under_a_customers_key(setup: Setup, key: str) -> None:
    secret = boto3.client("secretsmanager").create_secret(
        Name="db", SecretString="x", KmsKeyId="alias/orders"
    )
    pod = setup.irsa_pod(allow("secretsmanager:GetSecretValue"))

    def read() -> Any:
        with pod.inside():
            return boto3.client("secretsmanager").get_secret_value(SecretId="db")["SecretString"]

    assert refused(read) == ("AccessDeniedException", 400, "Access to KMS is not allowed")
    document = via(
        "secretsmanager", {"SecretARN": secret["ARN"], "SecretVersionId": secret["VersionId"]}
    )
    setup.iam.put_role_policy(
        RoleName="orders-api", PolicyName="kms", PolicyDocument=json.dumps(document)
    )
    assert read() == "x"


def test_a_secure_string_under_a_customers_key(setup: Setup, key: str) -> None:
    ssm = boto3.client("ssm")
    sealed = {"Value": "s3cret", "Type": "SecureString"}
    ssm.put_parameter(Name="/orders/db", KeyId=key, **sealed)
    ssm.put_parameter(Name="/orders/own", **sealed)  # under alias/aws/ssm
    pod = setup.irsa_pod(allow("ssm:Get*"))
    reads: list[Any] = [
        lambda ssm: ssm.get_parameter(Name="/orders/db", WithDecryption=True)["Parameter"],
        lambda ssm: ssm.get_parameters(Names=["/orders/db"], WithDecryption=True)["Parameters"][0],
        lambda ssm: ssm.get_parameters_by_path(Path="/orders", WithDecryption=True)["Parameters"][
            0
        ],
    ]
    with pod.inside():
        ssm = boto3.client("ssm")
        for read in reads:
            assert refused(lambda r=read: r(ssm)) == (
                "AccessDeniedException",
                400,
                CIPHERTEXT_MESSAGE,
            )
        assert "s3cret" not in ssm.get_parameter(Name="/orders/db")["Parameter"]["Value"]
        own = ssm.get_parameter(Name="/orders/own", WithDecryption=True)
        assert own["Parameter"]["Value"] == "s3cret"
    arn = f"arn:aws:ssm:us-west-2:{ACCOUNT}:parameter/orders/db"
    document = via("ssm", {"PARAMETER_ARN": arn})
    setup.iam.put_role_policy(
        RoleName="orders-api", PolicyName="kms", PolicyDocument=json.dumps(document)
    )
    with pod.inside():
        ssm = boto3.client("ssm")
        assert [read(ssm)["Value"] for read in reads] == ["s3cret"] * 3


def test_a_queue_and_a_topic_under_a_customers_key(setup: Setup, key: str) -> None:
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    url = sqs.create_queue(QueueName="orders", Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    topic = sns.create_topic(Name="orders", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    pod = setup.irsa_pod(allow(["sqs:*", "sns:*"]))

    def calls() -> list[Any]:
        sqs, sns = boto3.client("sqs"), boto3.client("sns")
        return [
            lambda: sqs.send_message(QueueUrl=url, MessageBody="x"),
            lambda: sqs.receive_message(QueueUrl=url),
            lambda: sns.publish(TopicArn=topic, Message="x"),
        ]

    with pod.inside():
        codes = [refused(call)[0] for call in calls()]
    assert codes == ["KMS.AccessDeniedException"] * 2 + ["KMSAccessDenied"]
    setup.iam.put_role_policy(
        RoleName="orders-api",
        PolicyName="kms",
        PolicyDocument=json.dumps(allow(["kms:GenerateDataKey", "kms:Decrypt"], key)),
    )
    with pod.inside():
        for call in calls():
            call()


def test_the_service_has_the_name_of_its_partition(setup: Setup) -> None:
    region = "cn-north-1"
    iam = setup.iam
    iam.create_user(UserName="bob")
    bob = iam.create_access_key(UserName="bob")["AccessKey"]

    def client(service: str, **more: Any) -> Any:
        host = f"https://{service}.{region}.amazonaws.com"  # the lab serves no other partition's
        return boto3.client(service, region_name=region, endpoint_url=host, **more)

    key = client("kms").create_key()["KeyMetadata"]["KeyId"]
    client("secretsmanager").create_secret(Name="db", SecretString="x", KmsKeyId=key)

    def read(end: str) -> Any:
        conditions = {"kms:ViaService": f"secretsmanager.{region}.{end}"}
        decrypts = allow("kms:Decrypt", Condition={"StringEquals": conditions})
        for name, document in (("kms", decrypts), ("read", allow("secretsmanager:GetSecretValue"))):
            iam.put_user_policy(
                UserName="bob", PolicyName=name, PolicyDocument=json.dumps(document)
            )
        keys = {
            "aws_access_key_id": bob["AccessKeyId"],
            "aws_secret_access_key": bob["SecretAccessKey"],
        }
        return client("secretsmanager", **keys).get_secret_value(SecretId="db")["SecretString"]

    assert read("amazonaws.com.cn") == "x"
    assert refused(lambda: read("amazonaws.com"))[2] == "Access to KMS is not allowed"
