"""SDKs that are too old for Pod Identity: two of boto3, run as pods, and what they show.

botocore's own change log, read 2026-11-24: 1.32.0 knows the agent, 1.34.41 reads the token again.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from podrole.doctor.texts import explain
from podrole.lab.node_addresses import AGENT_URL
from podrole.lab.serving.lab_client import LabClient
from tests.client_programs import python_environment
from tests.lab.conftest import ACCOUNT, POD_IDENTITY_TRUST
from tests.lab.doors.served_pods import Cluster
from tests.lab.lab_process import client, control, serving

LOCKS = Path(__file__).parents[2] / "requirements"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/orders-api"
#: Says who it is, and again for each line that it is given.
PROGRAM = """
import sys
import boto3
sts = boto3.client("sts")
while True:
    print(sts.get_caller_identity()["Arn"], flush=True)
    if not sys.stdin.readline():
        break
"""


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Any]]:
    """A pod of Pod Identity, on a node whose role would answer; each call renews the session."""
    with serving("--metadata", "open", "--session-seconds", "60") as settings:
        eks = client(settings, "eks")
        client(settings, "iam").create_role(
            RoleName="orders-api", AssumeRolePolicyDocument=json.dumps(POD_IDENTITY_TRUST)
        )
        eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent")
        eks.create_pod_identity_association(
            clusterName="demo", namespace="orders", serviceAccount="orders-api", roleArn=ROLE
        )
        cluster = Cluster(settings)
        cluster("POST", "/api/v1/namespaces", {"metadata": {"name": "orders"}})
        cluster.run("orders", "orders-api")
        yield settings


class PodOf:
    """The pod's variables, and its token in a folder of this machine."""

    def __init__(self, served: dict[str, Any], folder: Path) -> None:
        self._served, self._folder = served, folder

    def write_token(self) -> dict[str, str]:
        """Do the kubelet's work; the variables that lead to it."""
        found = LabClient(self._served["endpoint"]).pod("orders-api", "orders", None)
        ((path, text),) = found.files.items()
        file = self._folder / "token"
        file.write_text(text)
        variables = {
            name: str(file) if value == path else value for name, value in found.env.items()
        }
        return {"PATH": os.environ["PATH"], **found.reach, **variables}

    def run(self, boto3: str, variables: dict[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(python_environment(LOCKS / f"{boto3}.txt")), "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=variables,
        )


@pytest.fixture
def pod(served: dict[str, Any], tmp_path: Path) -> PodOf:
    return PodOf(served, tmp_path)


def test_before_pod_identity_it_does_not_ask_the_agent_nor_the_node(pod: PodOf) -> None:
    # The address that the webhook writes: over loopback, the lab's agent has one that it would ask.
    variables = pod.write_token() | {"AWS_CONTAINER_CREDENTIALS_FULL_URI": AGENT_URL}
    shown, error = pod.run("before-pod-identity", variables).communicate(timeout=120)
    assert shown == ""
    assert error.splitlines()[-1] == (
        "ValueError: Unsupported host '169.254.170.23'.  Can only retrieve metadata from these "
        "hosts: 169.254.170.2, localhost, 127.0.0.1"
    )
    assert explain(error).causes == ["sdk-too-old"], error


def test_below_the_minimum_it_keeps_the_first_token(served: dict[str, Any], pod: PodOf) -> None:
    program = pod.run("keeps-token", pod.write_token())
    try:
        assert program.stdout is not None
        assert ":assumed-role/orders-api/" in program.stdout.readline()
        move = urllib.request.Request(
            f"{served['endpoint']}/_podrole/clock",
            data=json.dumps({"hours": 25}).encode(),
            headers=control(served),
        )
        urllib.request.urlopen(move).close()
        pod.write_token()
        shown, error = program.communicate("again\n", timeout=120)
    finally:
        program.kill()
    assert shown == ""
    assert explain(error).causes == ["token-expired"], error
    assert "Service account token failed basic claim validations: token is expired" in error
