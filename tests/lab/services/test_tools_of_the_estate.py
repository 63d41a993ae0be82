"""What auditors and deployers ask beside the guide's own calls: carried, or refused with a way out.

The calls: prowler 5.46.0, MKAT, the CDK and Terraform's provider, run beside the lab on 2026-11-28.
"""

from __future__ import annotations

import csv
import io
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from podrole.lab import Lab
from podrole.lab.clock import EPOCH
from tests.lab.conftest import ACCOUNT


def test_the_credential_report_begins_with_the_root_user(lab: Lab) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="dev")
    iam.generate_credential_report()
    report = iam.get_credential_report()
    assert report["GeneratedTime"] == EPOCH
    root, user = csv.DictReader(io.StringIO(report["Content"].decode()))
    assert (root["user"], root["arn"]) == ("<root_account>", f"arn:aws:iam::{ACCOUNT}:root")
    assert root["access_key_1_active"] == root["access_key_2_active"] == "false"
    assert None not in root.values()
    assert user["user"] == "dev"


def test_there_is_no_report_before_one_is_made(lab: Lab) -> None:
    with pytest.raises(ClientError, match="ReportNotPresent"):
        boto3.client("iam").get_credential_report()


def test_a_cluster_has_no_identity_provider_for_people(lab: Lab) -> None:
    found = boto3.client("eks").list_identity_provider_configs(clusterName="demo")
    assert found["identityProviderConfigs"] == []


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "instead"),
    [
        ("cloudcontrol", "list_resources", {"TypeName": "AWS::IAM::Role"}, "cloudformation deploy"),
        ("ec2", "describe_vpc_endpoints", {}, "podrole explain --endpoint"),
        ("logs", "describe_log_groups", {}, "aws cloudtrail lookup-events"),
        ("resourcegroupstaggingapi", "get_resources", {}, "aws iam list-role-tags"),
    ],
)
def test_what_is_refused_names_what_there_is_instead(
    lab: Lab, service: str, operation: str, parameters: dict[str, Any], instead: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(boto3.client(service), operation)(**parameters)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert instead in str(caught.value)
