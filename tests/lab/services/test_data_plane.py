"""Each data service by least privilege: the call that is meant works, its neighbours do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from tests.lab.conftest import ACCOUNT, Setup, allow
from tests.lab.services.sts.test_irsa import refused

HERE = f"us-west-2:{ACCOUNT}"
QUEUE_URL = f"https://sqs.us-west-2.amazonaws.com/{ACCOUNT}"
Calls = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Service:
    """What a pod may do, and what it may not."""

    name: str
    create: tuple[Calls, ...]
    action: str
    resource: str
    allowed: tuple[Calls, ...]
    denied: tuple[tuple[str, dict[str, Any], str], ...]  # the third: the end of the message
    code: str
    status: int


def table(name: str) -> Calls:
    return "create_table", {
        "TableName": name,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }


KEY = {"id": {"S": "1"}}
SERVICES = [
    Service(
        "sqs",
        (("create_queue", {"QueueName": "orders"}), ("create_queue", {"QueueName": "payroll"})),
        "sqs:SendMessage",
        f"arn:aws:sqs:{HERE}:orders",
        (
            ("send_message", {"QueueUrl": f"{QUEUE_URL}/orders", "MessageBody": "x"}),
            ("send_message", {"QueueUrl": "orders", "MessageBody": "x"}),  # SQS takes names too
            (
                "send_message_batch",
                {"QueueUrl": f"{QUEUE_URL}/orders", "Entries": [{"Id": "1", "MessageBody": "x"}]},
            ),
        ),
        (
            (
                "send_message",
                {"QueueUrl": f"{QUEUE_URL}/payroll", "MessageBody": "x"},
                f"sqs:sendmessage on resource: arn:aws:sqs:{HERE}:payroll"
                " because no identity-based policy allows the sqs:sendmessage action",
            ),
            ("receive_message", {"QueueUrl": f"{QUEUE_URL}/orders"}, "sqs:receivemessage action"),
            ("list_queues", {}, "sqs:listqueues action"),
        ),
        "AccessDenied",
        403,
    ),
    Service(
        "sns",
        (("create_topic", {"Name": "orders"}), ("create_topic", {"Name": "payroll"})),
        "sns:Publish",
        f"arn:aws:sns:{HERE}:orders",
        (
            ("publish", {"TopicArn": f"arn:aws:sns:{HERE}:orders", "Message": "x"}),
            ("publish", {"TargetArn": f"arn:aws:sns:{HERE}:orders", "Message": "x"}),
        ),
        (
            (
                "publish",
                {"TopicArn": f"arn:aws:sns:{HERE}:payroll", "Message": "x"},
                f"SNS:Publish on resource: arn:aws:sns:{HERE}:payroll"
                " because no identity-based policy allows the SNS:Publish action",
            ),
            (
                "publish",
                {"PhoneNumber": "+12065550101", "Message": "x"},
                "SNS:Publish on resource: +12065550101"
                " because no identity-based policy allows the SNS:Publish action",
            ),
            ("get_topic_attributes", {"TopicArn": f"arn:aws:sns:{HERE}:orders"}, "action"),
        ),
        "AuthorizationError",
        403,
    ),
    Service(
        "dynamodb",
        (table("orders"), table("payroll")),
        "dynamodb:GetItem",
        f"arn:aws:dynamodb:{HERE}:table/orders",
        (
            ("get_item", {"TableName": "orders", "Key": KEY}),
            ("get_item", {"TableName": f"arn:aws:dynamodb:{HERE}:table/orders", "Key": KEY}),
            (
                "transact_get_items",
                {"TransactItems": [{"Get": {"TableName": "orders", "Key": KEY}}]},
            ),
        ),
        (
            (
                "get_item",
                {"TableName": "payroll", "Key": KEY},
                f"dynamodb:GetItem on resource: arn:aws:dynamodb:{HERE}:table/payroll"
                " because no identity-based policy allows the dynamodb:GetItem action",
            ),
            ("put_item", {"TableName": "orders", "Item": KEY}, "dynamodb:PutItem action"),
            (
                "batch_get_item",
                {"RequestItems": {"orders": {"Keys": [KEY]}}},
                "BatchGetItem action",
            ),
            (
                "transact_get_items",
                {
                    "TransactItems": [
                        {"Get": {"TableName": "orders", "Key": KEY}},
                        {"Get": {"TableName": "payroll", "Key": KEY}},
                    ]
                },
                "dynamodb:GetItem action",
            ),
            (
                "transact_write_items",
                {"TransactItems": [{"Delete": {"TableName": "orders", "Key": KEY}}]},
                "dynamodb:DeleteItem action",
            ),
        ),
        "AccessDeniedException",
        400,
    ),
    Service(
        "ssm",
        (
            ("put_parameter", {"Name": "/orders/db/url", "Value": "x", "Type": "String"}),
            ("put_parameter", {"Name": "/payroll/db", "Value": "x", "Type": "String"}),
        ),
        "ssm:GetParameter*",
        f"arn:aws:ssm:{HERE}:parameter/orders/*",
        (
            ("get_parameter", {"Name": "/orders/db/url"}),
            ("get_parameter", {"Name": "/orders/db/url:1"}),
            ("get_parameter", {"Name": f"arn:aws:ssm:{HERE}:parameter/orders/db/url"}),
            ("get_parameters", {"Names": ["/orders/db/url"]}),
            ("get_parameters_by_path", {"Path": "/orders/db"}),
        ),
        (
            (
                "get_parameter",
                {"Name": "/payroll/db"},
                f"ssm:GetParameter on resource: arn:aws:ssm:{HERE}:parameter/payroll/db"
                " because no identity-based policy allows the ssm:GetParameter action",
            ),
            (
                "get_parameter",
                {"Name": "/payroll/none"},
                f"arn:aws:ssm:{HERE}:* because no"
                " identity-based policy allows the ssm:GetParameter action",
            ),
            ("get_parameters", {"Names": ["/orders/db/url", "/payroll/db"]}, "action"),
            ("get_parameters_by_path", {"Path": "/"}, "action"),
            ("get_parameters_by_path", {"Path": "/orders"}, "action"),
            ("put_parameter", {"Name": "/orders/x", "Value": "x", "Type": "String"}, "action"),
        ),
        "AccessDeniedException",
        400,
    ),
    Service(
        "ecr",
        (
            ("create_repository", {"repositoryName": "orders/api"}),
            ("create_repository", {"repositoryName": "payroll"}),
        ),
        "ecr:DescribeImages",
        f"arn:aws:ecr:{HERE}:repository/orders/*",
        (
            ("describe_images", {"repositoryName": "orders/api"}),
            ("describe_images", {"repositoryName": "orders/api", "registryId": ACCOUNT}),
        ),
        (
            (
                "describe_images",
                {"repositoryName": "payroll"},
                f"ecr:DescribeImages on resource: arn:aws:ecr:{HERE}:repository/payroll"
                " because no identity-based policy allows the ecr:DescribeImages action",
            ),
            ("list_images", {"repositoryName": "orders/api"}, "ecr:ListImages action"),
            (
                "get_authorization_token",
                {},
                "on resource: * because no identity-based policy"
                " allows the ecr:GetAuthorizationToken action",
            ),
            (
                "describe_repositories",
                {},
                f"arn:aws:ecr:{HERE}:repository/* because no"
                " identity-based policy allows the ecr:DescribeRepositories action",
            ),
        ),
        "AccessDeniedException",
        400,
    ),
]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_least_privilege(setup: Setup, service: Service) -> None:
    client = boto3.client(service.name)
    for name, parameters in service.create:
        getattr(client, name)(**parameters)
    pod = setup.irsa_pod(allow(service.action, service.resource))
    with pod.inside():
        client = boto3.client(service.name)
        arn = boto3.client("sts").get_caller_identity()["Arn"]
        for name, parameters in service.allowed:
            getattr(client, name)(**parameters)
        for name, parameters, end in service.denied:
            code, status, message = refused(lambda n=name, p=parameters: getattr(client, n)(**p))
            assert (code, status) == (service.code, service.status), message
            assert message.startswith(f"User: {arn} is not authorized to perform: ")
            assert message.endswith(end)


def test_tags_of_the_request_and_of_the_resource(setup: Setup) -> None:
    tagged = {"StringEquals": {"aws:RequestTag/team": "orders"}}
    owned = {"StringEquals": {"aws:ResourceTag/team": "orders"}}
    pod = setup.irsa_pod(
        allow(["sqs:CreateQueue", "sqs:TagQueue", "ssm:PutParameter"], Condition=tagged),
        allow(["ssm:AddTagsToResource", "dynamodb:TagResource"], Condition=tagged),
        allow(["sqs:DeleteQueue", "ssm:DeleteParameter"], Condition=owned),
    )
    boto3.client("sqs").create_queue(QueueName="payroll", tags={"team": "payroll"})
    with pod.inside():
        sqs, ssm = boto3.client("sqs"), boto3.client("ssm")
        url = sqs.create_queue(QueueName="orders", tags={"team": "orders"})["QueueUrl"]
        assert refused(lambda: sqs.create_queue(QueueName="x"))[0] == "AccessDenied"
        assert refused(lambda: sqs.create_queue(QueueName="x", tags={"team": "payroll"}))[0] == (
            "AccessDenied"
        )
        sqs.delete_queue(QueueUrl=url)
        payroll = f"{QUEUE_URL}/payroll"
        assert refused(lambda: sqs.delete_queue(QueueUrl=payroll))[0] == "AccessDenied"
        tags = [{"Key": "team", "Value": "orders"}]
        ssm.put_parameter(Name="/x", Value="v", Type="String", Tags=tags)
        ssm.delete_parameter(Name="/x")
