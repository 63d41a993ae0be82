"""Add-ons, associations' lists and tags, access entries: by boto3, answers checked by the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import botocore.validate
import pytest

from podrole.lab import Lab
from podrole.lab.aws_error import AwsError
from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.seed import Seed
from podrole.lab.services.eks.associations import LIMIT, Associations
from podrole.lab.services.eks.cluster_key import ClusterKey
from tests.lab.conftest import ACCOUNT, POD_IDENTITY_TRUST, ROLE_ARN, Setup, allow, client
from tests.lab.services.sts.test_irsa import refused

ENTRY = f"arn:aws:iam::{ACCOUNT}:role/developer"
VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"


@pytest.fixture
def eks(lab: Lab) -> Iterator[Any]:
    """A client whose every answer is checked against botocore's model."""
    client = boto3.client("eks")

    def check(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        if "Error" not in parsed and model.output_shape is not None:
            body = {key: value for key, value in parsed.items() if key != "ResponseMetadata"}
            report = botocore.validate.ParamValidator().validate(body, model.output_shape)
            assert not report.has_errors(), report.generate_report()

    client.meta.events.register("after-call.eks", check)
    return client


def associate(eks: Any, name: str, **more: Any) -> dict[str, Any]:
    return dict(
        eks.create_pod_identity_association(
            clusterName="demo", namespace="orders", serviceAccount=name, roleArn=ROLE_ARN, **more
        )["association"]
    )


def test_lists_come_in_pages(eks: Any, setup: Setup) -> None:
    setup.create_role(POD_IDENTITY_TRUST)
    made = [associate(eks, f"sa-{number}")["associationId"] for number in range(5)]
    pages = eks.get_paginator("list_pod_identity_associations").paginate(
        clusterName="demo", PaginationConfig={"PageSize": 2}
    )
    found = [[item["associationId"] for item in page["associations"]] for page in pages]
    assert found == [made[:2], made[2:4], made[4:]]
    code, status, _ = refused(
        lambda: eks.list_pod_identity_associations(clusterName="demo", nextToken="x")
    )
    assert (code, status) == ("InvalidParameterException", 400)


def test_a_cluster_has_at_most_5000_associations() -> None:
    demo = ClusterKey("demo", ACCOUNT, "us-west-2")
    associations = Associations(demo, Clock(), Identifiers(Seed(7), "associations"), lambda _: None)
    wanted = {"namespace": "orders", "roleArn": ROLE_ARN}
    for number in range(LIMIT):
        associations.create({**wanted, "serviceAccount": f"sa-{number}"})
    with pytest.raises(AwsError) as caught:
        associations.create({**wanted, "serviceAccount": "one-more"})
    assert (caught.value.code, caught.value.status) == ("ResourceLimitExceededException", 400)


@pytest.mark.parametrize("kind", ["association", "add-on", "entry", "cluster"])
def test_tags(eks: Any, setup: Setup, kind: str) -> None:
    setup.create_role(POD_IDENTITY_TRUST)
    setup.create_role(POD_IDENTITY_TRUST, name="developer")
    arn = {
        "association": lambda: associate(eks, "sa", tags={"a": "1"})["associationArn"],
        "add-on": lambda: eks.create_addon(
            clusterName="demo", addonName="vpc-cni", tags={"a": "1"}
        )["addon"]["addonArn"],
        "entry": lambda: eks.create_access_entry(
            clusterName="demo", principalArn=ENTRY, tags={"a": "1"}
        )["accessEntry"]["accessEntryArn"],
        "cluster": lambda: eks.describe_cluster(name="demo")["cluster"]["arn"],
    }[kind]()
    eks.tag_resource(resourceArn=arn, tags={"a": "2", "b": "3"})
    assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "2", "b": "3"}
    eks.untag_resource(resourceArn=arn, tagKeys=["a", "x"])
    assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "3"}


def test_an_addon_owns_the_associations_that_it_brings(eks: Any, setup: Setup) -> None:
    setup.create_role(POD_IDENTITY_TRUST)
    wanted = [{"serviceAccount": "ebs-csi-controller-sa", "roleArn": ROLE_ARN}]
    addon = eks.create_addon(
        clusterName="demo", addonName="aws-ebs-csi-driver", podIdentityAssociations=wanted
    )["addon"]
    (listed,) = eks.list_pod_identity_associations(clusterName="demo")["associations"]
    assert addon["status"] == "CREATING"
    assert listed["ownerArn"] == addon["addonArn"]
    assert (listed["namespace"], addon["podIdentityAssociations"]) == (
        "kube-system",
        [listed["associationArn"]],
    )
    eks.update_addon(clusterName="demo", addonName="aws-ebs-csi-driver", podIdentityAssociations=[])
    assert eks.list_pod_identity_associations(clusterName="demo")["associations"] == []
    assert eks.describe_addon(clusterName="demo", addonName="aws-ebs-csi-driver")["addon"][
        "status"
    ] == ("ACTIVE")
    eks.delete_addon(clusterName="demo", addonName="aws-ebs-csi-driver")
    assert eks.list_addons(clusterName="demo")["addons"] == []


def test_the_addons_that_the_lab_has(eks: Any) -> None:
    found = eks.describe_addon_versions()["addons"]
    assert "eks-pod-identity-agent" in [item["addonName"] for item in found]
    (one,) = eks.describe_addon_versions(addonName="vpc-cni")["addons"]
    assert one["addonVersions"]


def test_the_role_that_an_addon_wants(eks: Any) -> None:
    (driver,) = eks.describe_addon_versions(addonName="aws-ebs-csi-driver")["addons"]
    (version,) = driver["addonVersions"]
    assert version["requiresIamPermissions"]
    found = eks.describe_addon_configuration(
        addonName="aws-ebs-csi-driver", addonVersion=version["addonVersion"]
    )
    assert found["podIdentityConfiguration"] == [
        {
            "serviceAccount": "ebs-csi-controller-sa",
            "recommendedManagedPolicies": [
                "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
            ],
        }
    ]
    agent = eks.describe_addon_versions(addonName="eks-pod-identity-agent")["addons"][0]
    which = agent["addonVersions"][0]
    assert not which["requiresIamPermissions"]
    none = eks.describe_addon_configuration(
        addonName="eks-pod-identity-agent", addonVersion=which["addonVersion"]
    )
    assert none["podIdentityConfiguration"] == []
    code, status, message = refused(
        lambda: eks.describe_addon_configuration(addonName="vpc-cni", addonVersion="v0.0.1")
    )
    assert (code, status) == ("ResourceNotFoundException", 404)
    assert message.startswith("lab: no add-on vpc-cni v0.0.1; the lab has ")


def test_an_update_of_an_addon_replaces_all_its_associations(eks: Any, setup: Setup) -> None:
    setup.create_role(POD_IDENTITY_TRUST)
    addon = {"clusterName": "demo", "addonName": "aws-ebs-csi-driver"}
    wanted = [{"serviceAccount": "ebs-csi-controller-sa", "roleArn": ROLE_ARN}]
    eks.create_addon(**addon, podIdentityAssociations=wanted)
    (first,) = eks.list_pod_identity_associations(clusterName="demo")["associations"]
    eks.update_addon(**addon, podIdentityAssociations=wanted)
    listed = eks.list_pod_identity_associations(clusterName="demo")["associations"]
    assert len(listed) == 1
    assert listed[0]["associationId"] != first["associationId"]
    eks.update_addon(**addon)  # no list: no change
    assert eks.list_pod_identity_associations(clusterName="demo")["associations"] == listed


def test_binding_a_role_needs_pass_role(eks: Any, setup: Setup) -> None:
    """Who may create associations or add-ons must not give pods any role of the account."""
    setup.create_role(POD_IDENTITY_TRUST, allow(["eks:*"]), name="deployer")
    with setup.pod_identity_pod().inside():
        pass
    setup.iam.update_assume_role_policy(
        RoleName="deployer",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"AWS": ACCOUNT},
                    "Action": "sts:AssumeRole",
                },
            }
        ),
    )
    keys = setup.sts.assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/deployer", RoleSessionName="ci"
    )["Credentials"]
    deployer = client("eks", keys)
    wanted = [{"serviceAccount": "ebs-csi-controller-sa", "roleArn": ROLE_ARN}]
    for call in (
        lambda: associate(deployer, "sa"),
        lambda: deployer.create_addon(
            clusterName="demo", addonName="aws-ebs-csi-driver", podIdentityAssociations=wanted
        ),
    ):
        code, _, message = refused(call)
        assert code == "AccessDeniedException"
        assert f"is not authorized to perform: iam:PassRole on resource: {ROLE_ARN}" in message
    deployer.create_addon(clusterName="demo", addonName="vpc-cni")


def test_the_creator_of_a_cluster_is_its_administrator(eks: Any) -> None:
    creator = f"arn:aws:iam::{ACCOUNT}:role/platform-admin"
    subnets = {"subnetIds": ["subnet-0a1b2c3d", "subnet-4e5f6a7b"]}
    role = f"arn:aws:iam::{ACCOUNT}:role/eks-cluster"
    eks.create_cluster(name="green", roleArn=role, resourcesVpcConfig=subnets)
    eks.create_cluster(
        name="bare",
        roleArn=role,
        resourcesVpcConfig=subnets,
        accessConfig={"bootstrapClusterCreatorAdminPermissions": False},
    )
    for name, entries in (("demo", [creator]), ("green", [creator]), ("bare", [])):
        assert eks.list_access_entries(clusterName=name)["accessEntries"] == entries


def test_access_entries_and_their_policies(eks: Any, setup: Setup) -> None:
    setup.create_role(POD_IDENTITY_TRUST, name="developer")
    entry = eks.create_access_entry(
        clusterName="demo", principalArn=ENTRY, kubernetesGroups=["readers"]
    )["accessEntry"]
    assert entry["username"] == (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/developer/{{{{SessionName}}}}"
    )
    assert refused(lambda: eks.create_access_entry(clusterName="demo", principalArn=ENTRY))[:2] == (
        "ResourceInUseException",
        409,
    )
    eks.update_access_entry(clusterName="demo", principalArn=ENTRY, kubernetesGroups=["writers"])
    described = eks.describe_access_entry(clusterName="demo", principalArn=ENTRY)["accessEntry"]
    assert described["kubernetesGroups"] == ["writers"]
    scope = {"type": "namespace", "namespaces": ["orders"]}
    eks.associate_access_policy(
        clusterName="demo", principalArn=ENTRY, policyArn=VIEW, accessScope=scope
    )
    (policy,) = eks.list_associated_access_policies(clusterName="demo", principalArn=ENTRY)[
        "associatedAccessPolicies"
    ]
    assert (policy["policyArn"], policy["accessScope"]) == (VIEW, scope)
    assert VIEW in [item["arn"] for item in eks.list_access_policies()["accessPolicies"]]
    eks.disassociate_access_policy(clusterName="demo", principalArn=ENTRY, policyArn=VIEW)
    eks.delete_access_entry(clusterName="demo", principalArn=ENTRY)
    assert refused(lambda: eks.describe_access_entry(clusterName="demo", principalArn=ENTRY))[
        :2
    ] == ("ResourceNotFoundException", 404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"principalArn": "arn:aws:sts::111122223333:assumed-role/x/y"},
        {"principalArn": ENTRY, "kubernetesGroups": ["system:masters"]},
    ],
)
def test_no_access_entry_for(eks: Any, wrong: dict[str, Any]) -> None:
    code, status, _ = refused(lambda: eks.create_access_entry(clusterName="demo", **wrong))
    assert (code, status) == ("InvalidParameterException", 400)


def test_associations_may_take_their_time(setup: Setup) -> None:
    """EKS is eventually consistent; a pod made too early has no credentials for good."""
    setup.lab.association_delay = timedelta(seconds=10)
    early = setup.pod_identity_pod()
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" not in early.environment()
    setup.lab.clock.move(seconds=10)
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" not in early.environment()
    setup.cluster.rollout_restart("orders-api", "orders")
    late = setup.cluster.pod("orders-api", "orders")
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" in late.environment()
    (found,) = setup.eks.list_pod_identity_associations(clusterName="demo")["associations"]
    setup.eks.delete_pod_identity_association(
        clusterName="demo", associationId=found["associationId"]
    )
    with late.inside():
        assert ":assumed-role/orders-api/" in boto3.client("sts").get_caller_identity()["Arn"]
