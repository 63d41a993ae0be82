"""What an operation costs among 100, 1,000 and 10,000 objects of its kind: the last two as times
of the first. `GROWTH_MOST=1000` stops earlier.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3

from podrole.lab import Lab

SIZES = [
    size for size in (100, 1000, 10_000) if size <= int(os.environ.get("GROWTH_MOST", "10000"))
]
ROUNDS = 25
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            }
        ],
    }
)
Act = Callable[[int], Any]


@dataclass(frozen=True)
class Kind:
    """Objects of a kind: how number N is made, and what is then measured."""

    name: str
    make: Act
    acts: dict[str, Act]


def kinds(lab: Lab) -> Iterator[Kind]:
    """The kinds, made one after the other in one lab."""
    iam, s3, sqs = (boto3.client(name) for name in ("iam", "s3", "sqs"))
    dynamodb, secrets, ssm = (boto3.client(name) for name in ("dynamodb", "secretsmanager", "ssm"))
    eks, trail = boto3.client("eks"), boto3.client("cloudtrail")
    kubernetes = lab.kubernetes()

    def role(number: int) -> Any:
        return iam.create_role(RoleName=f"r{number}", AssumeRolePolicyDocument=TRUST)

    yield Kind(
        "IAM roles",
        role,
        {
            "CreateRole": role,
            "GetRole": lambda n: iam.get_role(RoleName=f"r{n}"),
            "PutRolePolicy": lambda n: iam.put_role_policy(
                RoleName=f"r{n}", PolicyName="p", PolicyDocument=json.dumps(_POLICY)
            ),
            "ListRoles, a page of 50": lambda _n: iam.list_roles(MaxItems=50),
        },
    )
    where = {"LocationConstraint": "us-west-2"}
    s3.create_bucket(Bucket="growth", CreateBucketConfiguration=where)

    def put(number: int) -> Any:
        return s3.put_object(Bucket="growth", Key=f"k{number:06}", Body=b"x")

    yield Kind(
        "S3 objects",
        put,
        {
            "PutObject": put,
            "GetObject": lambda n: s3.get_object(Bucket="growth", Key=f"k{n:06}"),
            "ListObjectsV2, a page of 50": lambda _n: s3.list_objects_v2(
                Bucket="growth", MaxKeys=50
            ),
        },
    )
    url = sqs.create_queue(QueueName="q")["QueueUrl"]

    def send(_number: int) -> Any:
        return sqs.send_message(QueueUrl=url, MessageBody="x")

    yield Kind(
        "SQS messages",
        send,
        {"SendMessage": send, "ReceiveMessage": lambda _n: sqs.receive_message(QueueUrl=url)},
    )
    dynamodb.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def put_item(number: int) -> Any:
        return dynamodb.put_item(TableName="t", Item={"id": {"S": str(number)}})

    yield Kind(
        "DynamoDB items",
        put_item,
        {
            "PutItem": put_item,
            "GetItem": lambda n: dynamodb.get_item(TableName="t", Key={"id": {"S": str(n)}}),
        },
    )

    def secret(number: int) -> Any:
        return secrets.create_secret(Name=f"s{number}", SecretString="x")

    yield Kind(
        "secrets",
        secret,
        {
            "CreateSecret": secret,
            "GetSecretValue": lambda n: secrets.get_secret_value(SecretId=f"s{n}"),
        },
    )

    def parameter(number: int) -> Any:
        return ssm.put_parameter(Name=f"/p/{number}", Value="x", Type="String")

    yield Kind(
        "SSM parameters",
        parameter,
        {"PutParameter": parameter, "GetParameter": lambda n: ssm.get_parameter(Name=f"/p/{n}")},
    )

    def account(number: int) -> Any:
        meta = {"name": f"a{number}", "namespace": "default"}
        return kubernetes.apply({"kind": "ServiceAccount", "metadata": meta})

    yield Kind(
        "service accounts",
        account,
        {
            "create": account,
            "TokenRequest": lambda n: kubernetes.create_token(f"a{n}", "default"),
        },
    )
    arn = f"arn:aws:iam::{lab.accounts[0]}:role/r1"

    def associate(number: int) -> Any:
        return eks.create_pod_identity_association(
            clusterName="demo", namespace="default", serviceAccount=f"a{number}", roleArn=arn
        )

    yield Kind(
        "associations",
        associate,
        {
            "CreatePodIdentityAssociation": associate,
            "ListPodIdentityAssociations, a page of 50": lambda _n: (
                eks.list_pod_identity_associations(clusterName="demo", maxResults=50)
            ),
        },
    )
    yield Kind(
        "records of the trail",
        lambda n: iam.get_role(RoleName=f"r{n % 100 + 1}"),
        {"LookupEvents, a page of 50": lambda _n: trail.lookup_events(MaxResults=50)},
    )


_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}


def seconds(act: Act, numbers: range) -> float:
    """The median, over objects of these numbers."""
    found = []
    for number in numbers:
        started = time.perf_counter()
        act(number)
        found.append(time.perf_counter() - started)
    return statistics.median(found)


def main() -> None:
    """Print the figures."""
    print(f"{datetime.now(UTC):%Y-%m-%d}  " + "".join(f"{size:>12,}" for size in SIZES))
    worst = 0.0
    with Lab.start() as lab:
        for kind in kinds(lab):
            made = 0
            measured: dict[str, list[float]] = {name: [] for name in kind.acts}
            for size in SIZES:
                while made < size:
                    made += 1
                    kind.make(made)
                for name, act in kind.acts.items():
                    before = made if act is kind.make else 0
                    numbers = range(before + 1, before + ROUNDS + 1)
                    measured[name].append(seconds(act, numbers))
                    made = max(made, numbers[-1])
            for name, found in measured.items():
                first, *more = found
                ratios = [one / first for one in more]
                worst = max([worst, *ratios])
                shown = "".join(f"{ratio:>10.2f} x" for ratio in ratios)
                print(f"{kind.name}: {name:45}{first * 1000:8.2f} ms{shown}", flush=True)
    print(
        f"the most that an operation costs, as times of what it costs among {SIZES[0]}: {worst:.2f}"
    )


if __name__ == "__main__":
    main()
