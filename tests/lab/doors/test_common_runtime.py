"""awscrt, really installed: what boto3 does by it stays in the lab, and nothing else connects."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.client_programs import python_environment

LOCK = Path(__file__).parents[3] / "requirements" / "common-runtime.txt"
PREPARED = """
import io, json
import awscrt.auth, awscrt.http, awscrt.io, awscrt.s3
import boto3, boto3.s3.transfer, botocore.auth, s3transfer.crt
from botocore.config import Config
from podrole.lab import Lab

def told(act):
    try:
        return str(act())
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def transfer(client, preferred, body):
    config = boto3.s3.transfer.TransferConfig(preferred_transfer_client=preferred)
    client.upload_fileobj(io.BytesIO(body), "orders-data", f"a b/{preferred}", Config=config)
    found = io.BytesIO()
    client.download_fileobj("orders-data", f"a b/{preferred}", found, Config=config)
    return found.getvalue() == body

def manager(client):
    serializer = s3transfer.crt.BotocoreCRTRequestSerializer(
        boto3.Session()._session, {"region_name": "us-west-2"}
    )
    return s3transfer.crt.CRTTransferManager(client, serializer)

def made():
    return s3transfer.crt.create_s3_crt_client("us-west-2")

def with_lab(act):
    with Lab.start():
        s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
        s3.create_bucket(
            Bucket="orders-data", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
        )
        return act(s3)
"""
WORD = "LeavesTheLab: lab: awscrt opens sockets of its own, which would lead out of the lab"


def run(script: str) -> Any:
    """What a script prints, in this Python with awscrt beside its packages."""
    python = python_environment(LOCK)
    (packages,) = python.parents[1].glob("lib/python*/site-packages")
    done = subprocess.run(
        [sys.executable, "-c", PREPARED + script],
        capture_output=True,
        text=True,
        # A connection that leaves all the same ends here, and not in AWS.
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(packages),
            "HTTPS_PROXY": "http://[::1]:9",
        },
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("preferred", ["crt", "auto", "classic"])
def test_transfers_go_to_the_lab(preferred: str) -> None:
    script = """
body = b"x" * (9 * 1024 * 1024)
print(json.dumps(with_lab(lambda s3: [
    botocore.auth.HAS_CRT,
    transfer(s3, PREFERRED, body),
    [item["Key"] for item in s3.list_objects_v2(Bucket="orders-data")["Contents"]],
])))
"""
    found = run(script.replace("PREFERRED", repr(preferred)))
    assert found == [True, True, [f"a b/{preferred}"]]


def test_what_is_signed_by_it_the_lab_verifies() -> None:
    script = """
def act(s3):
    url = s3.generate_presigned_url("get_object", {"Bucket": "orders-data", "Key": "k"})
    endpoint = boto3.client("events")
    return [
        botocore.auth.AUTH_TYPE_MAPS["v4"].__module__,
        boto3.client("sts").get_caller_identity()["Arn"],
        "X-Amz-Signature=" in url,
        # Both are signed by Signature Version 4A, which botocore has by awscrt alone.
        told(lambda: endpoint.put_events(Entries=[{"Source": "s", "DetailType": "t",
            "Detail": "{}"}], EndpointId="abcde.veo")),
        told(lambda: boto3.client("s3").get_object(
            Bucket="arn:aws:s3::111122223333:accesspoint/abcde.mrap", Key="k")),
    ]
print(json.dumps(with_lab(act)))
"""
    module, arn, presigned, events, region_free = run(script)
    assert module == "botocore.crt.auth"
    assert arn == "arn:aws:sts::111122223333:assumed-role/platform-admin/you"
    assert presigned
    assert "PutEvents operation: lab: sign with AWS4-HMAC-SHA256" in events
    assert "InvalidRequest" in region_free


def test_nothing_else_of_it_connects() -> None:
    script = """
before = made()
act = lambda s3: [
    told(made),
    told(lambda: awscrt.http.HttpClientConnection.new("sts.amazonaws.com", 443).result(9)),
    told(awscrt.auth.AwsCredentialsProvider.new_default_chain),
    told(lambda: manager(before).upload(io.BytesIO(b"x"), "orders-data", "k").result()),
]
print(json.dumps(with_lab(act)))
"""
    for said in run(script):
        assert said.startswith(WORD)


def test_after_the_lab_all_is_as_before() -> None:
    script = """
names = lambda: [
    boto3.s3.transfer._should_use_crt.__module__,
    awscrt.io.ClientBootstrap.__init__.__module__,
    awscrt.s3.S3Client.make_request.__module__,
]
before = names()
with_lab(lambda s3: None)
print(json.dumps([before == names(), type(made()).__name__]))
"""
    assert run(script) == [True, "S3Client"]
