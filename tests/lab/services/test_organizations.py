"""Organizations: joining, the tree, SCPs, RCPs, and the condition keys that they bring."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, POD_IDENTITY_TRUST, Setup, allow, statement
from tests.lab.services.sts.test_irsa import refused

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


def deny(action: Any, **elements: Any) -> dict[str, Any]:
    item = {"Effect": "Deny", "Action": action, "Resource": "*", **elements}
    return {"Version": "2012-10-17", "Statement": [item]}


class Setting:
    """Account 444455556666 manages; 111122223333, with the cluster, is a member in a unit."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.manager = lab.session(OTHER_ACCOUNT).client("organizations")
        self.member = boto3.client("organizations")
        self.id = self.manager.create_organization()["Organization"]["Id"]
        self.root = self.manager.list_roots()["Roots"][0]["Id"]
        self.join()
        self.unit = self.manager.create_organizational_unit(ParentId=self.root, Name="workloads")[
            "OrganizationalUnit"
        ]["Id"]
        self.manager.move_account(
            AccountId=ACCOUNT, SourceParentId=self.root, DestinationParentId=self.unit
        )

    def join(self) -> None:
        handshake = self.manager.invite_account_to_organization(
            Target={"Type": "ACCOUNT", "Id": ACCOUNT}
        )["Handshake"]
        self.member.accept_handshake(HandshakeId=handshake["Id"])

    def policy(self, document: dict[str, Any], kind: str = SCP, name: str = "p") -> str:
        return str(
            self.manager.create_policy(
                Name=name, Description="", Type=kind, Content=json.dumps(document)
            )["Policy"]["PolicySummary"]["Id"]
        )

    def attach(self, document: dict[str, Any], target: str, kind: str = SCP) -> str:
        if kind == RCP:
            self.manager.enable_policy_type(RootId=self.root, PolicyType=RCP)
        identifier = self.policy(document, kind)
        self.manager.attach_policy(PolicyId=identifier, TargetId=target)
        return identifier


@pytest.fixture
def setting(lab: Lab) -> Setting:
    return Setting(lab)


# -- accounts and units --------------------------------------------------------------------


def test_an_account_joins_by_invitation(lab: Lab) -> None:
    manager = lab.session(OTHER_ACCOUNT).client("organizations")
    member = boto3.client("organizations")
    assert refused(member.describe_organization) == (
        "AWSOrganizationsNotInUseException",
        400,
        "Your account is not a member of an organization.",
    )
    organization = manager.create_organization()["Organization"]
    assert organization["MasterAccountId"] == OTHER_ACCOUNT
    assert refused(manager.create_organization)[0] == "AlreadyInOrganizationException"
    invite = manager.invite_account_to_organization
    handshake = invite(Target={"Type": "ACCOUNT", "Id": ACCOUNT})["Handshake"]
    assert handshake["State"] == "OPEN"
    assert refused(lambda: invite(Target={"Type": "ACCOUNT", "Id": ACCOUNT}))[0] == (
        "DuplicateHandshakeException"
    )
    (found,) = member.list_handshakes_for_account()["Handshakes"]
    assert found["Id"] == handshake["Id"]
    accept = {"HandshakeId": handshake["Id"]}
    assert refused(lambda: manager.accept_handshake(**accept))[0] == "AccessDeniedException"
    assert member.accept_handshake(**accept)["Handshake"]["State"] == "ACCEPTED"
    assert member.describe_organization()["Organization"]["Id"] == organization["Id"]
    accounts = manager.list_accounts()["Accounts"]
    assert [account["Id"] for account in accounts] == [OTHER_ACCOUNT, ACCOUNT]
    assert refused(member.list_accounts) == (
        "AccessDeniedException",
        400,
        "You don't have permissions to access this resource.",
    )
    assert refused(manager.delete_organization)[0] == "OrganizationNotEmptyException"
    member.leave_organization()
    assert refused(member.describe_organization)[0] == "AWSOrganizationsNotInUseException"
    manager.delete_organization()


def test_an_invitation_runs_out(lab: Lab) -> None:
    manager = lab.session(OTHER_ACCOUNT).client("organizations")
    manager.create_organization()
    handshake = manager.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": ACCOUNT})
    lab.clock.move(days=15)
    identifier = handshake["Handshake"]["Id"]
    accept = boto3.client("organizations").accept_handshake
    assert refused(lambda: accept(HandshakeId=identifier))[0] == (
        "InvalidHandshakeTransitionException"
    )


def test_an_account_that_is_made_is_entered_by_its_role(setting: Setting) -> None:
    status = setting.manager.create_account(Email="data@example.com", AccountName="data")[
        "CreateAccountStatus"
    ]
    assert status["State"] == "SUCCEEDED"
    account = status["AccountId"]
    arn = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    sts = setting.lab.session(OTHER_ACCOUNT).client("sts")
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="in")["Credentials"]
    there = boto3.client(
        "iam",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    there.create_role(RoleName="mine", AssumeRolePolicyDocument=json.dumps(POD_IDENTITY_TRUST))
    assert refused(lambda: boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="in"))[
        0
    ] == ("AccessDenied")


def test_the_tree(setting: Setting) -> None:
    manager = setting.manager
    assert manager.list_parents(ChildId=ACCOUNT)["Parents"] == [
        {"Id": setting.unit, "Type": "ORGANIZATIONAL_UNIT"}
    ]
    children = manager.list_children(ParentId=setting.unit, ChildType="ACCOUNT")["Children"]
    assert children == [{"Id": ACCOUNT, "Type": "ACCOUNT"}]
    listed = manager.list_organizational_units_for_parent(ParentId=setting.root)
    assert [unit["Name"] for unit in listed["OrganizationalUnits"]] == ["workloads"]
    for call, code in (
        (
            lambda: manager.create_organizational_unit(ParentId=setting.root, Name="workloads"),
            "DuplicateOrganizationalUnitException",
        ),
        (
            lambda: manager.delete_organizational_unit(OrganizationalUnitId=setting.unit),
            "OrganizationalUnitNotEmptyException",
        ),
        (
            lambda: manager.move_account(
                AccountId=ACCOUNT, SourceParentId=setting.root, DestinationParentId=setting.unit
            ),
            "SourceParentNotFoundException",
        ),
        (
            lambda: manager.create_organizational_unit(ParentId="r-none", Name="x"),
            "ParentNotFoundException",
        ),
    ):
        assert refused(call)[0] == code


# -- service control policies --------------------------------------------------------------


@pytest.mark.parametrize("level", ["root", "unit", "account"])
def test_an_scp_denies_below_where_it_is_attached(
    setting: Setting, bucket: str, level: str
) -> None:
    target = {"root": setting.root, "unit": setting.unit, "account": ACCOUNT}[level]
    identifier = setting.attach(deny("s3:GetObject"), target)
    s3 = boto3.client("s3")
    message = refused(lambda: s3.get_object(Bucket=bucket, Key="in/1"))[2]
    arn = setting.manager.describe_policy(PolicyId=identifier)["Policy"]["PolicySummary"]["Arn"]
    assert arn.startswith(f"arn:aws:organizations::{OTHER_ACCOUNT}:policy/{setting.id}/service_")
    assert message.endswith(f"with an explicit deny in a service control policy: {arn}")
    s3.list_objects_v2(Bucket=bucket)
    setting.manager.detach_policy(PolicyId=identifier, TargetId=target)
    s3.get_object(Bucket=bucket, Key="in/1")


def test_every_level_must_allow(setting: Setting, bucket: str) -> None:
    setting.attach(allow(["s3:ListBucket", "organizations:*"]), setting.unit)
    s3 = boto3.client("s3")
    s3.get_object(Bucket=bucket, Key="in/1")  # FullAWSAccess is still there
    setting.manager.detach_policy(PolicyId="p-FullAWSAccess", TargetId=setting.unit)
    s3.list_objects_v2(Bucket=bucket)
    message = refused(lambda: s3.get_object(Bucket=bucket, Key="in/1"))[2]
    assert message.endswith("because no service control policy allows the s3:GetObject action")


def test_the_management_account_is_exempt(setting: Setting) -> None:
    setting.attach(deny("s3:*"), setting.root)
    assert refused(boto3.client("s3").list_buckets)[0] == "AccessDenied"
    setting.lab.session(OTHER_ACCOUNT).client("s3").list_buckets()


def test_pods_are_limited_by_scps_but_may_still_become_their_role(
    setting: Setting, setup: Setup, bucket: str
) -> None:
    pod = setup.irsa_pod(allow("s3:*"))
    identifier = setting.attach(deny(["s3:GetObject", "sts:AssumeRoleWithWebIdentity"]), ACCOUNT)
    with pod.inside():
        s3 = boto3.client("s3")
        s3.list_objects_v2(Bucket=bucket)
        message = refused(lambda: s3.get_object(Bucket=bucket, Key="in/1"))[2]
    assert message.endswith(f"/service_control_policy/{identifier}")


def test_who_simulates_sees_scps(setting: Setting) -> None:
    setting.attach(deny("s3:*"), ACCOUNT)
    (result,) = boto3.client("iam").simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/platform-admin",
        ActionNames=["s3:GetObject"],
    )["EvaluationResults"]
    assert result["EvalDecision"] == "explicitDeny"
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert result["MatchedStatements"] == []


# -- resource control policies -------------------------------------------------------------


def test_an_rcp_keeps_others_out_of_a_members_bucket(setting: Setting, bucket: str) -> None:
    open_to_all = statement(
        Principal="*", Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/*"
    )
    boto3.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(open_to_all))
    outsider = setting.lab.session(OTHER_ACCOUNT).client("s3")
    outsider.get_object(Bucket=bucket, Key="in/1")
    only = {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}
    identifier = setting.attach(deny("s3:*", Principal="*", Condition=only), setting.unit, RCP)
    message = refused(lambda: outsider.get_object(Bucket=bucket, Key="in/1"))[2]
    # Another account of the same organization: it is told which policy.
    assert message.endswith(
        "with an explicit deny in a resource control policy: arn:aws:organizations::"
        f"{OTHER_ACCOUNT}:policy/{setting.id}/resource_control_policy/{identifier}"
    )
    boto3.client("s3").get_object(Bucket=bucket, Key="in/1")


def test_rcps_do_not_reach_services_without_them_nor_the_management_account(
    setting: Setting,
) -> None:
    actions = ["eks:*", "s3:*"]
    setting.attach(deny(actions, Principal="*"), setting.root, RCP)
    boto3.client("eks").list_clusters()
    setting.lab.session(OTHER_ACCOUNT).client("s3").list_buckets()
    assert refused(boto3.client("s3").list_buckets)[0] == "AccessDenied"


@pytest.mark.parametrize("mechanism", ["irsa", "pod identity"])
def test_an_rcp_protects_roles_from_pods(setting: Setting, setup: Setup, mechanism: str) -> None:
    pod = setup.irsa_pod() if mechanism == "irsa" else setup.pod_identity_pod()
    setting.attach(deny("sts:*", Principal="*"), ACCOUNT, RCP)
    with pod.inside(), pytest.raises(Exception, match=r"Not authorized|Unauthorized"):
        boto3.client("sts").get_caller_identity()


def test_the_perimeter_that_aws_shows_lets_pods_through(setting: Setting, setup: Setup) -> None:
    """Trusted identities only, and AWS services on behalf of the organization's accounts."""
    condition = {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": setting.id},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    setting.attach(deny("sts:AssumeRole", Principal="*", Condition=condition), setting.root, RCP)
    with setup.pod_identity_pod().inside():
        boto3.client("sts").get_caller_identity()


# -- condition keys ------------------------------------------------------------------------


def test_the_organization_is_a_condition_key(setting: Setting, setup: Setup, bucket: str) -> None:
    grant: Callable[[dict[str, Any]], dict[str, Any]] = lambda condition: statement(  # noqa: E731
        Principal="*",
        Action="s3:GetObject",
        Resource=f"arn:aws:s3:::{bucket}/*",
        Condition=condition,
    )
    outsider = setting.lab.session(OTHER_ACCOUNT).client("s3")
    put = boto3.client("s3").put_bucket_policy
    path = f"{setting.id}/{setting.root}/"
    for condition, allowed in (
        ({"StringEquals": {"aws:PrincipalOrgID": setting.id}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-other"}}, False),
        ({"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": path}}, True),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{path}ou-*"}}, False),
        ({"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}, True),
    ):
        put(Bucket=bucket, Policy=json.dumps(grant(condition)))
        if allowed:
            outsider.get_object(Bucket=bucket, Key="in/1")
        else:
            assert refused(lambda: outsider.get_object(Bucket=bucket, Key="in/1"))[0] == (
                "AccessDenied"
            )


@pytest.mark.parametrize("organization", ["own", "o-other00000"])
def test_a_pod_identity_trust_by_source_organization(
    setting: Setting, setup: Setup, organization: str
) -> None:
    expected = setting.id if organization == "own" else organization
    trust = statement(
        Principal={"Service": "pods.eks.amazonaws.com"},
        Action=["sts:AssumeRole", "sts:TagSession"],
        Condition={"StringEquals": {"aws:SourceOrgID": expected}},
    )
    setup.eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent")
    setup.create_role(trust)
    setup.associate()
    pod = setup.deploy()
    with pod.inside():
        if organization == "own":
            assert "assumed-role/orders-api" in boto3.client("sts").get_caller_identity()["Arn"]
        else:
            with pytest.raises(Exception, match="Unauthorized"):
                boto3.client("sts").get_caller_identity()


# -- the policies themselves ---------------------------------------------------------------


def test_defaults_stand_on_every_target(setting: Setting) -> None:
    manager = setting.manager
    for kind, name in ((SCP, "FullAWSAccess"), (RCP, "RCPFullAWSAccess")):
        if kind == RCP:
            manager.enable_policy_type(RootId=setting.root, PolicyType=RCP)
        for target in (setting.root, setting.unit, ACCOUNT, OTHER_ACCOUNT):
            listed = manager.list_policies_for_target(TargetId=target, Filter=kind)["Policies"]
            assert [policy["Name"] for policy in listed] == [name]
    new = manager.create_organizational_unit(ParentId=setting.unit, Name="inner")
    inner = new["OrganizationalUnit"]["Id"]
    targets = manager.list_targets_for_policy(PolicyId="p-RCPFullAWSAccess")["Targets"]
    assert inner in {target["TargetId"] for target in targets}
    assert refused(lambda: manager.detach_policy(PolicyId="p-FullAWSAccess", TargetId=inner)) == (
        "ConstraintViolationException",
        400,
        "You cannot remove the last policy attached to the specified target. You must have at"
        " least one attached at all times.",
    )
    assert (
        refused(lambda: manager.detach_policy(PolicyId="p-RCPFullAWSAccess", TargetId=inner))[0]
        == "ConstraintViolationException"
    )


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (SCP, {"Version": "2012-10-17"}),
        (SCP, statement(Principal="*", Action="*", Resource="*")),
        (RCP, statement(Principal="*", Action="s3:*", Resource="*")),
        (RCP, deny("s3:*", Principal={"AWS": ACCOUNT})),
        (RCP, deny("*", Principal="*")),
    ],
)
def test_policies_that_are_refused(setting: Setting, kind: str, document: Any) -> None:
    assert refused(lambda: setting.policy(document, kind)) == (
        "MalformedPolicyDocumentException",
        400,
        "The provided policy document does not meet the requirements of the specified policy type.",
    )


def test_errors_of_policies(setting: Setting) -> None:
    manager = setting.manager
    identifier = setting.policy(deny("s3:*"))
    rcp = setting.policy(deny("s3:*", Principal="*"), RCP, "rcp")
    here = {"PolicyId": identifier, "TargetId": ACCOUNT}
    manager.attach_policy(**here)
    for call, code in (
        (lambda: setting.policy(deny("s3:*")), "DuplicatePolicyException"),
        (lambda: manager.attach_policy(**here), "DuplicatePolicyAttachmentException"),
        (lambda: manager.delete_policy(PolicyId=identifier), "PolicyInUseException"),
        (
            lambda: manager.attach_policy(PolicyId=rcp, TargetId=ACCOUNT),
            "PolicyTypeNotEnabledException",
        ),
        (
            lambda: manager.attach_policy(PolicyId=identifier, TargetId="999999999999"),
            "TargetNotFoundException",
        ),
        (
            lambda: manager.enable_policy_type(RootId=setting.root, PolicyType=SCP),
            "PolicyTypeAlreadyEnabledException",
        ),
        (
            lambda: manager.update_policy(PolicyId="p-FullAWSAccess", Name="x"),
            "AccessDeniedException",
        ),
    ):
        assert refused(call)[0] == code
    changed = manager.update_policy(PolicyId=identifier, Content=json.dumps(deny("ec2:*")))
    assert "ec2" in changed["Policy"]["Content"]
    boto3.client("s3").list_buckets()
    manager.detach_policy(**here)
    manager.delete_policy(PolicyId=identifier)
    assert refused(lambda: manager.describe_policy(PolicyId=identifier))[0] == (
        "PolicyNotFoundException"
    )


def test_calls_are_authorized_by_target_and_type(setting: Setting) -> None:
    session = setting.lab.session(OTHER_ACCOUNT)
    iam = session.client("iam")
    iam.create_user(UserName="eve")
    key = iam.create_access_key(UserName="eve")["AccessKey"]
    eve = boto3.client(
        "organizations",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    identifier = setting.policy(deny("s3:*"))
    base = f"arn:aws:organizations::{OTHER_ACCOUNT}"

    def permit(policy: dict[str, Any]) -> None:
        iam.put_user_policy(UserName="eve", PolicyName="p", PolicyDocument=json.dumps(policy))

    def attach() -> Any:
        return eve.attach_policy(PolicyId=identifier, TargetId=setting.unit)

    policies = f"{base}:policy/{setting.id}/service_control_policy/*"
    permit(allow("organizations:AttachPolicy", policies))
    assert f"{base}:ou/{setting.id}/{setting.unit}" in refused(attach)[2]
    condition = {"StringEquals": {"organizations:PolicyType": RCP}}
    both = [policies, f"{base}:ou/{setting.id}/*"]
    permit(allow("organizations:AttachPolicy", both, Condition=condition))
    assert refused(attach)[0] == "AccessDeniedException"
    condition = {"StringEquals": {"organizations:PolicyType": SCP}}
    permit(allow("organizations:AttachPolicy", both, Condition=condition))
    attach()


@pytest.mark.parametrize(("kind", "most"), [(SCP, 10_240), (RCP, 5_120)])
def test_a_policy_that_is_too_long(setting: Setting, kind: str, most: int) -> None:
    document = deny("s3:", **({"Principal": "*"} if kind == RCP else {}))
    room = most - len(json.dumps(document, separators=(",", ":")))

    def created(length: int, name: str) -> str:
        document["Statement"][0]["Action"] = f"s3:{'a' * length}"
        return setting.policy(document, kind, name)

    assert created(room, "fits").startswith("p-")
    assert refused(lambda: created(room + 1, "too-long")) == (
        "ConstraintViolationException",
        400,
        "You have exceeded the maximum policy size.",
    )


@pytest.mark.parametrize(("kind", "most"), [(SCP, 10), (RCP, 5)])
def test_too_many_policies_on_one_target(setting: Setting, kind: str, most: int) -> None:
    manager = setting.manager
    if kind == RCP:
        manager.enable_policy_type(RootId=setting.root, PolicyType=RCP)
    document = deny("s3:PutObject", **({"Principal": "*"} if kind == RCP else {}))
    made = [setting.policy(document, kind, f"policy-{number}") for number in range(most)]
    for identifier in made[:-1]:  # AWS's own is attached already
        manager.attach_policy(PolicyId=identifier, TargetId=ACCOUNT)
    assert refused(lambda: manager.attach_policy(PolicyId=made[-1], TargetId=ACCOUNT)) == (
        "ConstraintViolationException",
        400,
        "You have attached the maximum number of policies to the specified target.",
    )
