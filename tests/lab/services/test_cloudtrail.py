"""Trails that deliver log files, their bucket's policy, and the event history a page at a time."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import botocore.validate
import pytest
from botocore.exceptions import ClientError

from podrole.attribution import attribute
from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, Setup, allow

LOGS = "orders-logs"
TRAIL = f"arn:aws:cloudtrail:us-west-2:{ACCOUNT}:trail/audit"


def logs_policy(trail: str = TRAIL, prefix: str = "") -> dict[str, Any]:
    """The policy of the CloudTrail user guide."""
    service = {"Service": "cloudtrail.amazonaws.com"}
    source = {"aws:SourceArn": trail}
    statements: list[dict[str, Any]] = [
        {
            "Sid": "AWSCloudTrailAclCheck20150319",
            "Action": "s3:GetBucketAcl",
            "Resource": f"arn:aws:s3:::{LOGS}",
            "Condition": {"StringEquals": source},
        },
        {
            "Sid": "AWSCloudTrailWrite20150319",
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{LOGS}/{prefix}AWSLogs/{ACCOUNT}/*",
            "Condition": {"StringEquals": {**source, "s3:x-amz-acl": "bucket-owner-full-control"}},
        },
    ]
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": service, **item} for item in statements],
    }


class Audit:
    """A bucket for logs, and the trail `audit` in it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.s3, self.cloudtrail = boto3.client("s3"), boto3.client("cloudtrail")
        self.s3.create_bucket(
            Bucket=LOGS, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
        )

    def allow(self, policy: dict[str, Any] | None = None) -> None:
        self.s3.put_bucket_policy(Bucket=LOGS, Policy=json.dumps(policy or logs_policy()))

    def start(self, **more: Any) -> None:
        self.allow()
        self.cloudtrail.create_trail(Name="audit", S3BucketName=LOGS, **more)
        self.cloudtrail.start_logging(Name="audit")

    def files(self) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=LOGS).get("Contents", [])
        return [item["Key"] for item in found]

    def delivered(self) -> Iterator[dict[str, Any]]:
        for key in self.files():
            body = self.s3.get_object(Bucket=LOGS, Key=key)["Body"].read()
            yield from json.loads(gzip.decompress(body))["Records"]

    def names(self) -> list[str]:
        return [record["eventName"] for record in self.delivered()]

    def select(self, *selectors: dict[str, Any], **more: Any) -> None:
        if selectors:
            more["EventSelectors"] = list(selectors)
        self.cloudtrail.put_event_selectors(TrailName="audit", **more)


@pytest.fixture
def audit(lab: Lab) -> Audit:
    return Audit(lab)


def code_of(call: Any, *arguments: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(*arguments, **parameters)
    return str(refused.value.response["Error"]["Code"])


# -- delivery ----------------------------------------------------------------------------------


def test_a_file_comes_after_five_minutes(audit: Audit) -> None:
    audit.start()
    boto3.client("sts").get_caller_identity()
    assert audit.files() == []
    audit.lab.clock.move(minutes=4, seconds=59)
    assert audit.files() == []
    audit.lab.clock.move(seconds=1)
    (key,) = audit.files()
    name = rf"AWSLogs/{ACCOUNT}/CloudTrail/us-west-2/2026/01/15/{ACCOUNT}_CloudTrail_us-west-2"
    assert re.fullmatch(rf"{name}_20260115T0905Z_[A-Za-z0-9]{{16}}\.json\.gz", key)
    assert audit.names() == ["StartLogging", "GetCallerIdentity"]
    status = audit.cloudtrail.get_trail_status(Name="audit")
    assert status["IsLogging"] is True
    assert status["LatestDeliveryTime"].isoformat() == "2026-01-15T09:05:00+00:00"


def test_a_file_is_named_for_its_own_time_whenever_someone_looks(audit: Audit) -> None:
    audit.start()
    audit.lab.clock.move(hours=3)
    assert "20260115T0905Z" in audit.files()[0]


def test_stop_logging_delivers_and_is_the_last_record(audit: Audit) -> None:
    audit.start()
    audit.cloudtrail.stop_logging(Name=TRAIL)
    boto3.client("sts").get_caller_identity()
    audit.lab.clock.move(hours=1)
    assert audit.names() == ["StartLogging", "StopLogging"]
    assert audit.cloudtrail.get_trail_status(Name="audit")["IsLogging"] is False


def test_the_same_seed_writes_the_same_files() -> None:
    seen = []
    for _ in range(2):
        with Lab.start() as lab:
            audit = Audit(lab)
            audit.start()
            lab.gateway.cloudtrail.deliver()
            key = audit.files()[0]
            seen.append((key, audit.s3.get_object(Bucket=LOGS, Key=key)["Body"].read()))
    assert seen[0] == seen[1]


def test_deliveries_do_not_shift_the_ids_of_what_comes_later() -> None:
    seen = []
    for delivered in (False, True):
        with Lab.start() as lab:
            Audit(lab).start()
            if delivered:
                lab.gateway.cloudtrail.deliver()
            made = boto3.client("iam").create_user(UserName="x")["User"]["UserId"]
            seen.append(made)
    assert seen[0] == seen[1]


def test_a_prefix(audit: Audit) -> None:
    audit.allow(logs_policy(prefix="eks/"))
    audit.cloudtrail.create_trail(Name="audit", S3BucketName=LOGS, S3KeyPrefix="eks")
    audit.cloudtrail.start_logging(Name="audit")
    audit.lab.gateway.cloudtrail.deliver()
    assert audit.files()[0].startswith(f"eks/AWSLogs/{ACCOUNT}/")


# -- the bucket's policy -----------------------------------------------------------------------


def without(policy: dict[str, Any], index: int) -> dict[str, Any]:
    return {**policy, "Statement": [policy["Statement"][1 - index]]}


@pytest.mark.parametrize(
    "policy",
    [
        None,
        without(logs_policy(), 0),
        without(logs_policy(), 1),
        logs_policy(TRAIL.replace("audit", "another")),
        logs_policy(prefix="elsewhere/"),
    ],
)
def test_the_buckets_policy_must_let_the_trail_write(
    audit: Audit, policy: dict[str, Any] | None
) -> None:
    if policy:
        audit.allow(policy)
    with pytest.raises(ClientError) as refused:
        audit.cloudtrail.create_trail(Name="audit", S3BucketName=LOGS)
    error = refused.value.response["Error"]
    assert error["Code"] == "InsufficientS3BucketPolicyException"
    assert error["Message"] == f"Incorrect S3 bucket policy is detected for bucket: {LOGS}"


def test_what_the_bucket_refuses_waits_until_it_is_let_in_again(audit: Audit) -> None:
    audit.start()
    audit.s3.delete_bucket_policy(Bucket=LOGS)
    audit.lab.clock.move(minutes=10)
    assert audit.files() == []
    status = audit.cloudtrail.get_trail_status(Name="audit")
    assert status["LatestDeliveryError"] == "AccessDenied"
    assert "LatestDeliveryTime" not in status
    audit.allow()
    audit.lab.clock.move(minutes=5)
    assert "StartLogging" in audit.names()
    assert "LatestDeliveryError" not in audit.cloudtrail.get_trail_status(Name="audit")


def test_a_bucket_of_another_account(lab: Lab) -> None:
    theirs = lab.session(OTHER_ACCOUNT).client("s3")
    theirs.create_bucket(Bucket=LOGS, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    theirs.put_bucket_policy(Bucket=LOGS, Policy=json.dumps(logs_policy()))
    cloudtrail = boto3.client("cloudtrail")
    cloudtrail.create_trail(Name="audit", S3BucketName=LOGS)
    cloudtrail.start_logging(Name="audit")
    cloudtrail.stop_logging(Name="audit")
    assert len(theirs.list_objects_v2(Bucket=LOGS)["Contents"]) == 1


# -- what is delivered -------------------------------------------------------------------------


def test_data_events_only_when_selected(audit: Audit, bucket: str) -> None:
    audit.start()
    audit.s3.get_object(Bucket=bucket, Key="in/1")
    audit.select(
        {
            "ReadWriteType": "ReadOnly",
            "IncludeManagementEvents": False,
            "DataResources": [
                {"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::{bucket}/in/"]}
            ],
        }
    )
    audit.s3.put_object(Bucket=bucket, Key="in/2", Body=b"")
    audit.s3.put_object(Bucket=bucket, Key="out/2", Body=b"")
    audit.s3.get_object(Bucket=bucket, Key="out/2")
    audit.s3.get_object(Bucket=bucket, Key="in/2")
    boto3.client("sts").get_caller_identity()
    audit.lab.gateway.cloudtrail.deliver()
    delivered = list(audit.delivered())
    assert [record["eventName"] for record in delivered] == ["StartLogging", "GetObject"]
    record = delivered[1]
    assert record["requestParameters"] == {
        "bucketName": bucket,
        "key": "in/2",
        "x-amz-checksum-mode": "ENABLED",
    }
    assert record["resources"][0] == {
        "type": "AWS::S3::Object",
        "ARN": f"arn:aws:s3:::{bucket}/in/2",
    }
    assert (record["eventCategory"], record["managementEvent"]) == ("Data", False)


def test_advanced_selectors(audit: Audit) -> None:
    audit.start()
    queue = boto3.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
    audit.select(
        AdvancedEventSelectors=[
            {
                "FieldSelectors": [
                    {"Field": "eventCategory", "Equals": ["Data"]},
                    {"Field": "resources.type", "Equals": ["AWS::SQS::Queue"]},
                    {"Field": "resources.ARN", "EndsWith": [":orders"]},
                    {"Field": "eventName", "NotEquals": ["ReceiveMessage"]},
                ]
            }
        ]
    )
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    sqs.receive_message(QueueUrl=queue)
    audit.s3.put_object(Bucket=LOGS, Key="k", Body=b"")
    audit.lab.gateway.cloudtrail.deliver()
    audit.s3.delete_object(Bucket=LOGS, Key="k")
    assert audit.names() == ["StartLogging", "CreateQueue", "SendMessage"]
    selectors = audit.cloudtrail.get_event_selectors(TrailName="audit")
    assert "EventSelectors" not in selectors
    assert len(selectors["AdvancedEventSelectors"]) == 1


def test_regions(audit: Audit) -> None:
    audit.start()
    boto3.client("iam").list_users()
    boto3.client("sts", region_name="eu-west-1").get_caller_identity()
    audit.cloudtrail.stop_logging(Name="audit")
    assert audit.names() == ["StartLogging", "StopLogging"]
    audit.cloudtrail.delete_trail(Name="audit")
    audit.start(IsMultiRegionTrail=True)
    boto3.client("iam").list_users()
    boto3.client("sts", region_name="eu-west-1").get_caller_identity()
    audit.lab.gateway.cloudtrail.deliver()
    regions = {key.split("/")[3] for key in audit.files()}
    assert regions == {"us-west-2", "us-east-1", "eu-west-1"}
    elsewhere = boto3.client("cloudtrail", region_name="eu-west-1")
    assert [item["Name"] for item in elsewhere.describe_trails()["trailList"]] == ["audit"]
    assert elsewhere.describe_trails(includeShadowTrails=False)["trailList"] == []


def test_a_log_file_leads_from_an_object_to_the_pod(setup: Setup, bucket: str) -> None:
    audit = Audit(setup.lab)
    audit.start()
    everything = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}
    audit.select({"DataResources": [everything]})
    pod = setup.pod_identity_pod(allow("s3:GetObject"))
    with pod.inside():
        boto3.client("s3").get_object(Bucket=bucket, Key="in/1")
    audit.lab.clock.move(minutes=5)
    found = list(audit.delivered())
    read = [item for item in found if (item["requestParameters"] or {}).get("key") == "in/1"]
    attribution = attribute(found, read[0])
    assert attribution is not None
    assert (attribution.namespace, attribution.service_account, attribution.pod) == (
        "orders",
        "orders-api",
        pod.name,
    )


def test_no_secret_of_a_session_is_delivered(setup: Setup) -> None:
    audit = Audit(setup.lab)
    audit.start()
    with setup.irsa_pod().inside():
        session = boto3.Session()
        session.client("sts").get_caller_identity()
        credentials = session.get_credentials()
    audit.lab.clock.move(minutes=5)
    text = json.dumps(list(audit.delivered()))
    assert credentials is not None
    assert credentials.access_key in text
    assert credentials.secret_key not in text


# -- trails ------------------------------------------------------------------------------------


def test_refusals(audit: Audit) -> None:
    create = audit.cloudtrail.create_trail
    assert code_of(create, Name="audit", S3BucketName="none") == "S3BucketDoesNotExistException"
    assert code_of(create, Name="a..b", S3BucketName=LOGS) == "InvalidTrailNameException"
    audit.start()
    assert code_of(create, Name="audit", S3BucketName=LOGS) == "TrailAlreadyExistsException"
    both = {"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": False}
    assert code_of(create, Name="more", S3BucketName=LOGS, **both) == (
        "InvalidParameterCombinationException"
    )
    assert code_of(create, Name="more", S3BucketName=LOGS, KmsKeyId="x") == "NotImplemented"
    for name in ("start_logging", "stop_logging", "get_trail_status", "get_trail", "delete_trail"):
        assert code_of(getattr(audit.cloudtrail, name), Name="no") == "TrailNotFoundException"
    bad = {"DataResources": [{"Type": "AWS::SQS::Queue", "Values": ["arn:aws:sqs"]}]}
    for selectors in (
        {"EventSelectors": []},
        {"EventSelectors": [bad]},
        {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "x", "Equals": ["y"]}]}]},
    ):
        put = audit.cloudtrail.put_event_selectors
        assert code_of(put, TrailName="audit", **selectors) == "InvalidEventSelectorsException"


def test_a_trail_is_another_accounts_business(audit: Audit) -> None:
    audit.start()
    theirs = audit.lab.session(OTHER_ACCOUNT).client("cloudtrail")
    assert theirs.describe_trails()["trailList"] == []
    assert code_of(theirs.stop_logging, Name=TRAIL) in (
        "AccessDeniedException",
        "TrailNotFoundException",
    )
    assert audit.cloudtrail.get_trail_status(Name="audit")["IsLogging"] is True


def test_each_call_is_decided_on_the_trail(setup: Setup) -> None:
    audit = Audit(setup.lab)
    audit.start()
    pod = setup.irsa_pod(allow("cloudtrail:*", TRAIL.replace("audit", "other")))
    with pod.inside():
        assert code_of(boto3.client("cloudtrail").stop_logging, Name="audit") == (
            "AccessDeniedException"
        )


def test_every_answer_fits_botocores_model(audit: Audit) -> None:
    audit.start()
    audit.lab.gateway.cloudtrail.deliver()
    calls: list[tuple[str, dict[str, Any]]] = [
        ("describe_trails", {}),
        ("get_trail", {"Name": "audit"}),
        ("get_trail_status", {"Name": TRAIL}),
        ("get_event_selectors", {"TrailName": "audit"}),
        ("list_trails", {}),
        ("lookup_events", {"MaxResults": 1}),
    ]
    model = audit.cloudtrail.meta.service_model
    for name, parameters in calls:
        answer = getattr(audit.cloudtrail, name)(**parameters)
        answer.pop("ResponseMetadata")
        operation = audit.cloudtrail.meta.method_to_api_mapping[name]
        shape = model.operation_model(operation).output_shape
        report = botocore.validate.ParamValidator().validate(answer, shape)
        assert not report.has_errors(), report.generate_report()
        assert answer


# -- the event history -------------------------------------------------------------------------


def test_pages_hold_what_was_there_when_the_first_was_read(lab: Lab) -> None:
    sts, cloudtrail = boto3.client("sts"), boto3.client("cloudtrail")
    for _ in range(5):
        sts.get_caller_identity()
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "GetCallerIdentity"}]
    first = cloudtrail.lookup_events(LookupAttributes=wanted, MaxResults=2)
    sts.get_caller_identity()  # newer than the page, and not in the way of the next one
    second = cloudtrail.lookup_events(
        LookupAttributes=wanted, MaxResults=2, NextToken=first["NextToken"]
    )
    third = cloudtrail.lookup_events(
        LookupAttributes=wanted, MaxResults=2, NextToken=second["NextToken"]
    )
    ids = [event["EventId"] for page in (first, second, third) for event in page["Events"]]
    assert len(set(ids)) == 5
    assert "NextToken" not in third
    assert code_of(cloudtrail.lookup_events, NextToken="x") == "InvalidNextTokenException"


def test_fifty_events_a_page(lab: Lab) -> None:
    sts, cloudtrail = boto3.client("sts"), boto3.client("cloudtrail")
    for _ in range(51):
        sts.get_caller_identity()
    page = cloudtrail.lookup_events()
    assert len(page["Events"]) == 50
    assert page["NextToken"]
    assert code_of(cloudtrail.lookup_events, MaxResults=51) == "InvalidMaxResultsException"


def test_times_and_the_ninety_days(lab: Lab) -> None:
    sts, cloudtrail = boto3.client("sts"), boto3.client("cloudtrail")

    def count(**more: Any) -> int:
        wanted = [{"AttributeKey": "EventName", "AttributeValue": "GetCallerIdentity"}]
        found = cloudtrail.lookup_events(LookupAttributes=wanted, **more)
        return len(found["Events"])

    begin = lab.clock.now()
    sts.get_caller_identity()
    lab.clock.move(hours=1)
    sts.get_caller_identity()
    half = begin + timedelta(minutes=30)
    assert (count(), count(StartTime=half), count(EndTime=half)) == (2, 1, 1)
    assert count(StartTime=half, EndTime=half) == 0
    assert code_of(cloudtrail.lookup_events, StartTime=half, EndTime=begin) == (
        "InvalidTimeRangeException"
    )
    lab.clock.move(days=89, hours=23, minutes=30)
    assert count(StartTime=begin) == 1
    assert len(lab.gateway.trail.records(ACCOUNT)) > 2


def test_each_attribute(setup: Setup, bucket: str) -> None:
    with setup.irsa_pod().inside():
        session = boto3.Session()
        session.client("sts").get_caller_identity()
        credentials = session.get_credentials()
    assert credentials is not None
    cloudtrail = boto3.client("cloudtrail")

    def names(key: str, value: str) -> set[str]:
        wanted = [{"AttributeKey": key, "AttributeValue": value}]
        events = cloudtrail.lookup_events(LookupAttributes=wanted)["Events"]
        return {event["EventName"] for event in events}

    assert names("ResourceName", credentials.access_key) == {"AssumeRoleWithWebIdentity"}
    assert names("AccessKeyId", credentials.access_key) == {"GetCallerIdentity"}
    assert names("ResourceType", "AWS::S3::Bucket") == {"CreateBucket"}
    assert names("EventSource", "s3.amazonaws.com") == {"CreateBucket"}
    assert "AssumeRoleWithWebIdentity" in names("ReadOnly", "true")
    assert "CreateBucket" in names("ReadOnly", "false")
    assert names("Username", "system:serviceaccount:orders:orders-api") == {
        "AssumeRoleWithWebIdentity"
    }
    event = cloudtrail.lookup_events()["Events"][-1]
    assert names("EventId", event["EventId"]) == {event["EventName"]}


def test_the_history_is_of_one_region(lab: Lab) -> None:
    boto3.client("iam").list_users()
    here = boto3.client("cloudtrail").lookup_events()["Events"]
    there = boto3.client("cloudtrail", region_name="us-east-1").lookup_events()["Events"]
    assert "ListUsers" not in {event["EventName"] for event in here}
    assert "ListUsers" in {event["EventName"] for event in there}


# -- shapes ------------------------------------------------------------------------------------


def test_what_sts_answers_is_in_its_record(setup: Setup) -> None:
    with setup.irsa_pod().inside():
        boto3.client("sts").get_caller_identity()
    (record,) = [
        item
        for item in setup.lab.gateway.trail.records(ACCOUNT)
        if item["eventName"] == "AssumeRoleWithWebIdentity"
    ]
    answer = record["responseElements"]
    assert set(answer["credentials"]) == {"accessKeyId", "sessionToken", "expiration"}
    assert answer["credentials"]["expiration"] == "Jan 15, 2026, 10:00:00 AM"
    assert answer["subjectFromWebIdentityToken"] == "system:serviceaccount:orders:orders-api"
    assert answer["assumedRoleUser"]["arn"].startswith(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/orders-api/"
    )
    assert record["readOnly"] is True
    assert record["resources"] == [
        {
            "accountId": ACCOUNT,
            "type": "AWS::IAM::Role",
            "ARN": f"arn:aws:iam::{ACCOUNT}:role/orders-api",
        }
    ]


def test_the_owner_of_a_bucket_sees_who_came_from_another_account(lab: Lab, bucket: str) -> None:
    everyone = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal={"AWS": OTHER_ACCOUNT})
    boto3.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(everyone))
    lab.session(OTHER_ACCOUNT).client("s3").get_object(Bucket=bucket, Key="in/1")
    theirs, ours = (lab.gateway.trail.records(item)[-1] for item in (OTHER_ACCOUNT, ACCOUNT))
    assert theirs["sharedEventID"] == ours["sharedEventID"]
    assert theirs["eventID"] != ours["eventID"]
    assert theirs["userIdentity"]["type"] == "AssumedRole"
    assert ours["userIdentity"] == {
        "type": "AWSAccount",
        "principalId": theirs["userIdentity"]["principalId"],
        "accountId": OTHER_ACCOUNT,
    }


def test_members_of_lists_are_in_camel_case_and_tags_keep_their_names(lab: Lab) -> None:
    boto3.client("iam").create_role(
        RoleName="x",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "ec2.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            }
        ),
        Tags=[{"Key": "Team", "Value": "Orders"}],
    )
    parameters = lab.gateway.trail.records(ACCOUNT)[-1]["requestParameters"]
    assert parameters["roleName"] == "x"
    assert parameters["tags"][0]["key"] == "Team"


def test_what_is_not_there_is_recorded_as_refused(lab: Lab, bucket: str) -> None:
    assert code_of(boto3.client("s3").get_object, Bucket=bucket, Key="none") == "NoSuchKey"
    record = lab.gateway.trail.records(ACCOUNT)[-1]
    assert (record["eventName"], record["errorCode"]) == ("GetObject", "NoSuchKey")
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/x", TargetKeyId=key)
    kms.delete_alias(AliasName="alias/x")
    assert "errorCode" not in lab.gateway.trail.records(ACCOUNT)[-1]
