"""IAM's quotas and conflicts, service-linked roles, AWS's managed policies, OIDC providers."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, POD_IDENTITY_TRUST, Setup, allow, statement
from tests.lab.services.sts.test_irsa import refused


@pytest.fixture
def iam(lab: Lab) -> Any:
    client = boto3.client("iam")
    client.create_role(RoleName="x", AssumeRolePolicyDocument=json.dumps(POD_IDENTITY_TRUST))
    return client


def of_size(characters: int) -> str:
    """A policy of that many characters, white space not counted."""
    short = json.dumps(allow("s3:GetObject", "arn:aws:s3:::"))
    padding = characters - len("".join(short.split()))
    return json.dumps(allow("s3:GetObject", "arn:aws:s3:::" + "a" * padding), indent=4)


def test_how_long_policies_may_be(iam: Any) -> None:
    trust = statement(Principal="*", Action="sts:AssumeRole", Sid="a" * 2000)
    assert refused(
        lambda: iam.create_role(RoleName="y", AssumeRolePolicyDocument=json.dumps(trust))
    ) == ("LimitExceeded", 409, "Cannot exceed quota for ACLSizePerRole: 2048")
    iam.create_policy(PolicyName="fits", PolicyDocument=of_size(6144))
    assert refused(lambda: iam.create_policy(PolicyName="p", PolicyDocument=of_size(6145))) == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for PolicySize: 6144",
    )
    iam.create_user(UserName="bob")
    iam.create_group(GroupName="team")
    for kind, who, most in (("role", "x", 10240), ("user", "bob", 2048), ("group", "team", 5120)):
        put = getattr(iam, f"put_{kind}_policy")
        entity = {f"{kind.capitalize()}Name": who}
        put(**entity, PolicyName="a", PolicyDocument=of_size(most - 200))
        put(**entity, PolicyName="a", PolicyDocument=of_size(most - 200))  # replaces, adds nothing
        code, status, message = refused(
            lambda put=put, entity=entity: put(
                **entity, PolicyName="b", PolicyDocument=of_size(201)
            )
        )
        assert (code, status) == ("LimitExceeded", 409)
        assert message == f"Maximum policy size of {most} bytes exceeded for {kind} {who}"


def test_ten_managed_policies_an_entity_and_five_versions_a_policy(iam: Any) -> None:
    arns = [
        iam.create_policy(PolicyName=f"p{number}", PolicyDocument=of_size(200))["Policy"]["Arn"]
        for number in range(11)
    ]
    for arn in arns[:10]:
        iam.attach_role_policy(RoleName="x", PolicyArn=arn)
    iam.attach_role_policy(RoleName="x", PolicyArn=arns[0])
    assert refused(lambda: iam.attach_role_policy(RoleName="x", PolicyArn=arns[10]))[1:] == (
        409,
        "Cannot exceed quota for PoliciesPerRole: 10",
    )
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arns[0], PolicyDocument=of_size(200))
    assert refused(
        lambda: iam.create_policy_version(PolicyArn=arns[0], PolicyDocument=of_size(200))
    )[:2] == ("LimitExceeded", 409)
    assert refused(lambda: iam.delete_policy(PolicyArn=arns[0]))[:2] == ("DeleteConflict", 409)


def test_what_does_not_exist(iam: Any) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/absent"
    role = "The role with name absent cannot be found."
    for call, message in (
        (lambda: iam.get_role(RoleName="absent"), role),
        (lambda: iam.delete_role(RoleName="absent"), role),
        (lambda: iam.get_user(UserName="absent"), "The user with name absent cannot be found."),
        (
            lambda: iam.attach_role_policy(RoleName="x", PolicyArn=arn),
            f"Policy {arn} does not exist or is not attachable.",
        ),
        (
            lambda: iam.put_role_permissions_boundary(RoleName="x", PermissionsBoundary=arn),
            f"Scope ARN: {arn} does not exist or is not attachable.",
        ),
    ):
        assert refused(call) == ("NoSuchEntity", 404, message)
    again = {"RoleName": "x", "AssumeRolePolicyDocument": json.dumps(POD_IDENTITY_TRUST)}
    assert refused(lambda: iam.create_role(**again)) == (
        "EntityAlreadyExists",
        409,
        "Role with name x already exists.",
    )


def test_what_must_go_first(iam: Any) -> None:
    arn = iam.create_policy(PolicyName="p", PolicyDocument=of_size(200))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="x", PolicyArn=arn)
    iam.create_user(UserName="bob")
    iam.create_access_key(UserName="bob")
    iam.create_group(GroupName="team")
    iam.add_user_to_group(GroupName="team", UserName="bob")
    for call, message in (
        (lambda: iam.delete_role(RoleName="x"), "must detach all policies first."),
        (lambda: iam.delete_policy(PolicyArn=arn), "a policy attached to entities."),
        (lambda: iam.delete_user(UserName="bob"), "must delete access keys first."),
        (lambda: iam.delete_group(GroupName="team"), "must remove users from group first."),
    ):
        code, status, text = refused(call)
        assert (code, status) == ("DeleteConflict", 409)
        assert text.endswith(message)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"RoleName": "a b"}, "The specified value for roleName is invalid. It must contain only"),
        ({"Path": "app"}, "The specified value for path is invalid. It must begin and end with /"),
        (
            {"RoleName": "a" * 65},
            f"1 validation error detected: Value '{'a' * 65}' at 'roleName' failed to satisfy"
            " constraint: Member must have length less than or equal to 64",
        ),
        (
            {"MaxSessionDuration": 43201},
            "1 validation error detected: Value '43201' at 'maxSessionDuration' failed to satisfy"
            " constraint: Member must have value less than or equal to 43200",
        ),
    ],
)
def test_names_paths_and_durations(iam: Any, parameters: dict[str, Any], message: str) -> None:
    role = {"RoleName": "y", "AssumeRolePolicyDocument": json.dumps(POD_IDENTITY_TRUST)}
    code, status, text = refused(lambda: iam.create_role(**{**role, **parameters}))
    assert (code, status) == ("ValidationError", 400)
    assert text.startswith(message)


def test_what_an_update_does_not_name_stays(iam: Any) -> None:
    iam.update_role(RoleName="x", Description="reads orders", MaxSessionDuration=7200)
    iam.update_role(RoleName="x", Description="writes orders")
    assert iam.get_role(RoleName="x")["Role"]["MaxSessionDuration"] == 7200
    iam.update_role(RoleName="x", MaxSessionDuration=3600)
    assert iam.get_role(RoleName="x")["Role"]["Description"] == "writes orders"


def test_a_service_linked_role_is_its_services_own(iam: Any) -> None:
    role = iam.create_service_linked_role(AWSServiceName="eks.amazonaws.com")["Role"]
    name = role["RoleName"]
    protected = (
        "UnmodifiableEntity",
        400,
        f"Cannot perform the operation on the protected role '{name}' - this role is only"
        " modifiable by AWS",
    )
    trust = json.dumps(POD_IDENTITY_TRUST)
    for call in (
        lambda: iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=of_size(200)),
        lambda: iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust),
        lambda: iam.delete_role(RoleName=name),
    ):
        assert refused(call) == protected
    iam.update_role_description(RoleName=name, Description="mine")
    iam.delete_service_linked_role(RoleName=name)
    # By that name no SCP would bind its sessions.
    code, _, message = refused(
        lambda: iam.create_role(RoleName="AWSServiceRoleForX", AssumeRolePolicyDocument=trust)
    )
    assert (code, "a service-linked role's name" in message) == ("InvalidInput", True)
    path = "/aws-service-role/eks.amazonaws.com/"
    assert refused(
        lambda: iam.create_role(RoleName="y", Path=path, AssumeRolePolicyDocument=trust)
    ) == (
        "InvalidInput",
        400,
        "Path prefix '/aws-service-role/' can only be used for AWS Service linked Roles",
    )


def test_managed_policies_of_aws(iam: Any, setup: Setup, bucket: str) -> None:
    read = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    nothing = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"
    absent = "arn:aws:iam::aws:policy/NoSuchPolicy"
    assert refused(lambda: iam.attach_role_policy(RoleName="x", PolicyArn=absent))[:2] == (
        "NoSuchEntity",
        404,
    )
    assert iam.get_policy(PolicyArn=read)["Policy"]["PolicyName"] == "AmazonS3ReadOnlyAccess"
    pod = setup.irsa_pod()
    setup.iam.attach_role_policy(RoleName="orders-api", PolicyArn=read)
    with pod.inside():
        boto3.client("s3").get_object(Bucket=bucket, Key="in/1")
        assert (
            refused(lambda: boto3.client("s3").put_object(Bucket=bucket, Key="k"))[0]
            == "AccessDenied"
        )
    setup.iam.put_role_permissions_boundary(RoleName="orders-api", PermissionsBoundary=nothing)
    with pod.inside():
        assert (
            refused(lambda: boto3.client("s3").get_object(Bucket=bucket, Key="in/1"))[0]
            == "AccessDenied"
        )
    everything = iam.get_paginator("list_policies").paginate(Scope="AWS").build_full_result()
    assert len(everything["Policies"]) > 1000
    assert iam.list_policies(Scope="Local")["Policies"] == []


def test_a_lab_starts_without_the_managed_policies_of_the_last_one() -> None:
    for _ in range(2):
        with Lab.start():
            iam = boto3.client("iam")
            arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
            assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 0
            iam.attach_role_policy(RoleName="eks-node", PolicyArn=arn)


# -- OIDC providers ------------------------------------------------------------------------


def test_a_provider(iam: Any) -> None:
    url = "https://oidc.example.com/id/1"
    assert refused(lambda: iam.create_open_id_connect_provider(Url="http" + url[5:])) == (
        "ValidationError",
        400,
        "Invalid Open ID Connect Provider URL",
    )
    arn = iam.create_open_id_connect_provider(Url=url)["OpenIDConnectProviderArn"]
    assert refused(lambda: iam.create_open_id_connect_provider(Url=url)) == (
        "EntityAlreadyExists",
        409,
        f"Provider with url {url} already exists.",
    )
    provider = {"OpenIDConnectProviderArn": arn}
    for client in ("sts.amazonaws.com", "other", "sts.amazonaws.com"):
        iam.add_client_id_to_open_id_connect_provider(**provider, ClientID=client)
    get = iam.get_open_id_connect_provider
    assert get(**provider)["ClientIDList"] == ["sts.amazonaws.com", "other"]
    for client in ("sts.amazonaws.com", "none of it"):
        iam.remove_client_id_from_open_id_connect_provider(**provider, ClientID=client)
    assert get(**provider)["ClientIDList"] == ["other"]
    iam.delete_open_id_connect_provider(**provider)
    assert refused(lambda: iam.delete_open_id_connect_provider(**provider)) == (
        "NoSuchEntity",
        404,
        f"OpenId connect Provider {arn} cannot be found.",
    )


def test_an_audience_that_is_added_later_is_taken_at_once(setup: Setup) -> None:
    arn = setup.iam.create_open_id_connect_provider(Url=setup.issuer, ClientIDList=["other"])
    setup.create_role(setup.irsa_trust())
    pod = setup.deploy(setup.annotated())
    with pod.inside():
        sts = boto3.client("sts")
        assert "could not be validated" in refused(sts.get_caller_identity)[2]
    setup.iam.add_client_id_to_open_id_connect_provider(
        OpenIDConnectProviderArn=arn["OpenIDConnectProviderArn"], ClientID="sts.amazonaws.com"
    )
    with pod.inside():
        boto3.client("sts").get_caller_identity()
