"""S3 beyond action and ARN: whose bucket, which version, which tags, and no ACLs."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from werkzeug.test import Client

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, Setup, allow
from tests.lab.services.sts.test_irsa import refused
from tests.lab.signing import send


def test_the_expected_bucket_owner(lab: Lab, bucket: str) -> None:
    s3 = boto3.client("s3")
    at = {"Bucket": bucket, "Key": "in/1"}
    s3.get_object(**at, ExpectedBucketOwner=ACCOUNT)
    copy = {"Bucket": bucket, "Key": "copy", "CopySource": f"{bucket}/in/1"}
    for call in (
        lambda: s3.get_object(**at, ExpectedBucketOwner=OTHER_ACCOUNT),
        lambda: s3.put_object(**at, Body=b"", ExpectedBucketOwner=OTHER_ACCOUNT),
        lambda: s3.list_objects_v2(Bucket=bucket, ExpectedBucketOwner=OTHER_ACCOUNT),
        lambda: s3.copy_object(**copy, ExpectedSourceBucketOwner=OTHER_ACCOUNT),
    ):
        assert refused(call) == ("AccessDenied", 403, "Access Denied")
    s3.copy_object(**copy, ExpectedSourceBucketOwner=ACCOUNT, ExpectedBucketOwner=ACCOUNT)


def test_a_bucket_takes_no_acls(lab: Lab, bucket: str) -> None:
    s3 = boto3.client("s3")
    at = {"Bucket": bucket, "Key": "k"}
    s3.put_object(**at, Body=b"", ACL="bucket-owner-full-control")
    for call in (
        lambda: s3.put_object(**at, Body=b"", ACL="public-read"),
        lambda: s3.put_object(**at, Body=b"", GrantRead="id=x"),
        lambda: s3.put_object_acl(**at, ACL="public-read"),
        lambda: s3.put_bucket_acl(Bucket=bucket, ACL="public-read"),
    ):
        assert refused(call) == (
            "AccessControlListNotSupported",
            400,
            "The bucket does not allow ACLs",
        )
    where = {"CreateBucketConfiguration": {"LocationConstraint": "us-west-2"}}
    assert refused(lambda: s3.create_bucket(Bucket="open", ACL="public-read", **where))[0] == (
        "InvalidBucketAclWithObjectOwnership"
    )


def test_versions_have_actions_of_their_own(setup: Setup, bucket: str) -> None:
    s3 = boto3.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="in/1", Body=b"two")["VersionId"]
    with setup.irsa_pod(allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])).inside():
        s3 = boto3.client("s3")
        at = {"Bucket": bucket, "Key": "in/1"}
        s3.get_object(**at)
        source = {**at, "VersionId": version}
        objects = [{"Key": "in/1", "VersionId": version}]
        for call, action in (
            (lambda: s3.get_object(**at, VersionId=version), "s3:GetObjectVersion"),
            (lambda: s3.delete_object(**at, VersionId=version), "s3:DeleteObjectVersion"),
            (
                lambda: s3.delete_objects(Bucket=bucket, Delete={"Objects": objects}),
                "s3:DeleteObjectVersion",
            ),
            (
                lambda: s3.copy_object(Bucket=bucket, Key="copy", CopySource=source),
                "s3:GetObjectVersion",
            ),
        ):
            assert f"{action} on resource" in refused(call)[2]


def test_a_copied_part_needs_its_source(setup: Setup, bucket: str) -> None:
    s3 = boto3.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="in/1", Body=b"two")["VersionId"]
    with setup.irsa_pod(allow(["s3:PutObject", "s3:PutObjectTagging"])).inside():
        s3 = boto3.client("s3")
        at = {"Bucket": bucket, "Key": "out/1"}
        upload = {**at, "UploadId": s3.create_multipart_upload(**at)["UploadId"], "PartNumber": 1}
        for source, action in (
            ({"Bucket": bucket, "Key": "in/1"}, "s3:GetObject"),
            ({"Bucket": bucket, "Key": "in/1", "VersionId": version}, "s3:GetObjectVersion"),
        ):
            message = refused(lambda c=source: s3.upload_part_copy(**upload, CopySource=c))[2]
            assert f"{action} on resource" in message
        for more, action in (({}, "GetObjectTagging"), ({"VersionId": version}, "VersionTagging")):
            message = refused(lambda m=more: s3.get_object_tagging(Bucket=bucket, Key="in/1", **m))[
                2
            ]
            assert f"{action} on resource" in message


def test_tags_of_objects(setup: Setup, bucket: str) -> None:
    s3 = boto3.client("s3")
    s3.put_object(Bucket=bucket, Key="in/2", Body=b"x", Tagging="class=open&team=orders")
    read = {"StringEquals": {"s3:ExistingObjectTag/class": "open"}}
    write = {
        "StringEquals": {"s3:RequestObjectTag/class": "open"},
        "ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["class"]},
    }
    pod = setup.irsa_pod(
        allow("s3:GetObject", Condition=read),
        allow(["s3:PutObject", "s3:PutObjectTagging"], Condition=write),
    )
    with pod.inside():
        s3 = boto3.client("s3")
        s3.get_object(Bucket=bucket, Key="in/2")
        s3.put_object(Bucket=bucket, Key="in/3", Body=b"x", Tagging="class=open")
        tags = {"TagSet": [{"Key": "class", "Value": "open"}]}
        s3.put_object_tagging(Bucket=bucket, Key="in/3", Tagging=tags)
        other = {"TagSet": [{"Key": "class", "Value": "secret"}]}
        for call in (
            lambda: s3.get_object(Bucket=bucket, Key="in/1"),
            lambda: s3.put_object(Bucket=bucket, Key="in/4", Body=b"x"),
            lambda: s3.put_object(Bucket=bucket, Key="in/4", Body=b"x", Tagging="class=open&a=b"),
            lambda: s3.put_object_tagging(Bucket=bucket, Key="in/3", Tagging=other),
        ):
            assert refused(call)[0] == "AccessDenied"


@pytest.mark.parametrize("trick", ["in/1#.txt", "in/1;.txt", "in/1?x=1&versionId=.txt"])
def test_what_is_copied_is_what_is_decided(setup: Setup, bucket: str, trick: str) -> None:
    """moto reads the source as a URL: it would cut these, after the decision on `*.txt`."""
    pod = setup.irsa_pod(
        allow("s3:GetObject", "arn:aws:s3:::orders-data/*.txt"),
        allow("s3:PutObject", "arn:aws:s3:::orders-data/out/*"),
    )
    with pod.inside():
        s3 = boto3.client("s3")
        assert refused(
            lambda: s3.copy_object(Bucket=bucket, Key="out/1", CopySource=f"{bucket}/{trick}")
        )[0] in ("AccessDenied", "NoSuchKey")


@pytest.mark.parametrize(
    "body",
    [
        "<Delete><Object><Key>out/1</Key><Key>in/1</Key></Object></Delete>",
        "<x><Object><Key>out/1</Key></Object></x>",
        "<Delete><Object><Key/></Object></Delete>",
        "<Delete></Delete>",
        "<Delete>",
    ],
)
def test_a_list_of_deletions_that_can_be_read_in_two_ways(lab: Lab, bucket: str, body: str) -> None:
    answer = send(lab, "s3", "POST", f"/{bucket}?delete", body)
    assert answer.status_code == 400
    assert b"MalformedXML" in answer.data
    boto3.client("s3").get_object(Bucket=bucket, Key="in/1")


def test_how_a_request_is_signed(setup: Setup, lab: Lab, bucket: str) -> None:
    condition = {"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}
    with setup.irsa_pod(allow("s3:GetObject", Condition=condition)).inside():
        s3 = boto3.client("s3")
        at = {"Bucket": bucket, "Key": "in/1"}
        assert refused(lambda: s3.get_object(**at))[0] == "AccessDenied"
        s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
        url = s3.generate_presigned_url("get_object", Params=at)
    host, _, target = url.removeprefix("https://").partition("/")
    answer = Client(lab.gateway).get(f"/{target}", headers={"Host": host})
    assert answer.data == b"one"
