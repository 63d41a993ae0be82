"""Calls that need several actions: each of them, or the refusal names the one that is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, Setup, allow
from tests.lab.services.sts.test_irsa import refused

HERE = f"us-west-2:{ACCOUNT}"
BUCKET, OBJECT = "arn:aws:s3:::orders-data", "arn:aws:s3:::orders-data/in/1"
TAGS = [{"Key": "a", "Value": "b"}]
Needs = list[tuple[str, str]]
#: Service, call, and what it needs: action and resource. {old} and {new} are keys of KMS.
CASES: list[tuple[str, Callable[[Any, dict[str, str]], Any], Needs]] = [
    (
        "s3",
        lambda s3, _: s3.copy_object(
            Bucket="orders-data", Key="out/1", CopySource="orders-data/in/1"
        ),
        [("s3:GetObject", OBJECT), ("s3:PutObject", f"{BUCKET}/out/1")],
    ),
    (
        "s3",
        lambda s3, _: s3.put_object(Bucket="orders-data", Key="k", Body=b"", Tagging="a=b"),
        [("s3:PutObject", f"{BUCKET}/k"), ("s3:PutObjectTagging", f"{BUCKET}/k")],
    ),
    (
        "s3",
        lambda s3, _: s3.delete_object(
            Bucket="orders-data", Key="in/1", BypassGovernanceRetention=True
        ),
        [("s3:DeleteObject", OBJECT), ("s3:BypassGovernanceRetention", OBJECT)],
    ),
    (
        "s3",
        lambda s3, _: s3.get_object_attributes(
            Bucket="orders-data", Key="in/1", ObjectAttributes=["ETag"]
        ),
        [("s3:GetObject", OBJECT), ("s3:GetObjectAttributes", OBJECT)],
    ),
    (
        "ssm",
        lambda ssm, _: ssm.put_parameter(Name="/x", Value="v", Type="String", Tags=TAGS),
        [
            ("ssm:PutParameter", f"arn:aws:ssm:{HERE}:parameter/x"),
            ("ssm:AddTagsToResource", f"arn:aws:ssm:{HERE}:parameter/x"),
        ],
    ),
    (
        "sqs",
        lambda sqs, _: sqs.create_queue(QueueName="x", tags={"a": "b"}),
        [("sqs:CreateQueue", f"arn:aws:sqs:{HERE}:x"), ("sqs:TagQueue", f"arn:aws:sqs:{HERE}:x")],
    ),
    (
        "sns",
        lambda sns, _: sns.create_topic(Name="x", Tags=TAGS),
        [
            ("sns:CreateTopic", f"arn:aws:sns:{HERE}:x"),
            ("sns:TagResource", f"arn:aws:sns:{HERE}:x"),
        ],
    ),
    (
        "ecr",
        lambda ecr, _: ecr.create_repository(repositoryName="orders", tags=TAGS),
        [
            ("ecr:CreateRepository", f"arn:aws:ecr:{HERE}:repository/orders"),
            ("ecr:TagResource", f"arn:aws:ecr:{HERE}:repository/orders"),
        ],
    ),
    (
        "dynamodb",
        lambda db, _: db.create_table(
            TableName="x",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=TAGS,
        ),
        [
            ("dynamodb:CreateTable", f"arn:aws:dynamodb:{HERE}:table/x"),
            ("dynamodb:TagResource", f"arn:aws:dynamodb:{HERE}:table/x"),
        ],
    ),
    (
        "secretsmanager",
        lambda secrets, _: secrets.create_secret(Name="x", SecretString="v", Tags=TAGS),
        [
            ("secretsmanager:CreateSecret", f"arn:aws:secretsmanager:{HERE}:secret:x-??????"),
            ("secretsmanager:TagResource", f"arn:aws:secretsmanager:{HERE}:secret:x-??????"),
        ],
    ),
    (
        "kms",
        lambda kms, _: kms.create_key(Tags=[{"TagKey": "a", "TagValue": "b"}]),
        [("kms:CreateKey", "*"), ("kms:TagResource", f"arn:aws:kms:{HERE}:key/*")],
    ),
    (
        "kms",
        lambda kms, keys: kms.update_alias(AliasName="alias/x", TargetKeyId=keys["new"]),
        [
            ("kms:UpdateAlias", f"arn:aws:kms:{HERE}:alias/x"),
            ("kms:UpdateAlias", "{old}"),
            ("kms:UpdateAlias", "{new}"),
        ],
    ),
    (
        "kms",
        lambda kms, _: kms.delete_alias(AliasName="alias/x"),
        [("kms:DeleteAlias", f"arn:aws:kms:{HERE}:alias/x"), ("kms:DeleteAlias", "{old}")],
    ),
]


@pytest.mark.parametrize(
    ("service", "call", "needs"), CASES, ids=[case[2][-1][0] + str(len(case[2])) for case in CASES]
)
def test_each_action_is_needed(
    setup: Setup, lab: Lab, bucket: str, service: str, call: Any, needs: Needs
) -> None:
    kms = boto3.client("kms")
    keys = {name: kms.create_key()["KeyMetadata"]["Arn"] for name in ("old", "new")}
    kms.create_alias(AliasName="alias/x", TargetKeyId=keys["old"])
    statements = [
        allow(action, resource.format(**keys))["Statement"][0] for action, resource in needs
    ]
    pod = setup.irsa_pod()

    def with_statements(chosen: list[Any]) -> Any:
        document = {"Version": "2012-10-17", "Statement": chosen}
        setup.iam.put_role_policy(
            RoleName="orders-api", PolicyName="p", PolicyDocument=json.dumps(document)
        )
        with pod.inside():
            return call(boto3.client(service), keys)

    for missing, statement in enumerate(statements):
        others = statements[:missing] + statements[missing + 1 :]
        message = refused(lambda chosen=others: with_statements(chosen))[2]
        assert statement["Action"].partition(":")[2].lower() in message.lower()
        if "?" not in statement["Resource"] and "*" not in statement["Resource"]:
            assert statement["Resource"] in message
    with_statements(statements)
