"""The lab on a loopback port, as other programs meet it."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.lab.conftest import ACCOUNT
from tests.lab.lab_process import client, serving


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Any]]:
    with serving() as settings:
        yield settings


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


def test_no_door_listens_on_another_address(served: dict[str, Any]) -> None:
    """127.0.0.2 is this machine too, and stands for each address that others can reach."""
    doors = [served["endpoint"], served["agent"], served["metadata"], served["webhook"]]
    for port in {urlsplit(door).port for door in doors}:
        socket.create_connection(("127.0.0.1", port)).close()
        with socket.socket() as other:
            assert other.connect_ex(("127.0.0.2", port)) != 0


def test_what_needs_no_key(served: dict[str, Any]) -> None:
    """All that another user of this machine can read, as docs/reference/lab-security.md says."""
    cluster = client(served, "eks").describe_cluster(name="demo")["cluster"]
    issuer = urlsplit(cluster["identity"]["oidc"]["issuer"]).path
    api = served["webhook"].rpartition("/mutate/")[0]
    aws = served["endpoint"]
    assert status(f"{aws}{issuer}/.well-known/openid-configuration") == 200
    assert status(f"{aws}{issuer}/keys") == 200
    assert [status(f"{api}/{path}") for path in ("version", "healthz")] == [200, 200]
    assert status(f"{aws}/_podrole/pods/default/orders") == 403
    assert status(f"{aws}/orders-data") == 403
    assert status(f"{api}/api/v1/namespaces") == 401
    assert status(f"{api}/mutate/guessed") == 401
    assert status(served["agent"]) == 400
    assert status(f"{served['metadata']}/latest/meta-data/") == 401  # no token gets to a pod


def status(url: str) -> int:
    """The status of a GET without any key."""
    parts = urlsplit(url)
    connection = (
        http.client.HTTPSConnection(parts.netloc, context=ssl._create_unverified_context())
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.netloc)
    )
    with closing(connection):
        connection.request("GET", parts.path)
        return connection.getresponse().status


def test_a_taken_port_is_one_clear_line(served: dict[str, Any]) -> None:
    port = served["endpoint"].rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "podrole", "lab", "serve", "--port", port],
        capture_output=True,
        text=True,
        env={**os.environ},
    )
    assert done.returncode == 2
    assert done.stderr == f"podrole: port {port} is in use: give another, or 0 for a free one\n"


def test_a_bad_account_is_one_clear_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "podrole", "lab", "serve", "--accounts", "12"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == "podrole: account '12' is not 12 digits, for example 111122223333\n"


def test_the_nodes_keys_are_the_ones_that_the_agent_calls_with(served: dict[str, Any]) -> None:
    keys = {name.lower(): value for name, value in served["node"].items()}
    sts = client(served, "sts", **keys)
    assert sts.get_caller_identity()["Arn"].endswith(":assumed-role/eks-node/i-0abcd1234ef567890")
