"""Trust policies: what IAM refuses, and what becomes of principals that are deleted."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, POD_IDENTITY_TRUST, allow, statement
from tests.lab.services.sts.test_irsa import refused

CALLER = f"arn:aws:iam::{ACCOUNT}:role/caller"


def trusting(arn: str) -> dict[str, Any]:
    return statement(Principal={"AWS": arn}, Action="sts:AssumeRole")


@pytest.fixture
def iam(lab: Lab) -> Any:
    return boto3.client("iam")


def create(iam: Any, name: str, trust: Any = POD_IDENTITY_TRUST, **more: Any) -> dict[str, Any]:
    document = trust if isinstance(trust, str) else json.dumps(trust)
    return dict(iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, **more)["Role"])


def trusted(iam: Any, name: str) -> Any:
    document = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    return document["Statement"][0]["Principal"]["AWS"]


MALFORMED = {
    "{": "This policy contains invalid Json",
    json.dumps(statement(Principal="*", Action="sts:AssumeRole", Resource="*")): (
        "Has prohibited field Resource"
    ),
    json.dumps(statement(Action="sts:AssumeRole")): "Missing required field Principal",
    json.dumps(statement(Principal="*", Action=["sts:AssumeRole", "iam:PassRole"])): (
        "AssumeRole policy may only specify STS AssumeRole actions."
    ),
    json.dumps(statement(Principal="*", Action="*")): (
        "AssumeRole policy may only specify STS AssumeRole actions."
    ),
    json.dumps(trusting(CALLER)): f'Invalid principal in policy: "AWS":"{CALLER}"',
    json.dumps(trusting(f"arn:aws:iam::{ACCOUNT}:role/*")): (
        f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:role/*"'
    ),
    json.dumps(trusting("arn:aws::iam::111122223333:root")): (
        'Invalid principal in policy: "AWS":"arn:aws::iam::111122223333:root"'
    ),
    json.dumps(statement(Principal={"Service": "ec2"}, Action="sts:AssumeRole")): (
        'Invalid principal in policy: "SERVICE":"ec2"'
    ),
}


@pytest.mark.parametrize("document", MALFORMED)
def test_a_malformed_trust_policy_is_refused_in_aws_words(iam: Any, document: str) -> None:
    expected = ("MalformedPolicyDocument", 400, MALFORMED[document])
    assert refused(lambda: create(iam, "x", document)) == expected
    create(iam, "x")
    update = {"RoleName": "x", "PolicyDocument": document}
    assert refused(lambda: iam.update_assume_role_policy(**update)) == expected


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        ACCOUNT,
        f"arn:aws:iam::{OTHER_ACCOUNT}:root",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/anything/session",
        "arn:aws:iam::999988887777:role/of-an-account-that-the-lab-lacks",
    ],
)
def test_principals_that_need_not_exist(iam: Any, principal: str) -> None:
    create(iam, "x", trusting(principal))
    assert trusted(iam, "x") == principal


def test_a_role_that_is_deleted_and_made_anew_is_not_trusted_any_more(iam: Any, lab: Lab) -> None:
    there = lab.session(OTHER_ACCOUNT).client("iam")
    root = f"arn:aws:iam::{ACCOUNT}:root"
    policy = {"PolicyName": "hop", "PolicyDocument": json.dumps(allow("sts:*"))}
    first = create(iam, "caller", trusting(root))
    iam.put_role_policy(RoleName="caller", **policy)
    create(there, "target", trusting(CALLER))

    def hop() -> str:
        keys = boto3.client("sts").assume_role(RoleArn=CALLER, RoleSessionName="one")["Credentials"]
        sts = boto3.client(
            "sts",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )
        target = f"arn:aws:iam::{OTHER_ACCOUNT}:role/target"
        return str(sts.assume_role(RoleArn=target, RoleSessionName="two")["AssumedRoleUser"]["Arn"])

    assert hop().endswith("assumed-role/target/two")
    assert trusted(there, "target") == CALLER
    iam.delete_role_policy(RoleName="caller", PolicyName="hop")
    iam.delete_role(RoleName="caller")
    assert trusted(there, "target") == first["RoleId"]

    create(iam, "caller", trusting(root))
    iam.put_role_policy(RoleName="caller", **policy)
    assert trusted(there, "target") == first["RoleId"]
    assert refused(hop)[0] == "AccessDenied"
    # As it shows now it cannot be saved again; with the ARN it can, and means the new role.
    stale = there.get_role(RoleName="target")["Role"]["AssumeRolePolicyDocument"]
    save = there.update_assume_role_policy
    assert refused(lambda: save(RoleName="target", PolicyDocument=json.dumps(stale)))[2] == (
        f'Invalid principal in policy: "AWS":"{first["RoleId"]}"'
    )
    save(RoleName="target", PolicyDocument=json.dumps(trusting(CALLER)))
    assert hop().endswith("assumed-role/target/two")


def test_a_unique_id_shows_as_the_arn_while_its_principal_exists(iam: Any) -> None:
    caller = create(iam, "caller", Path="/app/")
    for name, save in (
        ("created", lambda document: create(iam, "created", document)),
        (
            "updated",
            lambda document: (
                create(iam, "updated"),
                iam.update_assume_role_policy(
                    RoleName="updated", PolicyDocument=json.dumps(document)
                ),
            ),
        ),
    ):
        save(trusting(caller["RoleId"]))
        assert trusted(iam, name) in (caller["Arn"], [caller["Arn"]])


def test_the_path_is_part_of_a_principal(iam: Any) -> None:
    create(iam, "caller", Path="/app/")
    assert refused(lambda: create(iam, "x", trusting(CALLER)))[0] == "MalformedPolicyDocument"
    create(iam, "x", trusting(f"arn:aws:iam::{ACCOUNT}:role/app/caller"))


def test_a_renamed_user_stays_trusted_and_keeps_its_keys(iam: Any) -> None:
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    create(iam, "x", trusting(f"arn:aws:iam::{ACCOUNT}:user/bob"))
    iam.update_user(UserName="bob", NewUserName="rob")
    assert trusted(iam, "x") == f"arn:aws:iam::{ACCOUNT}:user/rob"
    sts = boto3.client(
        "sts",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    role = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/x", "RoleSessionName": "one"}
    assert sts.assume_role(**role)["AssumedRoleUser"]["Arn"].endswith("assumed-role/x/one")


def test_any_action_of_sts_can_be_trusted(iam: Any) -> None:
    create(iam, "x")
    document = statement(Principal={"AWS": ACCOUNT}, Action="sts:*")
    iam.update_assume_role_policy(RoleName="x", PolicyDocument=json.dumps(document))
    assert iam.get_role(RoleName="x")["Role"]["AssumeRolePolicyDocument"] == document


def test_the_sessions_of_a_role_end_with_it(iam: Any, lab: Lab) -> None:
    root = f"arn:aws:iam::{ACCOUNT}:root"
    policy = {"PolicyName": "all", "PolicyDocument": json.dumps(allow("*"))}
    create(iam, "caller", trusting(root))
    iam.put_role_policy(RoleName="caller", **policy)
    keys = boto3.client("sts").assume_role(RoleArn=CALLER, RoleSessionName="one")["Credentials"]
    s3 = boto3.client(
        "s3",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    s3.list_buckets()
    iam.delete_role_policy(RoleName="caller", PolicyName="all")
    iam.delete_role(RoleName="caller")
    assert refused(s3.list_buckets)[0] == "InvalidAccessKeyId"
    create(iam, "caller", trusting(root))  # the name is the same, the role is another
    iam.put_role_policy(RoleName="caller", **policy)
    assert refused(s3.list_buckets)[0] == "InvalidAccessKeyId"
