"""What the drawn requests find in a lab: something of every kind, called `orders`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.lab.fuzz.aws_requests import ACCOUNT, AwsRequests
from tests.lab.fuzz.wsgi_request import ask

_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
    }
)
_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"},
            {
                "Effect": "Allow",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            },
        ],
    }
)
_CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("iam", "CreateRole", {"RoleName": "orders", "AssumeRolePolicyDocument": _TRUST}),
    ("iam", "CreateUser", {"UserName": "orders"}),
    ("iam", "CreateGroup", {"GroupName": "orders"}),
    ("iam", "CreatePolicy", {"PolicyName": "orders", "PolicyDocument": _POLICY}),
    (
        "s3",
        "CreateBucket",
        {
            "Bucket": "orders",
            "CreateBucketConfiguration": {"LocationConstraint": "us-west-2"},
        },
    ),
    ("s3", "PutObject", {"Bucket": "orders", "Key": "orders"}),
    ("sqs", "CreateQueue", {"QueueName": "orders"}),
    ("sns", "CreateTopic", {"Name": "orders"}),
    ("ecr", "CreateRepository", {"repositoryName": "orders"}),
    ("ssm", "PutParameter", {"Name": "orders", "Value": "x", "Type": "SecureString"}),
    ("secretsmanager", "CreateSecret", {"Name": "orders", "SecretString": "x"}),
    (
        "dynamodb",
        "CreateTable",
        {
            "TableName": "orders",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    ),
    ("eks", "CreateAddon", {"clusterName": "demo", "addonName": "eks-pod-identity-agent"}),
    (
        "eks",
        "CreatePodIdentityAssociation",
        {
            "clusterName": "demo",
            "namespace": "default",
            "serviceAccount": "default",
            "roleArn": f"arn:aws:iam::{ACCOUNT}:role/orders",
            "clientRequestToken": "orders",
        },
    ),
    ("organizations", "CreateOrganization", {}),
)


def furnish(app: Callable[..., Any], requests: AwsRequests) -> None:
    """Make it, as far as it is not there."""
    for service, name, given in _CALLS:
        ask(app, requests.call(service, name, given))
    made = ask(app, requests.call("kms", "CreateKey", {}))
    assert made is not None
    key = json.loads(made.body)["KeyMetadata"]["KeyId"]
    alias = {"AliasName": "alias/orders", "TargetKeyId": key}
    ask(app, requests.call("kms", "CreateAlias", alias))
