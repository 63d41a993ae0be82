"""Secrets Manager calls, decided by identity and resource policies."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, ROLE_ARN, Setup, allow
from tests.lab.services.sts.test_irsa import refused


@pytest.fixture
def secret(lab: Lab) -> str:
    answer = boto3.client("secretsmanager").create_secret(
        Name="orders/db", SecretString="s3cret", Tags=[{"Key": "namespace", "Value": "orders"}]
    )
    return str(answer["ARN"])


def test_a_secret_is_decided_by_its_full_arn(setup: Setup, secret: str) -> None:
    pod = setup.irsa_pod(
        allow(
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:orders/db-??????",
        )
    )
    with pod.inside():
        client = boto3.client("secretsmanager")
        assert client.get_secret_value(SecretId="orders/db")["SecretString"] == "s3cret"
        code, status, message = refused(
            lambda: client.put_secret_value(SecretId="orders/db", SecretString="x")
        )
    assert (code, status) == ("AccessDeniedException", 400)
    assert message.endswith(
        "is not authorized to perform: secretsmanager:PutSecretValue on resource: orders/db"
        " because no identity-based policy allows the secretsmanager:PutSecretValue action"
    )


def test_a_secrets_tags_are_condition_keys(setup: Setup, secret: str) -> None:
    pod = setup.irsa_pod(
        allow(
            "secretsmanager:GetSecretValue",
            Condition={"StringEquals": {"aws:ResourceTag/namespace": "payroll"}},
        )
    )
    with pod.inside():
        client = boto3.client("secretsmanager")
        assert refused(lambda: client.get_secret_value(SecretId="orders/db"))[0] == (
            "AccessDeniedException"
        )


def test_a_secret_of_another_account_needs_both_sides(setup: Setup, lab: Lab) -> None:
    theirs = lab.session(OTHER_ACCOUNT).client("secretsmanager")
    arn = theirs.create_secret(Name="shared", SecretString="theirs")["ARN"]
    pod = setup.irsa_pod(allow("secretsmanager:GetSecretValue"))

    def read() -> Any:
        with pod.inside():
            return boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]

    assert refused(read)[0] == "AccessDeniedException"
    grant = {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE_ARN},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    theirs.put_resource_policy(
        SecretId=arn,
        ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [grant]}),
    )
    assert read() == "theirs"


def test_a_malformed_secret_policy_is_refused(secret: str) -> None:
    client = boto3.client("secretsmanager")
    assert refused(lambda: client.put_resource_policy(SecretId="orders/db", ResourcePolicy="{}"))[
        :2
    ] == ("MalformedPolicyDocumentException", 400)
    client.get_secret_value(SecretId="orders/db")


def test_what_moto_stumbles_over_is_an_error_and_no_traceback(lab: Lab) -> None:
    code, status, message = refused(lambda: boto3.client("eks").list_nodegroups(clusterName="x"))
    assert (code, status) == ("InternalFailure", 500)
    assert message.startswith("lab: moto failed at eks:ListNodegroups")
