"""Resources' own policies: across accounts, denying, malformed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, ROLE_ARN, Setup, allow
from tests.lab.services.sts.test_irsa import refused
from tests.lab.services.test_data_plane import HERE, KEY, Calls, table


def grant(action: str, **more: Any) -> str:
    """A resource's policy that lets the pod's role do one thing."""
    statement = {"Effect": "Allow", "Principal": {"AWS": ROLE_ARN}, "Action": action, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


THEIRS = f"us-west-2:{OTHER_ACCOUNT}"
TABLE = f"arn:aws:dynamodb:{THEIRS}:table/orders"
THEIR_QUEUE = f"https://sqs.us-west-2.amazonaws.com/{OTHER_ACCOUNT}/orders"
CROSS_ACCOUNT: dict[str, tuple[str, Calls, Calls, Calls]] = {
    # the pod's action; what they create; their policy; the pod's call
    "sqs": (
        "sqs:SendMessage",
        ("create_queue", {"QueueName": "orders"}),
        (
            "set_queue_attributes",
            {
                "QueueUrl": THEIR_QUEUE,
                "Attributes": {"Policy": grant("sqs:SendMessage", Resource="*")},
            },
        ),
        ("send_message", {"QueueUrl": THEIR_QUEUE, "MessageBody": "x"}),
    ),
    "sns": (
        "sns:Publish",
        ("create_topic", {"Name": "orders"}),
        (
            "set_topic_attributes",
            {
                "TopicArn": f"arn:aws:sns:{THEIRS}:orders",
                "AttributeName": "Policy",
                "AttributeValue": grant("SNS:Publish", Resource="*"),
            },
        ),
        ("publish", {"TopicArn": f"arn:aws:sns:{THEIRS}:orders", "Message": "x"}),
    ),
    "dynamodb": (
        "dynamodb:PutItem",
        table("orders"),
        (
            "put_resource_policy",
            {"ResourceArn": TABLE, "Policy": grant("dynamodb:PutItem", Resource=TABLE)},
        ),
        ("put_item", {"TableName": TABLE, "Item": KEY}),
    ),
    "ecr": (
        "ecr:DescribeImages",
        ("create_repository", {"repositoryName": "orders"}),
        (
            "set_repository_policy",
            {"repositoryName": "orders", "policyText": grant("ecr:DescribeImages")},
        ),
        ("describe_images", {"registryId": OTHER_ACCOUNT, "repositoryName": "orders"}),
    ),
}


@pytest.mark.parametrize("service", CROSS_ACCOUNT)
def test_another_accounts_resource_needs_both_sides(setup: Setup, lab: Lab, service: str) -> None:
    action, create, policy, (name, parameters) = CROSS_ACCOUNT[service]
    theirs = lab.session(OTHER_ACCOUNT).client(service)
    getattr(theirs, create[0])(**create[1])
    pod = setup.irsa_pod(allow(action))

    def call() -> Any:
        with pod.inside():
            return getattr(boto3.client(service), name)(**parameters)

    assert "no resource-based policy allows" in refused(call)[2]
    getattr(theirs, policy[0])(**policy[1])
    call()
    setup.iam.delete_role_policy(RoleName="orders-api", PolicyName="p0")
    assert "no identity-based policy allows" in refused(call)[2]


def test_a_queue_policy_gives_another_account_no_administration(setup: Setup, lab: Lab) -> None:
    theirs = lab.session(OTHER_ACCOUNT).client("sqs")
    theirs.create_queue(QueueName="orders", Attributes={"Policy": grant("sqs:*", Resource="*")})
    with setup.irsa_pod(allow("sqs:*")).inside():
        sqs = boto3.client("sqs")
        sqs.receive_message(QueueUrl=THEIR_QUEUE)
        assert refused(lambda: sqs.delete_queue(QueueUrl=THEIR_QUEUE))[0] == "AccessDenied"


def test_a_resources_policy_can_deny(lab: Lab) -> None:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    sqs.set_queue_attributes(
        QueueUrl=url,
        Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [deny]})},
    )
    message = refused(lambda: sqs.send_message(QueueUrl=url, MessageBody="x"))[2]
    assert message.endswith("with an explicit deny in a resource-based policy")


MALFORMED: list[tuple[str, Callable[[Any], Any], str]] = [
    (
        "sqs",
        lambda sqs: sqs.create_queue(QueueName="x", Attributes={"Policy": '{"Statement": []}'}),
        "InvalidAttributeValue",
    ),
    (
        "sns",
        lambda sns: sns.create_topic(Name="x", Attributes={"Policy": "{"}),
        "InvalidParameter",
    ),
    ("kms", lambda kms: kms.create_key(Policy="[]"), "MalformedPolicyDocumentException"),
    (
        "ecr",
        lambda ecr: ecr.set_repository_policy(repositoryName="orders", policyText="{}"),
        "InvalidParameterException",
    ),
    (
        "dynamodb",
        lambda db: db.put_resource_policy(
            ResourceArn=f"arn:aws:dynamodb:{HERE}:table/orders", Policy="{}"
        ),
        "ValidationException",
    ),
]


@pytest.mark.parametrize(("service", "call", "code"), MALFORMED, ids=lambda item: str(item)[:8])
def test_a_malformed_policy_is_refused(
    lab: Lab, service: str, call: Callable[[Any], Any], code: str
) -> None:
    boto3.client("dynamodb").create_table(**table("orders")[1])
    boto3.client("ecr").create_repository(repositoryName="orders")
    found, status, message = refused(lambda: call(boto3.client(service)))
    assert (found, status) == (code, 400)
    assert message.startswith("lab: ")


def test_one_call_is_about_one_accounts_tables(setup: Setup, lab: Lab) -> None:
    boto3.client("dynamodb").create_table(**table("orders")[1])
    theirs = lab.session(OTHER_ACCOUNT).client("dynamodb")
    theirs.create_table(**table("orders")[1])
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "dynamodb:*",
        "Resource": "*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    theirs.put_resource_policy(ResourceArn=TABLE, Policy=document)
    items = {"orders": {"Keys": [KEY]}, TABLE: {"Keys": [KEY]}}
    db = boto3.client("dynamodb")
    assert refused(lambda: db.batch_get_item(RequestItems=items))[:2] == ("NotImplemented", 501)
    names = {"orders": {"Keys": [KEY]}, f"arn:aws:dynamodb:{HERE}:table/orders": {"Keys": [KEY]}}
    assert refused(lambda: db.batch_get_item(RequestItems=names))[0] == "ValidationException"


def test_an_arn_of_another_region_is_not_this_regions_resource(lab: Lab) -> None:
    boto3.client("dynamodb").create_table(**table("orders")[1])
    elsewhere = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/orders"
    db = boto3.client("dynamodb")
    assert refused(lambda: db.get_item(TableName=elsewhere, Key=KEY))[0] == "ValidationException"
