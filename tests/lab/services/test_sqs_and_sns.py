"""SQS and SNS: older clients, errors on the wire, subscriptions and what they deliver."""

from __future__ import annotations

import json
from typing import Any

import boto3

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, Setup, allow
from tests.lab.services.sts.test_irsa import refused
from tests.lab.services.test_data_plane import HERE, KEY
from tests.lab.services.test_resource_policies import THEIRS
from tests.lab.signing import send


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
    assert sqs.get_queue_url(QueueName="orders")["QueueUrl"] == url
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


def test_a_queue_must_let_the_topic_in(lab: Lab) -> None:
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    topic = sns.create_topic(Name="orders")["TopicArn"]
    queue = f"arn:aws:sqs:{HERE}:orders"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    # AWS would take the message and drop it without a word.
    code, status, message = refused(lambda: sns.publish(TopicArn=topic, Message="x"))
    assert (code, status) == ("NotImplemented", 501)
    assert "does not let sns.amazonaws.com send" in message
    for source, delivered in ((f"arn:aws:sns:{HERE}:payroll", False), (topic, True)):
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": {"ArnEquals": {"aws:SourceArn": source}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        if not delivered:
            assert refused(lambda: sns.publish(TopicArn=topic, Message="x"))[1] == 501
    sns.publish(TopicArn=topic, Message="hello")
    assert "hello" in sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"]
    theirs = f"arn:aws:sqs:{THEIRS}:orders"
    assert refused(lambda: sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=theirs))[1] == 501
