"""GenerateServiceLastAccessedDetails: which services a role has used, of those that it may."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from podrole.lab import Lab

ROLE = "arn:aws:iam::111122223333:role/worker"
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "sts:AssumeRole",
    },
}


@pytest.fixture
def worker(lab: Lab) -> boto3.Session:
    """A session of a role that may read objects and send messages."""
    session = lab.session()
    iam, s3 = session.client("iam"), session.client("s3")
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(TRUST))
    allow(
        lab,
        "s3:GetObject",
        "s3:GetBucketLocation",
        "s3:GetBucketTagging",
        "sqs:SendMessage",
        "kms:*",
    )
    s3.create_bucket(
        Bucket="orders-data", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    s3.put_object(Bucket="orders-data", Key="a", Body=b"1")
    keys = session.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="it")["Credentials"]
    return boto3.Session(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "us-west-2"
    )


def allow(lab: Lab, *actions: str, policy: str = "p") -> None:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": statement}
    lab.session().client("iam").put_role_policy(
        RoleName="worker", PolicyName=policy, PolicyDocument=json.dumps(document)
    )


def report(lab: Lab, **how: str) -> dict[str, dict[str, Any]]:
    iam = lab.session().client("iam")
    job = iam.generate_service_last_accessed_details(Arn=ROLE, **how)["JobId"]
    found = iam.get_service_last_accessed_details(JobId=job)
    assert found["JobStatus"] == "COMPLETED"
    return {one["ServiceNamespace"]: one for one in found["ServicesLastAccessed"]}


def test_services_that_were_used_and_those_that_were_not(lab: Lab, worker: boto3.Session) -> None:
    worker.client("s3").get_object(Bucket="orders-data", Key="a")
    found = report(lab)
    assert list(found) == ["kms", "s3", "sqs"]
    used = found["s3"]
    assert used["ServiceName"] == "Amazon S3"
    assert used["LastAuthenticated"] == lab.clock.now()
    assert used["LastAuthenticatedEntity"] == ROLE
    assert used["LastAuthenticatedRegion"] == "us-west-2"
    assert found["sqs"]["TotalAuthenticatedEntities"] == 0
    assert "LastAuthenticated" not in found["sqs"]


def test_a_refused_attempt_counts(lab: Lab, worker: boto3.Session) -> None:
    with pytest.raises(ClientError):
        worker.client("sqs").create_queue(QueueName="q")
    assert report(lab)["sqs"]["TotalAuthenticatedEntities"] == 1


def test_actions_are_those_of_management_events(lab: Lab, worker: boto3.Session) -> None:
    s3 = worker.client("s3")
    s3.get_object(Bucket="orders-data", Key="a")
    s3.get_bucket_location(Bucket="orders-data")
    found = report(lab, Granularity="ACTION_LEVEL")
    actions = {one["ActionName"]: one for one in found["s3"]["TrackedActionsLastAccessed"]}
    assert list(actions) == ["GetBucketLocation", "GetBucketTagging"]
    assert actions["GetBucketLocation"]["LastAccessedEntity"] == ROLE
    assert actions["GetBucketTagging"] == {"ActionName": "GetBucketTagging"}
    assert found["sqs"]["TrackedActionsLastAccessed"] == []


def test_a_report_stays_as_it_was_made(lab: Lab, worker: boto3.Session) -> None:
    iam = lab.session().client("iam")
    job = iam.generate_service_last_accessed_details(Arn=ROLE)["JobId"]
    worker.client("s3").get_object(Bucket="orders-data", Key="a")
    old = iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
    assert all("LastAuthenticated" not in one for one in old)


def test_every_service_for_a_role_that_may_do_everything(lab: Lab, worker: boto3.Session) -> None:
    allow(lab, "*")
    iam = lab.session().client("iam")
    job = iam.generate_service_last_accessed_details(Arn=ROLE)["JobId"]
    first = iam.get_service_last_accessed_details(JobId=job, MaxItems=10)
    assert (first["IsTruncated"], len(first["ServicesLastAccessed"])) == (True, 10)
    rest = iam.get_service_last_accessed_details(JobId=job, Marker=first["Marker"])
    assert not rest["IsTruncated"]
    assert "sqs" in {one["ServiceNamespace"] for one in rest["ServicesLastAccessed"]}


@pytest.mark.parametrize(
    "arn", [ROLE, "arn:aws:iam::444455556666:role/x", "arn:aws:iam::111122223333:user/nobody"]
)
def test_nobody_of_that_arn(lab: Lab, arn: str) -> None:
    iam = lab.session().client("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.generate_service_last_accessed_details(Arn=arn)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_service_last_accessed_details(JobId="0" * 36)
