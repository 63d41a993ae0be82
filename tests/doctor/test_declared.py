"""What CloudFormation, Terraform's plans, states and HCL declare, as the doctor takes it in."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from podrole.doctor import Evidence
from tests.doctor.chains import AGENT_TRUST, ISSUER, PROVIDER, ROLE

ROLE_VALUES = {"name": "printer", "arn": ROLE, "assume_role_policy": json.dumps(AGENT_TRUST)}
LINK_VALUES = {
    "cluster_name": "mill",
    "namespace": "press",
    "service_account": "printer",
    "role_arn": ROLE,
    "tags": {"team": "press"},
}
PROVIDER_VALUES = {"url": ISSUER, "client_id_list": ["sts.amazonaws.com"], "arn": PROVIDER}
ACCOUNT_VALUES = {
    "metadata": [
        {
            "name": "printer",
            "namespace": "press",
            "annotations": {"eks.amazonaws.com/role-arn": ROLE},
        }
    ]
}
MANIFEST_VALUES = {
    "manifest": {"kind": "ServiceAccount", "metadata": {"name": "binder", "namespace": "press"}}
}
RESOURCES = [
    ("aws_iam_role", ROLE_VALUES),
    ("aws_eks_pod_identity_association", LINK_VALUES),
    ("aws_iam_openid_connect_provider", PROVIDER_VALUES),
    ("kubernetes_service_account_v1", ACCOUNT_VALUES),
    ("kubernetes_manifest", MANIFEST_VALUES),
    ("aws_s3_bucket", {"bucket": "paper"}),
]


def taken(document: Any) -> Evidence:
    evidence = Evidence()
    evidence.add(json.dumps(document), "file")
    return evidence


def values() -> list[dict[str, Any]]:
    return [{"type": kind, "values": it} for kind, it in RESOURCES]


PLANNED = {"planned_values": {"root_module": {"resources": values()}}}
SHOWN = {"terraform_version": "1.14.1", "values": {"root_module": {"resources": values()}}}
NESTED = {
    "terraform_version": "1.14.1",
    "values": {
        "root_module": {
            "child_modules": [
                {"resources": values()[:2], "child_modules": [{"resources": values()[2:]}]}
            ]
        }
    },
}
STATE = {
    "version": 4,
    "terraform_version": "1.14.1",
    "resources": [{"type": kind, "instances": [{"attributes": it}]} for kind, it in RESOURCES],
}
CHANGES = {"resource_changes": [{"type": kind, "change": {"after": it}} for kind, it in RESOURCES]}


@pytest.mark.parametrize("document", [PLANNED, SHOWN, NESTED, STATE, CHANGES])
def test_terraform(document: Any) -> None:
    found = taken(document)
    (role,) = found.roles
    assert (role["RoleName"], role["Arn"]) == ("printer", ROLE)
    (association,) = found.associations
    assert association == {
        "clusterName": "mill",
        "namespace": "press",
        "serviceAccount": "printer",
        "roleArn": ROLE,
    }
    assert found.providers == [{"Url": ISSUER, "ClientIDList": ["sts.amazonaws.com"]}]
    accounts = [one["metadata"]["name"] for one in found.service_accounts]
    assert accounts == ["printer", "binder"]


def test_what_is_planned_comes_before_what_is() -> None:
    both = {**copy.deepcopy(PLANNED), "resource_changes": CHANGES["resource_changes"]}
    assert len(taken(both).roles) == 1


def test_what_a_plan_deletes_is_not_declared() -> None:
    gone = {"resource_changes": [{"type": "aws_iam_role", "change": {"after": None}}]}
    assert [role for role in taken(gone).roles if role] == []


def test_cloudformation() -> None:
    found = taken(
        {
            "Resources": {
                "Role": {
                    "Type": "AWS::IAM::Role",
                    "Properties": {
                        "RoleName": "printer",
                        "Path": "/teams/press/",
                        "AssumeRolePolicyDocument": AGENT_TRUST,
                        "Policies": [],
                    },
                },
                "Link": {
                    "Type": "AWS::EKS::PodIdentityAssociation",
                    "Properties": {
                        "ClusterName": "mill",
                        "Namespace": "press",
                        "ServiceAccount": "printer",
                        "RoleArn": ROLE,
                        "TargetRoleArn": f"{ROLE}-target",
                        "DisableSessionTags": True,
                    },
                },
                "Provider": {
                    "Type": "AWS::IAM::OIDCProvider",
                    "Properties": {"Url": f"https://{ISSUER}", "ClientIdList": ["x"]},
                },
                "Bucket": {"Type": "AWS::S3::Bucket"},
            }
        }
    )
    assert found.roles == [
        {"RoleName": "printer", "Path": "/teams/press/", "AssumeRolePolicyDocument": AGENT_TRUST}
    ]
    (association,) = found.associations
    assert (association["targetRoleArn"], association["disableSessionTags"]) == (
        f"{ROLE}-target",
        True,
    )
    assert found.providers == [{"Url": f"https://{ISSUER}", "ClientIDList": ["x"]}]


def test_terraform_in_json() -> None:
    """Terraform's own JSON syntax, and HCL as the reader turns it."""
    blocks = {"aws_eks_pod_identity_association": {"printer": LINK_VALUES}}
    found = taken({"resource": {**blocks, "aws_iam_role": {"printer": ROLE_VALUES}}})
    assert [one["serviceAccount"] for one in found.associations] == ["printer"]
    assert [one["RoleName"] for one in found.roles] == ["printer"]


def test_modules_deeper_than_any() -> None:
    module: Any = {"resources": values()}
    for _ in range(20):
        module = {"child_modules": [module]}
    assert taken({"terraform_version": "1", "values": {"root_module": module}}).roles == []


@pytest.mark.parametrize(
    "document",
    [
        {"planned_values": None},
        {"terraform_version": "1.14.1", "values": []},
        {"resource_changes": [None, {"type": "aws_iam_role", "change": "x"}]},
        {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": "x"}, "Other": None}},
        {"resource": {"aws_iam_role": None}},
        {"resource": {"kubernetes_service_account": {"x": {"metadata": []}}}},
    ],
)
def test_broken_declarations(document: Any) -> None:
    found = taken(document)
    assert [role for role in found.roles if role] == []
