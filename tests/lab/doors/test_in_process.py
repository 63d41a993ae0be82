"""The in-process door: nothing leaves, and everything is put back."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import botocore.httpsession
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
)

from podrole.lab import Lab, LabError, PodError
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, Setup

PROD = {
    "AWS_PROFILE": "prod",
    "AWS_ACCESS_KEY_ID": "AKIAPRODPRODPRODPROD",
    "AWS_SECRET_ACCESS_KEY": "prod-secret",
    "AWS_ENDPOINT_URL": "https://example.com",
}


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that this process tries to reach or look up, off the loopback; all refused."""
    reached: list[Any] = []

    def connect(_socket: socket.socket, address: Any) -> None:
        reached.append(address)
        raise OSError("refused by the test")

    def look_up(host: Any, *_: Any, **__: Any) -> Any:
        reached.append(host)
        raise OSError("refused by the test")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return reached


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A reader's machine, signed in to production."""
    credentials = tmp_path / "credentials"
    credentials.write_text("[prod]\naws_access_key_id = AKIAFILE\naws_secret_access_key = file\n")
    for name, value in {**PROD, "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # one that has read the machine's files


def test_the_guard_of_these_tests_would_notice(wire: list[Any]) -> None:
    client = boto3.client(
        "sts", region_name="us-west-2", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with pytest.raises(EndpointConnectionError):
        client.get_caller_identity()
    assert wire


@pytest.mark.parametrize(
    "service", ["sts", "s3", "iam", "eks", "eks-auth", "secretsmanager", "sqs", "kinesis"]
)
def test_no_client_reaches_anything_else(wire: list[Any], production: None, service: str) -> None:
    calls = {
        "sts": "get_caller_identity",
        "s3": "list_buckets",
        "iam": "list_roles",
        "eks": "list_clusters",
        "secretsmanager": "list_secrets",
        "sqs": "list_queues",
    }
    before = boto3.client(
        service, region_name="eu-central-1", config=Config(ignore_configured_endpoint_urls=True)
    )
    with Lab.start():
        for client in (before, boto3.client(service)):
            if service == "eks-auth":
                with pytest.raises(ClientError):
                    client.assume_role_for_pod_identity(clusterName="demo", token="a.b.c")
            elif service == "kinesis":
                with pytest.raises(ClientError, match="the lab does not carry kinesis:ListStreams"):
                    client.list_streams()
            else:
                getattr(client, calls[service])()
    assert wire == []


def test_a_client_made_before_acts_as_operator(wire: list[Any], production: None) -> None:
    before = boto3.client("sts", region_name="us-east-1", endpoint_url="https://sts.amazonaws.com")
    with Lab.start():
        arn = before.get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/platform-admin/you"
    assert wire == []


def test_a_client_made_before_without_credentials(
    wire: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", "/nonexistent")
    before = boto3.client("sts", region_name="us-west-2")
    with Lab.start():
        assert before.get_caller_identity()["Account"] == ACCOUNT
    assert wire == []


def test_the_default_session_of_before_is_set_aside(wire: list[Any], production: None) -> None:
    boto3.setup_default_session(region_name="eu-central-1")
    default = boto3.DEFAULT_SESSION
    with Lab.start():
        assert boto3.client("sts").get_caller_identity()["Account"] == ACCOUNT
        assert boto3.client("s3").meta.region_name == "us-west-2"
    assert boto3.DEFAULT_SESSION is default
    boto3.DEFAULT_SESSION = None


def test_keys_that_the_lab_did_not_issue(lab: Lab) -> None:
    client = boto3.client("sts", aws_access_key_id="AKIAUNKNOWN", aws_secret_access_key="x")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        client.get_caller_identity()


def test_a_client_of_the_lab_dies_with_it(wire: list[Any]) -> None:
    with Lab.start():
        client = boto3.client("sts")
        client.get_caller_identity()
    with pytest.raises(NoCredentialsError):
        client.get_caller_identity()
    assert wire == []


def test_other_hosts_and_the_metadata_service(wire: list[Any], lab: Lab) -> None:
    elsewhere = boto3.client("s3", endpoint_url="https://minio.example.com")
    with pytest.raises(EndpointConnectionError, match=r"minio\.example\.com"):
        elsewhere.list_buckets()
    session = botocore.httpsession.URLLib3Session()
    request = botocore.awsrequest.AWSRequest("GET", "http://169.254.169.254/latest/meta-data/")
    with pytest.raises(ConnectTimeoutError):
        session.send(request.prepare())
    assert wire == []


def test_what_is_too_large_is_refused_as_on_a_port(lab: Lab) -> None:
    large = "x" * (1024 * 1024)
    with pytest.raises(ClientError, match="RequestEntityTooLarge") as caught:
        boto3.client("kms").encrypt(KeyId=large, Plaintext=b"x")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    with pytest.raises(ClientError) as caught:
        boto3.client("sqs").create_queue(QueueName=large * 2)
    assert (
        caught.value.response["Error"]["Message"] == "HTTP content length exceeded 1662976 bytes."
    )
    s3 = boto3.client("s3")
    with pytest.raises(ClientError, match="MaxMessageLengthExceeded"):
        s3.put_bucket_policy(Bucket="none", Policy=large * 2 + "x")


def test_no_name_is_looked_up_for_a_proxy(
    wire: list[Any], monkeypatch: pytest.MonkeyPatch, setup: Setup
) -> None:
    """urllib does on macOS, to see whether an address needs one."""
    monkeypatch.setattr(botocore.utils, "proxy_bypass", wire.append)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert boto3.client("sts").get_caller_identity()["Account"] == ACCOUNT
    with setup.pod_identity_pod().inside():
        boto3.client("sts").get_caller_identity()  # the SDK asks the agent
    assert wire == []


def test_a_monitor_of_before_hears_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        heard.setblocking(False)
        monkeypatch.setenv("AWS_CSM_ENABLED", "true")
        monkeypatch.setenv("AWS_CSM_PORT", str(heard.getsockname()[1]))
        session = botocore.session.Session()
        before = session.create_client("sts", region_name="us-west-2")
        with Lab.start():
            before.get_caller_identity()
            with pytest.raises(BlockingIOError):
                heard.recv(65536)
        session._get_internal_component("monitor")._publisher._socket.close()


def test_the_environment_is_put_back(production: None) -> None:
    before = dict(os.environ)
    send = botocore.httpsession.URLLib3Session.send
    with Lab.start():
        assert "AWS_PROFILE" not in os.environ
        assert os.environ["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert dict(os.environ) == before
    assert botocore.httpsession.URLLib3Session.send is send


def test_a_profile_that_does_not_exist_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process of its own: what moto reads when it is imported counts too."""
    script = (
        "import boto3; from podrole.lab import Lab; lab = Lab.start();"
        "print(boto3.client('sts').get_caller_identity()['Account'])"
    )
    environment = {**os.environ, **PROD, "AWS_DEFAULT_REGION": "mars-1", "AWS_CONFIG_FILE": "/"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    assert done.stdout == f"{ACCOUNT}\n", done.stderr


def test_one_lab_at_a_time(lab: Lab) -> None:
    with pytest.raises(LabError, match="stop"):
        Lab.start()


def test_account_ids_are_checked() -> None:
    with pytest.raises(LabError, match="'123' is not 12 digits, for example 111122223333"):
        Lab.start(accounts=("123",))
    Lab.start().stop()  # nothing of the failed start is left


def test_two_accounts(lab: Lab) -> None:
    for account in (ACCOUNT, OTHER_ACCOUNT):
        assert lab.session(account).client("sts").get_caller_identity()["Account"] == account
    with pytest.raises(LabError, match="no account 999999999999"):
        lab.session("999999999999")


def test_inside_a_pod_there_is_the_pods_environment_and_nothing_else(setup: Setup) -> None:
    os.environ["OUTSIDE"] = "1"
    pod = setup.irsa_pod()
    path = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"
    with pod.inside():
        assert "OUTSIDE" not in os.environ
        aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        assert aws == pod.environment()
        assert os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"] == path
        with open(path) as file:
            assert file.read() == pod.read(path)
        assert Path(path).read_text() == pod.read(path)
        with pytest.raises(OSError, match="Read-only"), open(path, "w"):
            pass
    assert os.environ.pop("OUTSIDE") == "1"
    assert not Path(path).exists()
    with pytest.raises(FileNotFoundError):
        Path(path).read_text()


def test_inside_a_pod_errors_pass_and_the_outside_returns(setup: Setup) -> None:
    pod = setup.irsa_pod()
    before = dict(os.environ)
    with pytest.raises(ZeroDivisionError), pod.inside():
        _ = 1 / 0
    assert dict(os.environ) == before


def test_pods_do_not_nest(setup: Setup) -> None:
    pod = setup.irsa_pod()
    with pod.inside(), pytest.raises(PodError, match="already inside"), pod.inside():
        pass


def test_a_large_object_with_a_checksum_arrives_whole(lab: Lab) -> None:
    import io

    s3 = boto3.client("s3")
    s3.create_bucket(
        Bucket="orders-data", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    body = os.urandom(300_000)
    s3.put_object(Bucket="orders-data", Key="a", Body=io.BytesIO(body), ChecksumAlgorithm="SHA256")
    assert s3.get_object(Bucket="orders-data", Key="a")["Body"].read() == body
    s3.upload_fileobj(io.BytesIO(body * 40), "orders-data", "big")
    assert s3.head_object(Bucket="orders-data", Key="big")["ContentLength"] == len(body) * 40
