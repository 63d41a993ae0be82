"""The event history: who did what, in CloudTrail's shape."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, SUBJECT, Setup, allow


def events(**attribute: str) -> list[dict[str, Any]]:
    attributes = [{"AttributeKey": k, "AttributeValue": v} for k, v in attribute.items()]
    found = boto3.client("cloudtrail").lookup_events(LookupAttributes=attributes)["Events"]
    return [json.loads(event["CloudTrailEvent"]) for event in found]


def test_irsa_is_recorded_with_the_tokens_subject(setup: Setup) -> None:
    with setup.irsa_pod().inside():
        boto3.client("sts").get_caller_identity()
    record = events(EventName="AssumeRoleWithWebIdentity")[0]
    assert record["userIdentity"]["type"] == "WebIdentityUser"
    assert record["userIdentity"]["userName"] == SUBJECT
    assert record["requestParameters"]["webIdentityToken"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    identity = events(EventName="GetCallerIdentity")[0]["userIdentity"]
    assert identity["sessionContext"]["sessionIssuer"]["userName"] == "orders-api"


def test_pod_identity_is_recorded_twice(setup: Setup) -> None:
    with setup.pod_identity_pod().inside():
        boto3.client("sts").get_caller_identity()
    by_node = events(EventName="AssumeRoleForPodIdentity")[0]
    assert by_node["eventSource"] == "eks-auth.amazonaws.com"
    assert "assumed-role/eks-node/" in by_node["userIdentity"]["arn"]
    assert by_node["requestParameters"]["token"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    by_service = events(EventName="AssumeRole")[0]
    assert by_service["userIdentity"]["invokedBy"] == "pods.eks.amazonaws.com"
    assert by_service["requestParameters"]["durationSeconds"] == 21600
    tags = {tag["key"]: tag["value"] for tag in by_service["requestParameters"]["tags"]}
    assert len(tags) == 6
    assert tags["kubernetes-namespace"] == "orders"


def test_refusals_are_recorded(setup: Setup) -> None:
    setup.create_role(setup.irsa_trust())
    with setup.deploy(setup.annotated()).inside(), pytest.raises(ClientError):
        boto3.client("sts").get_caller_identity()
    record = events(EventName="AssumeRoleWithWebIdentity")[0]
    assert record["errorCode"] == "InvalidIdentityToken"


def test_data_events_are_not_in_the_event_history(lab: Lab) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(
        Bucket="orders-data", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    s3.put_object(Bucket="orders-data", Key="k", Body=b"")
    assert events(EventName="CreateBucket")
    assert not events(EventName="PutObject")
    assert [r["eventName"] for r in lab.gateway.trail.records(ACCOUNT)][-3:] == [
        "PutObject",
        "LookupEvents",
        "LookupEvents",
    ]


def test_no_secret_is_recorded(lab: Lab) -> None:
    boto3.client("secretsmanager").create_secret(Name="x", SecretString="very-secret")
    assert "very-secret" not in json.dumps(lab.gateway.trail.records(ACCOUNT))


def test_look_up_by_access_key(setup: Setup) -> None:
    pod = setup.irsa_pod(allow("s3:*"))
    with pod.inside():
        session = boto3.Session()
        session.client("sts").get_caller_identity()
        credentials = session.get_credentials()
    assert credentials is not None
    assert [record["eventName"] for record in events(AccessKeyId=credentials.access_key)] == [
        "GetCallerIdentity"
    ]


def test_items_and_messages_are_data_events(lab: Lab) -> None:
    sqs, kms, ssm = (boto3.client(name) for name in ("sqs", "kms", "ssm"))
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="s3cret")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=key, Plaintext=b"s3cret")
    ssm.put_parameter(Name="/a", Value="s3cret", Type="String")
    names = {event["EventName"] for event in boto3.client("cloudtrail").lookup_events()["Events"]}
    assert {"CreateQueue", "CreateKey", "Encrypt", "PutParameter"} <= names
    assert "SendMessage" not in names
    records = lab.gateway.trail.records(ACCOUNT)
    assert "SendMessage" in {record["eventName"] for record in records}
    assert "s3cret" not in json.dumps(records)
