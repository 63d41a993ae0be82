"""The node: its metadata service, and the pod that silently works with the node's role."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from werkzeug.test import Client

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, Setup

HOST = {"Host": "169.254.169.254"}
TTL = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN = "X-aws-ec2-metadata-token"


def test_a_pod_without_a_role_gets_none_at_the_usual_hop_limit(setup: Setup) -> None:
    pod = setup.deploy()
    with pod.inside(), pytest.raises(NoCredentialsError):
        boto3.client("sts").get_caller_identity()


def test_a_pod_without_a_role_silently_uses_the_nodes_where_that_is_open(setup: Setup) -> None:
    setup.lab.node.metadata_mode = "open"
    pod = setup.deploy()
    with pod.inside():
        session = boto3.Session()
        credentials = session.get_credentials()
        arn = session.client("sts").get_caller_identity()["Arn"]
    assert credentials is not None
    assert credentials.method == "iam-role"
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/eks-node/i-0abcd1234ef567890"


def test_a_role_of_its_own_comes_before_the_nodes(setup: Setup) -> None:
    setup.lab.node.metadata_mode = "open"
    with setup.pod_identity_pod().inside():
        arn = boto3.client("sts").get_caller_identity()["Arn"]
    assert ":assumed-role/orders-api/" in arn


def test_a_metadata_token_is_needed_and_ends(lab: Lab) -> None:
    lab.node.metadata_mode = "open"
    client = Client(lab.gateway)
    path = "/latest/meta-data/iam/security-credentials/"
    assert client.get(path, headers=HOST).status_code == 401
    token = client.put("/latest/api/token", headers={**HOST, TTL: "60"}).text
    assert client.get(path, headers={**HOST, TOKEN: token}).text == "eks-node"
    lab.clock.move(seconds=60)
    assert client.get(path, headers={**HOST, TOKEN: token}).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({TTL: "0"}, 400),
        ({TTL: "21601"}, 400),
        ({TTL: "60", "X-Forwarded-For": "x"}, 403),
    ],
)
def test_no_metadata_token_for(lab: Lab, headers: dict[str, str], status: int) -> None:
    lab.node.metadata_mode = "open"
    client = Client(lab.gateway)
    answer = client.put("/latest/api/token", headers={**HOST, **headers})
    assert answer.status_code == status


def test_the_nodes_credentials_stay_the_same_until_an_hour_before_their_end(lab: Lab) -> None:
    first = lab.node.session()
    lab.clock.move(hours=4, minutes=59)
    assert lab.node.session() is first
    lab.clock.move(minutes=1)
    assert lab.node.session() is not first
