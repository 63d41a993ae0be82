"""A program in a network of its own: AWS's addresses are real there, and nothing else is there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from podrole.lab.isolation.name_server import answered
from tests.lab.conftest import ACCOUNT
from tests.lab.doors.served_pods import run_as, served_pods
from tests.tools import needs_namespaces

ASK = """
import json, os, urllib.request, urllib.error
def ask(url, method="GET", **headers):
    request = urllib.request.Request(url, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=1.5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError as error:
        return str(error)
"""
TTL = '**{"X-aws-ec2-metadata-token-ttl-seconds": "60"}'
TOKEN_URL = "http://169.254.169.254/latest/api/token"


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Any]]:
    needs_namespaces()
    with served_pods("--metadata", "open") as settings:
        yield settings


def python(served: dict[str, Any], pod: str, script: str) -> Any:
    done = run_as(served, pod, [sys.executable, "-c", ASK + script], "--isolated")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_program_needs_no_variable_of_the_labs(served: dict[str, Any]) -> None:
    found = python(served, "irsa", "print(json.dumps(dict(os.environ)))")
    assert not [name for name in found if "ENDPOINT_" in name or "PROXY" in name.upper()]
    assert found["AWS_WEB_IDENTITY_TOKEN_FILE"].startswith("/var/run/secrets/eks.amazonaws.com/")
    found = python(served, "pod-identity", "print(json.dumps(dict(os.environ)))")
    assert found["AWS_CONTAINER_CREDENTIALS_FULL_URI"] == "http://169.254.170.23/v1/credentials"


def test_nothing_else_is_there(served: dict[str, Any]) -> None:
    urls = ("http://203.0.113.1/", "https://example.com/", served["endpoint"])
    script = f"print(json.dumps([ask(url) for url in {urls}]))"
    address, name, port = python(served, "irsa", script)
    assert "unreachable" in address
    assert "Name or service not known" in name
    assert "refused" in port, "the lab's own ports are of another network"


def test_who_is_nobody_becomes_the_node(served: dict[str, Any]) -> None:
    script = f"print(json.dumps(ask('{TOKEN_URL}', 'PUT', {TTL})))"
    assert python(served, "irsa-stranger", script) == 200


@pytest.mark.parametrize(
    ("mode", "said"), [("hop-limit", "timed out"), ("silent", "timed out"), ("off", 403)]
)
def test_the_metadata_service_in_each_mode(mode: str, said: object) -> None:
    needs_namespaces()
    with served_pods("--metadata", mode) as served:
        found = python(served, "irsa", f"print(json.dumps(ask('{TOKEN_URL}', 'PUT', {TTL})))")
    assert str(said) in str(found)


def test_a_token_is_where_it_is_mounted_for_its_owner_alone(served: dict[str, Any]) -> None:
    script = """
path = os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"]
print(json.dumps([os.path.exists(path), os.stat(path).st_mode & 0o777]))
"""
    assert python(served, "irsa", script) == [True, 0o600]


def test_a_program_that_is_not_there(served: dict[str, Any]) -> None:
    done = run_as(served, "irsa", ["no-such-program"], "--isolated")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "podrole: no-such-program: No such file or directory\n"


def test_nothing_stays_of_a_program_that_was_interrupted(served: dict[str, Any]) -> None:
    command = [sys.executable, "-m", "podrole", "lab", "exec", "--endpoint", served["endpoint"],
               "irsa", "-n", "orders", "--isolated", "--", sys.executable, "-uc",
               "import os, time; print(os.getpid(), os.environ['SSL_CERT_FILE']); time.sleep(99)",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    program, certificate = process.stdout.readline().split()
    assert Path(certificate).exists()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 128 + signal.SIGTERM
    process.stdout.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(program), 0)
    assert not Path(certificate).parents[1].exists()


# -- the name server -------------------------------------------------------------------------


def question(name: str, kind: int = 1) -> bytes:
    labels = b"".join(bytes([len(one)]) + one.encode() for one in name.split("."))
    return b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0" + labels + b"\0" + bytes([0, kind, 0, 1])


def test_names_of_aws_have_the_address_and_others_are_none() -> None:
    address = bytes([198, 51, 100, 10])
    for name in ("sts.us-west-2.amazonaws.com", "Orders.S3.amazonaws.com", "eks-auth.x.api.aws"):
        answer = answered(question(name), address)
        assert answer is not None
        assert (answer[:2], answer[3] & 15, answer[7], answer[-4:]) == (b"\x12\x34", 0, 1, address)
    answer = answered(question("sts.us-west-2.amazonaws.com", kind=28), address)
    assert answer is not None
    assert (answer[3] & 15, answer[7]) == (0, 0), "it exists, but has no IPv6"
    for name in ("example.com", "amazonaws.com.example.com", "notamazonaws.com"):
        answer = answered(question(name), address)
        assert answer is not None
        assert answer[3] & 15 == 3


@pytest.mark.parametrize("text", [b"", b"x" * 11, question("a.b")[:14], question("a.b")[:-1]])
def test_what_is_no_question_gets_no_answer(text: bytes) -> None:
    assert answered(text, bytes(4)) is None


def test_the_account_is_the_pods(served: dict[str, Any]) -> None:
    script = """
import boto3
print(json.dumps(boto3.client("sts").get_caller_identity()["Account"]))
"""
    assert python(served, "irsa", script) == ACCOUNT
