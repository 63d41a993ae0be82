"""moto finds no second way to read a request: what it carries out is what was decided."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from typing import Any

import boto3
import botocore.auth
import pytest

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT
from tests.lab.fuzz.wsgi_request import Answer, WireRequest, ask
from tests.lab.signing import send, sign

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/x-amz-json-1.1"}


@pytest.mark.parametrize("text", ["x&Action=DeleteSecret&x=", "&Action=DeleteSecret", "a&b=c&d"])
def test_a_text_in_json_chooses_no_operation(lab: Lab, text: str) -> None:
    secrets = boto3.client("secretsmanager")
    secrets.create_secret(Name="orders", SecretString="x")
    secrets.put_secret_value(SecretId="orders", SecretString=text)
    assert secrets.get_secret_value(SecretId="orders")["SecretString"] == text
    assert "DeletedDate" not in secrets.describe_secret(SecretId="orders")


def test_a_name_in_rest_json_chooses_no_operation(lab: Lab) -> None:
    name = "n&Action=DeleteCluster&name=demo"
    body = {"nodegroupName": name, "nodeRole": f"arn:aws:iam::{ACCOUNT}:role/x", "subnets": []}
    answer = send(lab, "eks", "POST", "/clusters/demo/node-groups", json.dumps(body))
    assert answer.status_code == 200
    assert boto3.client("eks").describe_cluster(name="demo")["cluster"]["status"] == "ACTIVE"


@pytest.mark.parametrize(
    "header",
    [
        {"X-Amz-Target": "x.DeleteCluster"},
        {"Action": "DeleteCluster"},
        {"X-HTTP-Method-Override": "DELETE"},
    ],
)
def test_a_header_chooses_no_operation(lab: Lab, header: dict[str, str]) -> None:
    answer = send(lab, "eks", "GET", "/clusters/demo", **header)
    assert answer.status_code == 200
    assert answer.get_json()["cluster"]["name"] == "demo"
    assert send(lab, "eks", "GET", "/clusters/demo").status_code == 200


def test_a_body_names_no_other_cluster_than_the_path(lab: Lab) -> None:
    eks = boto3.client("eks")
    network = {"subnetIds": ["subnet-1", "subnet-2"]}
    role = f"arn:aws:iam::{ACCOUNT}:role/x"
    eks.create_cluster(name="other", roleArn=role, resourcesVpcConfig=network)
    body = {"nodegroupName": "n", "nodeRole": role, "subnets": []}
    more = {"name": "other", "clusterName": "other"}
    answer = send(lab, "eks", "POST", "/clusters/demo/node-groups", json.dumps({**body, **more}))
    assert answer.get_json()["nodegroup"]["clusterName"] == "demo"
    assert eks.list_nodegroups(clusterName="other")["nodegroups"] == []


@pytest.mark.parametrize(
    "body", [b"key=evil", b"tagging=&x=1", b"uploadId=1&partNumber=1", b"acl=", b"plain"]
)
@pytest.mark.parametrize("kind", [FORM["Content-Type"], "multipart/form-data; boundary=x"])
def test_an_object_is_stored_whole_whatever_its_type(
    lab: Lab, bucket: str, body: bytes, kind: str
) -> None:
    """`curl --data` sends an upload with the type of a form."""
    answer = send(lab, "s3", "PUT", f"/{bucket}/k", body, **{"Content-Type": kind})
    assert answer.status_code == 200
    stored = boto3.client("s3").get_object(Bucket=bucket, Key="k")
    assert stored["Body"].read() == body
    assert stored["ContentType"] == kind


def test_a_list_with_a_gap_ends_there_for_both(lab: Lab) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="bob")
    form = (
        "Action=TagUser&UserName=bob&Version=2010-05-08&Tags.member.1.Key=a&Tags.member.1.Value=b"
        "&Tags.member.3.Key=c&Tags.member.3.Value=d&Tags.entry.1.Key=e&Tag.1.Key=f"
    )
    assert send(lab, "iam", "POST", "/", form, **FORM).status_code == 200
    assert iam.list_user_tags(UserName="bob")["Tags"] == [{"Key": "a", "Value": "b"}]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_the_json_protocol_takes_post_alone(lab: Lab, method: str) -> None:
    headers = {**JSON, "X-Amz-Target": "secretsmanager.ListSecrets"}
    answer = send(lab, "secretsmanager", method, "/", "{}", **headers)
    assert answer.status_code == 405
    assert json.loads(answer.data)["message"] == "lab: secretsmanager takes POST, not " + method


@pytest.mark.parametrize(
    "body",
    [
        b'{"Name": "a", "Name": "b"}'.replace(b'"Name": "b"', b'"SecretString": 1e999'),
        '{"Name": "a"}'.encode("utf-16"),
        b'{"Name": "\\ud800"}',
        b'{"Name": "\xed\xa0\x80"}',
        b'{"Name": NaN}',
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b"[" * 20_000,
    ],
    ids=["infinite", "utf-16", "half a pair", "half in UTF-8", "NaN", "deep", "deeper"],
)
def test_json_that_two_readers_might_read_differently_is_refused(lab: Lab, body: bytes) -> None:
    headers = {**JSON, "X-Amz-Target": "secretsmanager.CreateSecret"}
    answer = exactly(lab, "secretsmanager", "POST", "/", body, **headers)
    assert answer.status == 400
    assert json.loads(answer.body)["__type"] == "SerializationException"
    assert boto3.client("secretsmanager").list_secrets()["SecretList"] == []


def exactly(
    lab: Lab, service: str, method: str, target: str, body: bytes, **headers: str
) -> Answer:
    signed = sign(service, method, target, body, **headers)
    answer = ask(lab.gateway, WireRequest(method, target, signed, body))
    assert answer is not None
    return answer


DELETE = b"<Delete><Object><Key>in/1</Key></Object></Delete>"


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE Delete [<!ENTITY k "in/1">]><Delete><Object><Key>&k;</Key></Object></Delete>',
        b'<?xml version="1.0" encoding="utf-7"?>' + DELETE,
        DELETE.decode().encode("utf-16"),
        b"<Delete><Object><Key>in/1</Key><Key>other</Key></Object></Delete>",
        b"<Other><Object><Key>in/1</Key></Object></Other>",
        b"<Delete>" * 2_000,
        b"not XML",
    ],
    ids=["entity", "encoding", "utf-16", "two keys", "other root", "deep", "none"],
)
def test_xml_that_two_readers_might_read_differently_is_refused(
    lab: Lab, bucket: str, body: bytes
) -> None:
    answer = send(lab, "s3", "POST", f"/{bucket}?delete", body)
    assert answer.status_code == 400
    assert b"<Code>MalformedXML</Code>" in answer.data
    assert boto3.client("s3").get_object(Bucket=bucket, Key="in/1")["Body"].read() == b"one"


@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        ("/orders-new", b"<CreateBucketConfiguration>", b"MalformedXML"),
        ("/orders-new", b"<x/>", b"MalformedXML"),
        ("/orders-data?cors", b"", b"MissingRequestBodyError"),
        ("/orders-data?cors", b"x", b"MalformedXML"),
        ("/orders-data?publicAccessBlock", b"{}", b"MalformedXML"),
    ],
)
def test_a_body_that_must_be_xml_is_read_before_moto(
    lab: Lab, bucket: str, target: str, body: bytes, code: bytes
) -> None:
    answer = send(lab, "s3", "PUT", target, body)
    assert answer.status_code == 400
    assert b"<Code>" + code + b"</Code>" in answer.data


# -- trailers, which need no signature -------------------------------------------------------

CRC = b64encode(zlib.crc32(b"one").to_bytes(4, "big"))


class Unsigned(botocore.auth.S3SigV4Auth):  # type: ignore[misc]
    def payload(self, request: Any) -> str:
        return "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


def upload(lab: Lab, declared: str, trailer: bytes) -> Any:
    body = b"3\r\none\r\n0\r\n" + trailer + b"\r\n"
    more = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": "3",
        "content-encoding": "aws-chunked",
        "x-amz-trailer": declared,
    }
    return send(lab, "s3", "PUT", "/orders-data/k", body, signer=Unsigned, **more)


def test_a_trailer_brings_the_checksum_that_is_declared(lab: Lab, bucket: str) -> None:
    trailer = b"x-amz-checksum-crc32:" + CRC + b"\r\n"
    assert upload(lab, "x-amz-checksum-crc32", trailer).status_code == 200
    assert boto3.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"one"


@pytest.mark.parametrize(
    ("declared", "trailer"),
    [
        ("x-amz-copy-source", b"x-amz-copy-source:/orders-data/in/1\r\n"),
        ("x-amz-checksum-crc32", b"x-amz-acl:public-read\r\n"),
        ("x-amz-checksum-crc32", b"x-amz-checksum-crc32:x\r\nx-amz-acl:public-read\r\n"),
        ("x-amz-checksum-crc32", b""),
        ("x-amz-checksum-crc32", b"no colon\r\n"),
        ("host", b"host:127.0.0.1\r\n"),
    ],
)
def test_a_trailer_adds_nothing_else(lab: Lab, bucket: str, declared: str, trailer: bytes) -> None:
    answer = upload(lab, declared, trailer)
    assert answer.status_code == 400
    assert b"<Code>MalformedTrailerError</Code>" in answer.data
