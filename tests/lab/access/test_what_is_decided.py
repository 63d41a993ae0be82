"""What the gateway decides is what moto carries out, for names that can be read in two ways."""

from __future__ import annotations

import boto3
import pytest

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, Setup, allow
from tests.lab.services.sts.test_irsa import refused

HERE = f"us-west-2:{ACCOUNT}"


@pytest.fixture
def parameters(lab: Lab) -> None:
    ssm = boto3.client("ssm")
    for name in ("/orders/x", "/orders-2/x", "/payroll/x"):
        ssm.put_parameter(Name=name, Value="v", Type="String")
    boto3.client("secretsmanager").create_secret(Name="db", SecretString="s3cret")


def test_a_path_is_no_beginning_of_names(parameters: None) -> None:
    found = boto3.client("ssm").get_parameters_by_path(Path="/orders", Recursive=True)
    assert [item["Name"] for item in found["Parameters"]] == ["/orders/x"]


@pytest.mark.parametrize(
    "name",
    [
        "/orders/x:/payroll/x",
        f"arn:aws:ssm:{HERE}:parameter/orders/x:1:2",
        "arn:aws:ssm:us-west-2::parameter/payroll/x",
        f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/payroll/x",
        f"arn:aws:s3:{HERE}:parameter/payroll/x",
        "/aws/reference/secretsmanager/db",
        "aws/reference/secretsmanager/db",
        f"arn:aws:ssm:{HERE}:parameter/aws/reference/secretsmanager/db",
    ],
)
def test_a_parameter_by_an_odd_name(setup: Setup, parameters: None, name: str) -> None:
    deny = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "ssm:*", "Resource": "*"},
            {
                "Effect": "Deny",
                "Action": "ssm:*",
                "Resource": f"arn:aws:ssm:*:{ACCOUNT}:parameter/payroll/*",
            },
        ],
    }
    with setup.irsa_pod(deny).inside():
        ssm = boto3.client("ssm")
        assert refused(lambda: ssm.get_parameter(Name=name))[0] in (
            "AccessDeniedException",
            "NotImplemented",
            "ParameterNotFound",
            "ParameterVersionNotFound",
            "ValidationException",
        )


def test_amazons_own_parameters_belong_to_no_account(setup: Setup) -> None:
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    with setup.irsa_pod(
        allow("ssm:GetParameter", "arn:aws:ssm:us-west-2::parameter/aws/service/*")
    ).inside():
        ssm = boto3.client("ssm")
        for spelling in (name, f"arn:aws:ssm:us-west-2::parameter{name}"):
            assert ssm.get_parameter(Name=spelling)["Parameter"]["Value"].startswith("ami-")


@pytest.mark.parametrize(
    "url",
    [
        f"https://sqs.us-west-2.amazonaws.com/{ACCOUNT}/orders/payroll",
        f"https://sqs.us-west-2.amazonaws.com/{ACCOUNT}/orders?/payroll",
        f"https://sqs.us-west-2.amazonaws.com/x/{ACCOUNT}/payroll",
        f"arn:aws:sqs:{HERE}:payroll",
        "x/payroll",
    ],
)
def test_a_queue_by_an_odd_url(lab: Lab, url: str) -> None:
    sqs = boto3.client("sqs")
    sqs.create_queue(QueueName="payroll")
    assert refused(lambda: sqs.purge_queue(QueueUrl=url))[0] == (
        "AWS.SimpleQueueService.NonExistentQueue"
    )
