"""The lab on a loopback port, as other programs meet it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from .conftest import ACCOUNT


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Any]]:
    """What `podrole lab serve --port 0 --json` prints; stopped by Ctrl-C at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "podrole", "lab", "serve", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    yield json.loads(line)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert errors == ""


def client(served: dict[str, Any], service: str) -> Any:
    environment = served["environment"]
    return boto3.client(
        service,
        endpoint_url=served["endpoint"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=environment["AWS_SESSION_TOKEN"],
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_the_same_answers_over_http(served: dict[str, Any]) -> None:
    assert client(served, "sts").get_caller_identity()["Account"] == ACCOUNT
    s3 = client(served, "s3")
    s3.create_bucket(
        Bucket="orders-data", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    s3.put_object(Bucket="orders-data", Key="a/b", Body=b"x" * 100_000)
    assert s3.get_object(Bucket="orders-data", Key="a/b")["Body"].read() == b"x" * 100_000
    cluster = client(served, "eks").describe_cluster(name="demo")["cluster"]
    assert cluster["identity"]["oidc"]["issuer"].startswith("https://oidc.eks.us-west-2.")


def test_only_loopback_names_are_answered(served: dict[str, Any]) -> None:
    host, _, port = served["endpoint"].removeprefix("http://").partition(":")
    assert host == "127.0.0.1"
    for name, status in (("attacker.example", 403), (f"localhost:{port}", 403)):
        connection = http.client.HTTPConnection(host, int(port))
        connection.request("GET", "/", headers={"Host": name})
        response = connection.getresponse()
        body = response.read().decode()
        assert response.status == status
        # The second is AWS's answer to an unsigned call, not the guard's.
        assert ("not to this host" in body) == (name == "attacker.example")
        connection.close()


def test_a_taken_port_is_one_clear_line(served: dict[str, Any]) -> None:
    port = served["endpoint"].rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "podrole", "lab", "serve", "--port", port],
        capture_output=True,
        text=True,
        env={**os.environ},
    )
    assert done.returncode == 2
    assert done.stderr == f"podrole: port {port} is taken: give another, or 0 for a free one\n"


def test_a_bad_account_is_one_clear_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "podrole", "lab", "serve", "--accounts", "12"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == "podrole: account '12' is not 12 digits, for example 111122223333\n"
