"""What calls of IAM need: the resource with its path, and the condition keys."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, POD_IDENTITY_TRUST, allow
from tests.lab.services.sts.test_irsa import refused

ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/reader"
TRUST = json.dumps(POD_IDENTITY_TRUST)
POLICY = json.dumps(allow("s3:GetObject"))


class Setting:
    """An administrator, and bob, whose permissions each test writes."""

    def __init__(self) -> None:
        self.admin = boto3.client("iam")
        self.admin.create_user(UserName="bob", Path="/people/")
        key = self.admin.create_access_key(UserName="bob")["AccessKey"]
        keys = {
            "aws_access_key_id": key["AccessKeyId"],
            "aws_secret_access_key": key["SecretAccessKey"],
        }
        self.bob = boto3.client("iam", **keys)
        self.eks = boto3.client("eks", **keys)
        self.admin.create_role(
            RoleName="reader",
            Path="/app/",
            AssumeRolePolicyDocument=TRUST,
            Tags=[{"Key": "team", "Value": "orders"}],
        )

    def permit(self, *statements: dict[str, Any]) -> None:
        items = [item for policy in statements for item in policy["Statement"]]
        document = json.dumps({"Version": "2012-10-17", "Statement": items})
        self.admin.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=document)


@pytest.fixture
def setting(lab: Lab) -> Setting:
    return Setting()


def denied(call: Any) -> str:
    code, _, message = refused(call)
    assert code in ("AccessDenied", "AccessDeniedException")
    return str(message)


def test_the_path_is_part_of_the_resource(setting: Setting) -> None:
    assert f"iam:GetRole on resource: role {ROLE.rpartition('/')[2]} because" in denied(
        lambda: setting.bob.get_role(RoleName="reader")
    )
    setting.permit(allow("iam:*", f"arn:aws:iam::{ACCOUNT}:role/app/*"))
    setting.bob.get_role(RoleName="reader")
    setting.bob.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=POLICY)
    setting.bob.create_role(RoleName="other", Path="/app/", AssumeRolePolicyDocument=TRUST)
    assert "role/other" in denied(
        lambda: setting.bob.create_role(RoleName="other", AssumeRolePolicyDocument=TRUST)
    )


def test_without_a_name_a_call_means_its_caller(setting: Setting) -> None:
    bob = f"arn:aws:iam::{ACCOUNT}:user/people/bob"
    assert bob in denied(setting.bob.get_user)
    setting.permit(allow("iam:*", "arn:aws:iam::*:user/people/${aws:username}"))
    assert setting.bob.get_user()["User"]["Arn"] == bob
    assert [key["UserName"] for key in setting.bob.list_access_keys()["AccessKeyMetadata"]] == [
        "bob"
    ]
    assert setting.bob.create_access_key()["AccessKey"]["UserName"] == "bob"
    assert refused(setting.admin.get_user) == (
        "ValidationError",
        400,
        "Must specify userName when calling with non-User credentials",
    )


def test_only_certain_policies_may_be_attached(setting: Setting) -> None:
    read = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    everything = "arn:aws:iam::aws:policy/AdministratorAccess"
    setting.permit(
        allow("iam:AttachRolePolicy", Condition={"ArnEquals": {"iam:PolicyARN": read}}),
    )
    setting.bob.attach_role_policy(RoleName="reader", PolicyArn=read)
    denied(lambda: setting.bob.attach_role_policy(RoleName="reader", PolicyArn=everything))


def test_roles_only_with_a_boundary(setting: Setting) -> None:
    limit = setting.admin.create_policy(PolicyName="limit", PolicyDocument=POLICY)["Policy"]["Arn"]
    condition = {"StringEquals": {"iam:PermissionsBoundary": limit}}
    setting.permit(allow(["iam:CreateRole", "iam:PutRolePolicy"], Condition=condition))
    role = {"RoleName": "bounded", "AssumeRolePolicyDocument": TRUST}
    denied(lambda: setting.bob.create_role(**role))
    setting.bob.create_role(**role, PermissionsBoundary=limit)
    # From then on the boundary that is set decides.
    setting.bob.put_role_policy(RoleName="bounded", PolicyName="p", PolicyDocument=POLICY)
    denied(
        lambda: setting.bob.put_role_policy(
            RoleName="reader", PolicyName="p", PolicyDocument=POLICY
        )
    )


@pytest.mark.parametrize("prefix", ["aws", "iam"])
def test_tags_of_the_resource_and_of_the_request(setting: Setting, prefix: str) -> None:
    setting.permit(
        allow("iam:*", Condition={"StringEquals": {f"{prefix}:ResourceTag/team": "orders"}})
    )
    setting.bob.get_role(RoleName="reader")
    setting.admin.untag_role(RoleName="reader", TagKeys=["team"])
    denied(lambda: setting.bob.get_role(RoleName="reader"))

    setting.permit(
        allow(
            "iam:TagRole",
            Condition={
                "StringEquals": {"aws:RequestTag/team": "orders"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
            },
        )
    )
    team, cost = ({"Key": "team", "Value": "orders"}, {"Key": "cost", "Value": "1"})
    setting.bob.tag_role(RoleName="reader", Tags=[team])
    denied(lambda: setting.bob.tag_role(RoleName="reader", Tags=[team, cost]))


def test_a_users_tag_is_a_principal_tag(setting: Setting) -> None:
    setting.permit(
        allow("iam:GetRole", Condition={"StringEquals": {"aws:PrincipalTag/team": "orders"}})
    )
    denied(lambda: setting.bob.get_role(RoleName="reader"))
    setting.admin.tag_user(UserName="bob", Tags=[{"Key": "team", "Value": "orders"}])
    setting.bob.get_role(RoleName="reader")


def test_a_service_gets_a_role_only_from_those_who_may_pass_it(setting: Setting) -> None:
    cluster = {
        "name": "mine",
        "roleArn": ROLE,
        "resourcesVpcConfig": {"subnetIds": ["subnet-1"]},
    }
    setting.permit(allow("eks:*"))
    assert f"iam:PassRole on resource: {ROLE}" in denied(
        lambda: setting.eks.create_cluster(**cluster)
    )
    condition = {"StringEquals": {"iam:PassedToService": "eks.amazonaws.com"}}
    setting.permit(allow("eks:*"), allow("iam:PassRole", ROLE, Condition=condition))
    setting.eks.create_cluster(**cluster)

    setting.admin.create_instance_profile(InstanceProfileName="node", Path="/app/")
    add = {"InstanceProfileName": "node", "RoleName": "reader"}
    profile = f"arn:aws:iam::{ACCOUNT}:instance-profile/app/node"
    setting.permit(allow("iam:AddRoleToInstanceProfile", profile))
    assert "iam:PassRole" in denied(lambda: setting.bob.add_role_to_instance_profile(**add))
    condition = {
        "StringEquals": {
            "iam:PassedToService": "ec2.amazonaws.com",
            "iam:ResourceTag/team": "orders",
        }
    }
    setting.permit(
        allow("iam:AddRoleToInstanceProfile", profile),
        allow("iam:PassRole", ROLE, Condition=condition),
    )
    setting.bob.add_role_to_instance_profile(**add)


def test_lists_need_everything_and_refuse_with_the_path(setting: Setting) -> None:
    assert f"iam:ListRoles on resource: arn:aws:iam::{ACCOUNT}:role/ because" in denied(
        setting.bob.list_roles
    )
    setting.permit(allow("iam:ListRoles", f"arn:aws:iam::{ACCOUNT}:role/app/*"))
    denied(setting.bob.list_roles)
    setting.permit(allow("iam:ListRoles"))
    setting.bob.list_roles()
