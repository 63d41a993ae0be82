"""Roles found by name, whatever was made and deleted before."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from podrole.lab import Lab
from tests.lab.conftest import POD_IDENTITY_TRUST

TRUST = json.dumps(POD_IDENTITY_TRUST)


def test_a_name_is_its_newest_roles(lab: Lab) -> None:
    iam = boto3.client("iam")
    ids = {}
    for name in ("a", "b", "c"):
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]
        ids[name] = role["RoleId"]
    for name in ("c", "a"):
        iam.delete_role(RoleName=name)
        with pytest.raises(ClientError, match="NoSuchEntity"):
            iam.get_role(RoleName=name)
    again = iam.create_role(RoleName="a", AssumeRolePolicyDocument=TRUST)["Role"]["RoleId"]
    assert again != ids["a"]
    assert iam.get_role(RoleName="a")["Role"]["RoleId"] == again
    assert iam.get_role(RoleName="b")["Role"]["RoleId"] == ids["b"]


def test_another_lab_has_other_roles() -> None:
    """The same seed gives the same ids, under another name."""
    for name, other in (("first", "second"), ("second", "first")):
        with Lab.start():
            iam = boto3.client("iam")
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
            assert iam.get_role(RoleName=name)["Role"]["RoleName"] == name
            with pytest.raises(ClientError, match="NoSuchEntity"):
                iam.get_role(RoleName=other)
