"""Each data service by least privilege: the call that is meant works, its neighbours do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from podrole.lab import Lab

from .conftest import ACCOUNT, OTHER_ACCOUNT, ROLE_ARN, Setup, allow
from .signing import send
from .test_irsa import refused

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


def test_subscribing_is_decided_by_protocol_and_endpoint(setup: Setup) -> None:
    topic = boto3.client("sns").create_topic(Name="orders")["TopicArn"]
    condition = {"StringEquals": {"sns:Protocol": "email"}, "StringLike": {"sns:Endpoint": "*@x"}}
    with setup.irsa_pod(allow("sns:Subscribe", Condition=condition)).inside():
        sns = boto3.client("sns")
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@x")
        for protocol, endpoint in (("email", "a@y"), ("sqs", f"arn:aws:sqs:{HERE}:orders")):
            assert (
                refused(
                    lambda p=protocol, e=endpoint: sns.subscribe(
                        TopicArn=topic, Protocol=p, Endpoint=e
                    )
                )[0]
                == "AuthorizationError"
            )


def test_a_topic_reaches_nothing_outside_the_lab(lab: Lab) -> None:
    sns = boto3.client("sns")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    for protocol in ("http", "https", "lambda", "firehose", "application"):
        assert refused(
            lambda p=protocol: sns.subscribe(TopicArn=topic, Protocol=p, Endpoint="https://x")
        )[:2] == ("NotImplemented", 501)


def test_sqs_in_the_query_protocol_of_older_clients(lab: Lab) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    def call(path: str, body: str) -> Any:
        return send(lab, "sqs", "POST", path, f"{body}&Version=2012-11-05", **form)

    answer = call("/", "Action=CreateQueue&QueueName=orders&Tag.1.Key=team&Tag.1.Value=orders")
    url = f"https://sqs.us-west-2.amazonaws.com/{ACCOUNT}/orders"
    assert url.removeprefix("https:") in answer.text
    sqs = boto3.client("sqs")
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "orders"}
    answer = call(f"/{ACCOUNT}/orders", f"Action=SendMessage&QueueUrl={url}&MessageBody=hello")
    assert "<SendMessageResult>" in answer.text
    answer = call(f"/{ACCOUNT}/orders", f"Action=ReceiveMessage&QueueUrl={url}&WaitTimeSeconds=9")
    assert "<Body>hello</Body>" in answer.text
    policy = '{"Version":"2012-10-17"}'
    answer = call(
        "/",
        f"Action=SetQueueAttributes&QueueUrl={url}&Attribute.1.Name=Policy"
        f"&Attribute.1.Value={policy}",
    )
    assert answer.status_code == 400
    assert "<Code>InvalidAttributeValue</Code>" in answer.text
    theirs = url.replace(ACCOUNT, OTHER_ACCOUNT)
    answer = call("/", f"Action=SendMessage&QueueUrl={theirs}&MessageBody=x")
    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code>" in answer.text


def test_errors_in_the_shape_that_each_service_documents(lab: Lab) -> None:
    headers = {"Content-Type": "application/x-amz-json-1.0"}
    url = f"https://sqs.us-west-2.amazonaws.com/{OTHER_ACCOUNT}/orders"
    answer = send(
        lab,
        "sqs",
        "POST",
        "/",
        json.dumps({"QueueUrl": url, "MessageBody": "x"}),
        **headers,
        **{"X-Amz-Target": "AmazonSQS.SendMessage"},
    )
    assert answer.headers["x-amzn-query-error"] == "AccessDenied;Sender"
    assert answer.content_type == "application/x-amz-json-1.0"
    theirs = f"arn:aws:dynamodb:{THEIRS}:table/orders"
    answer = send(
        lab,
        "dynamodb",
        "POST",
        "/",
        json.dumps({"TableName": theirs, "Key": KEY}),
        **headers,
        **{"X-Amz-Target": "DynamoDB_20120810.GetItem"},
    )
    assert answer.get_json(force=True)["__type"] == "com.amazon.coral.service#AccessDeniedException"


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
