"""The same seed gives the same ids, keys, tokens and times: notebook outputs compare exactly."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from podrole.lab import Lab
from tests.lab.conftest import POD_IDENTITY_TRUST, Setup, allow

ROOT = Path(__file__).parents[2]


def everything_handed_out(seed: int) -> str:
    with Lab.start(seed=seed) as lab:
        cluster = lab.kubernetes()
        cluster.apply({"kind": "Namespace", "metadata": {"name": "orders"}})
        setup = Setup(lab, cluster)
        s3 = boto3.client("s3")
        out: list[Any] = [
            s3.create_bucket(
                Bucket="orders-data",
                CreateBucketConfiguration={"LocationConstraint": "us-west-2"},
            ),
            s3.put_object(Bucket="orders-data", Key="k", Body=b"x"),
            s3.list_objects_v2(Bucket="orders-data"),
            boto3.client("secretsmanager").create_secret(Name="db", SecretString="x"),
            boto3.client("secretsmanager").describe_secret(SecretId="db"),
            setup.iam.create_user(UserName="bob"),
            setup.iam.create_access_key(UserName="bob"),
        ]
        for pod in (setup.irsa_pod(allow("s3:*")),):
            out += [pod.name, pod.uid, {k: read() for k, read in pod.files().items()}]
            with pod.inside():
                out.append(boto3.client("sts").get_caller_identity())
        setup.iam.update_assume_role_policy(
            RoleName="orders-api", PolicyDocument=json.dumps(POD_IDENTITY_TRUST)
        )
        out += [
            setup.iam.get_role(RoleName="orders-api"),
            setup.eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent"),
            setup.associate(),
            setup.eks.describe_cluster(name="demo"),
            boto3.client("cloudtrail").lookup_events(),
        ]
    return json.dumps(out, default=str)


def test_the_same_seed_the_same_lab() -> None:
    first = everything_handed_out(7)
    assert first == everything_handed_out(7)
    assert "2026-01-15" in first


def everything_of_the_data_services(seed: int) -> str:
    with Lab.start(seed=seed):
        db, kms, ssm, sqs, sns, ecr = (
            boto3.client(name) for name in ("dynamodb", "kms", "ssm", "sqs", "sns", "ecr")
        )
        key = kms.create_key(Tags=[{"TagKey": "team", "TagValue": "orders"}])
        key_id = key["KeyMetadata"]["KeyId"]
        url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        topic = sns.create_topic(Name="orders")["TopicArn"]
        queue = "arn:aws:sqs:us-west-2:111122223333:orders"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": {"digest": f"sha256:{'0' * 64}", "size": 2},
                "layers": [],
            }
        )
        out: list[Any] = [
            key,
            kms.encrypt(KeyId=key_id, Plaintext=b"x"),
            kms.generate_data_key(KeyId=key_id, KeySpec="AES_256"),
            kms.generate_random(NumberOfBytes=8),
            ssm.put_parameter(Name="/a/b", Value="x", Type="SecureString"),
            ssm.get_parameter(Name="/a/b"),
            sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue),
            sns.publish(TopicArn=topic, Message="x"),
            sqs.send_message(QueueUrl=url, MessageBody="x"),
            sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"]),
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]),
            db.create_table(
                TableName="orders",
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            ),
            db.put_item(TableName="orders", Item={"id": {"S": "1"}}),
            ecr.create_repository(repositoryName="orders"),
            ecr.put_image(repositoryName="orders", imageTag="1", imageManifest=manifest),
            ecr.describe_images(repositoryName="orders"),
            ecr.get_authorization_token(),
        ]
    return json.dumps(out, default=str)


def test_the_same_seed_the_same_data(lab_process: str) -> None:
    first = everything_of_the_data_services(7)
    assert first == everything_of_the_data_services(7)
    assert first == lab_process  # nor does it matter when moto's modules are imported
    assert "2026-01-15" in first


@pytest.fixture(scope="module")
def lab_process() -> str:
    """The same from another process, in which nothing has been imported before."""
    code = (
        "from tests.lab.test_determinism import everything_of_the_data_services as f; print(f(7))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout.strip()


def test_another_seed_another_lab() -> None:
    with Lab.start(seed=1) as lab:
        first = lab.kubernetes().issuer.url
    with Lab.start(seed=2) as lab:
        assert lab.kubernetes().issuer.url != first


def test_what_only_asks_does_not_shift_later_ids() -> None:
    def user_id(asks: bool) -> str:
        with Lab.start() as lab:
            iam = boto3.client("iam")
            if asks:
                iam.simulate_principal_policy(
                    PolicySourceArn=f"arn:aws:iam::{lab.accounts[0]}:role/platform-admin",
                    ActionNames=["s3:GetObject"],
                )
                with pytest.raises(iam.exceptions.NoSuchEntityException):
                    iam.attach_role_policy(
                        RoleName="platform-admin", PolicyArn="arn:aws:iam::aws:policy/None"
                    )
            return str(iam.create_user(UserName="bob")["User"]["UserId"])

    assert user_id(asks=True) == user_id(asks=False)
