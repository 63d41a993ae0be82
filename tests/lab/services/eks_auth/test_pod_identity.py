"""EKS Pod Identity: associations, the agent, EKS Auth, session tags."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError, NoCredentialsError

from podrole.lab import Lab
from tests.lab.conftest import (
    ACCOUNT,
    DEPLOYMENT,
    OTHER_ACCOUNT,
    POD_IDENTITY_TRUST,
    ROLE_ARN,
    Setup,
    allow,
    client,
    statement,
)
from tests.lab.services.sts.test_irsa import refused

UNAUTHORIZED = (
    "Unauthorized Exception! EKS does not have permissions to assume the associated role."
)


def identity() -> str:
    return str(boto3.client("sts").get_caller_identity()["Arn"])


def agents_refusal(pod: Any) -> str:
    with pod.inside(), pytest.raises(CredentialRetrievalError) as caught:
        identity()
    return str(caught.value)


def test_a_pod_becomes_its_role_through_the_agent(setup: Setup) -> None:
    pod = setup.pod_identity_pod()
    with pod.inside():
        credentials = boto3.Session().get_credentials()
        assert identity().startswith(
            f"arn:aws:sts::{ACCOUNT}:assumed-role/orders-api/eks-demo-orders-api"
        )
    assert credentials is not None
    assert credentials.method == "container-role"


def test_credentials_last_six_hours_and_are_renewed(setup: Setup) -> None:
    pod = setup.pod_identity_pod()
    with pod.inside():
        client = boto3.client("sts")
        names = set()
        for _ in range(30):
            names.add(client.get_caller_identity()["Arn"])
            setup.lab.clock.move(hours=1)
    assert len(names) > 1


def test_six_transitive_tags_reach_policies(setup: Setup) -> None:
    boto3.client("s3").create_bucket(
        Bucket="orders-data", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    prefix = "${aws:PrincipalTag/eks-cluster-name}/${aws:PrincipalTag/kubernetes-namespace}"
    pod = setup.pod_identity_pod(allow("s3:PutObject", f"arn:aws:s3:::orders-data/{prefix}/*"))
    with pod.inside():
        s3 = boto3.client("s3")
        s3.put_object(Bucket="orders-data", Key="demo/orders/1", Body=b"")
        assert refused(lambda: s3.put_object(Bucket="orders-data", Key="demo/payroll/1", Body=b""))[
            :2
        ] == ("AccessDenied", 403)


@pytest.mark.parametrize(
    "trust",
    [
        statement(Principal={"Service": "pods.eks.amazonaws.com"}, Action="sts:AssumeRole"),
        statement(Principal={"Service": "ec2.amazonaws.com"}, Action=["sts:AssumeRole"]),
        statement(
            Principal={"Service": "pods.eks.amazonaws.com"},
            Action=["sts:AssumeRole", "sts:TagSession"],
            Condition={"StringEquals": {"aws:RequestTag/kubernetes-namespace": "payroll"}},
        ),
    ],
    ids=["no TagSession", "another service", "another namespace's tag"],
)
def test_trust_that_does_not_fit(setup: Setup, trust: dict[str, Any]) -> None:
    pod = setup.pod_identity_pod()
    setup.iam.update_assume_role_policy(RoleName="orders-api", PolicyDocument=json.dumps(trust))
    message = agents_refusal(pod)
    assert "Received non 200 response 400 from container metadata" in message
    assert f"(AccessDeniedException): {UNAUTHORIZED}, fault: client" in message


def test_trust_by_source_means_the_cluster(setup: Setup) -> None:
    setup.pod_identity_pod()
    cluster_arn = f"arn:aws:eks:us-west-2:{ACCOUNT}:cluster/demo"
    for arn, works in ((cluster_arn, True), (cluster_arn.replace("cluster", "fargate"), False)):
        trust = json.loads(json.dumps(POD_IDENTITY_TRUST))
        trust["Statement"][0]["Condition"] = {"ArnEquals": {"aws:SourceArn": arn}}
        setup.iam.update_assume_role_policy(RoleName="orders-api", PolicyDocument=json.dumps(trust))
        setup.cluster.rollout_restart("orders-api", "orders")
        fresh = setup.cluster.pod("orders-api", "orders")
        if works:
            with fresh.inside():
                assert "assumed-role/orders-api/" in identity()
        else:
            assert UNAUTHORIZED in agents_refusal(fresh)


def test_without_session_tags_only_assume_role_is_needed(setup: Setup) -> None:
    pod = setup.pod_identity_pod(disableSessionTags=True)
    setup.iam.update_assume_role_policy(
        RoleName="orders-api",
        PolicyDocument=json.dumps(
            statement(Principal={"Service": "pods.eks.amazonaws.com"}, Action="sts:AssumeRole")
        ),
    )
    with pod.inside():
        assert "assumed-role/orders-api/" in identity()


def test_a_pod_admitted_before_the_association_never_gets_credentials(setup: Setup) -> None:
    setup.eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent")
    setup.create_role(POD_IDENTITY_TRUST)
    early = setup.deploy()
    setup.associate()
    with early.inside(), pytest.raises(NoCredentialsError):
        identity()
    setup.cluster.rollout_restart("orders-api", "orders")
    with setup.cluster.pod("orders-api", "orders").inside():
        assert "assumed-role/orders-api/" in identity()


def test_deleting_the_association_leaves_issued_credentials_alone(setup: Setup) -> None:
    pod = setup.pod_identity_pod()
    association = setup.eks.list_pod_identity_associations(clusterName="demo")["associations"][0]
    with pod.inside():
        client = boto3.client("sts")
        client.get_caller_identity()
        setup.eks.delete_pod_identity_association(  # a client of the operator's, made outside
            clusterName="demo", associationId=association["associationId"]
        )
        client.get_caller_identity()
        setup.lab.clock.move(hours=7)
        with pytest.raises(CredentialRetrievalError, match="ResourceNotFoundException"):
            client.get_caller_identity()


def test_without_the_add_on_nothing_listens(setup: Setup) -> None:
    setup.create_role(POD_IDENTITY_TRUST)
    setup.associate()
    pod = setup.deploy()
    assert "Could not connect" in agents_refusal(pod) or "169.254.170.23" in agents_refusal(pod)


def test_the_webhook_prefers_pod_identity(setup: Setup) -> None:
    setup.create_role(POD_IDENTITY_TRUST)
    setup.associate()
    environment = setup.deploy(setup.annotated()).environment()
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" in environment
    assert "AWS_ROLE_ARN" not in environment


def test_with_both_in_the_pod_the_sdk_prefers_web_identity(setup: Setup) -> None:
    setup.create_provider()
    both = [*setup.irsa_trust()["Statement"], *POD_IDENTITY_TRUST["Statement"]]
    setup.create_role({"Version": "2012-10-17", "Statement": both})
    irsa = setup.deploy(setup.annotated())
    setup.eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent")
    setup.associate()
    pod = json.loads(json.dumps(irsa.manifest))
    pod["metadata"] = {"name": "both", "namespace": "orders"}
    setup.cluster.apply(pod)
    pod_of_both = setup.cluster.pod("both", "orders")
    assert {"AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} <= set(pod_of_both.environment())
    with pod_of_both.inside():
        credentials = boto3.Session().get_credentials()
    assert credentials is not None
    assert credentials.method == "assume-role-with-web-identity"


def test_a_target_role_in_another_account(setup: Setup, lab: Lab) -> None:
    target = f"arn:aws:iam::{OTHER_ACCOUNT}:role/data-reader"
    pod = setup.pod_identity_pod(
        allow(["sts:AssumeRole", "sts:TagSession"], target), targetRoleArn=target
    )
    there = lab.session(OTHER_ACCOUNT).client("iam")
    there.create_role(
        RoleName="data-reader",
        AssumeRolePolicyDocument=json.dumps(
            statement(
                Principal={"AWS": ROLE_ARN},
                Action=["sts:AssumeRole", "sts:TagSession"],
                Condition={"StringEquals": {"aws:RequestTag/kubernetes-namespace": "orders"}},
            )
        ),
    )
    with pod.inside():
        assert identity().startswith(f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/data-reader/")


# -- the API ------------------------------------------------------------------------------


def test_an_association_is_created_described_listed_updated_and_deleted(setup: Setup) -> None:
    setup.create_role(POD_IDENTITY_TRUST)
    created = setup.associate(tags={"team": "orders"})
    name = {"clusterName": "demo", "associationId": created["associationId"]}
    assert created["associationId"].startswith("a-")
    assert created["associationArn"] == (
        f"arn:aws:eks:us-west-2:{ACCOUNT}:podidentityassociation/demo/{created['associationId']}"
    )
    assert setup.eks.describe_pod_identity_association(**name)["association"] == created
    other = f"arn:aws:iam::{ACCOUNT}:role/other"
    setup.create_role(POD_IDENTITY_TRUST, name="other")
    updated = setup.eks.update_pod_identity_association(**name, roleArn=other)["association"]
    assert updated["roleArn"] == other
    assert updated["tags"] == {"team": "orders"}
    listed = setup.eks.list_pod_identity_associations(clusterName="demo", namespace="orders")
    assert [item["associationId"] for item in listed["associations"]] == [name["associationId"]]
    assert not setup.eks.list_pod_identity_associations(clusterName="demo", namespace="x")[
        "associations"
    ]
    setup.eks.delete_pod_identity_association(**name)
    assert refused(lambda: setup.eks.describe_pod_identity_association(**name))[:2] == (
        "ResourceNotFoundException",
        404,
    )


def test_a_second_association_of_a_service_account(setup: Setup) -> None:
    setup.create_role(POD_IDENTITY_TRUST)
    first = setup.associate()
    assert refused(setup.associate) == (
        "ResourceInUseException",
        409,
        f"Association already exists: {first['associationId']}",
    )


def test_the_same_request_token_gives_the_same_association(setup: Setup) -> None:
    setup.create_role(POD_IDENTITY_TRUST)
    first, second = (setup.associate(clientRequestToken="once") for _ in range(2))
    assert first == second


def test_errors_of_the_association_api(setup: Setup) -> None:
    setup.create_role(POD_IDENTITY_TRUST)
    with pytest.raises(ClientError, match="No cluster found for name: none"):
        setup.eks.list_pod_identity_associations(clusterName="none")
    with pytest.raises(ClientError, match="policy needs disableSessionTags=true"):
        setup.associate(policy=json.dumps(allow("s3:GetObject")))
    with pytest.raises(ClientError, match="Cross-account pass role is not allowed"):
        setup.eks.create_pod_identity_association(
            clusterName="demo",
            namespace="orders",
            serviceAccount="x",
            roleArn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/x",
        )


def test_binding_a_role_needs_pass_role(setup: Setup) -> None:
    setup.create_role(POD_IDENTITY_TRUST)
    setup.create_role(
        statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Action="sts:AssumeRole"),
        allow("eks:*"),
        name="deployer",
    )
    credentials = setup.sts.assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/deployer", RoleSessionName="ci"
    )["Credentials"]
    eks = client("eks", credentials)
    code, status, message = refused(
        lambda: eks.create_pod_identity_association(
            clusterName="demo", namespace="orders", serviceAccount="orders-api", roleArn=ROLE_ARN
        )
    )
    assert (code, status) == ("AccessDeniedException", 403)
    assert f"is not authorized to perform: iam:PassRole on resource: {ROLE_ARN}" in message


@pytest.mark.parametrize(("trusted_cluster", "passed"), [("demo", True), ("another", False)])
def test_passing_a_role_can_be_limited_to_one_cluster(
    setup: Setup, trusted_cluster: str, passed: bool
) -> None:
    setup.create_role(POD_IDENTITY_TRUST)
    only_here = {
        "StringEquals": {"iam:PassedToService": "pods.eks.amazonaws.com"},
        "ArnEquals": {
            "iam:AssociatedResourceARN": (
                f"arn:aws:eks:us-west-2:{ACCOUNT}:cluster/{trusted_cluster}"
            )
        },
    }
    setup.create_role(
        statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Action="sts:AssumeRole"),
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "eks:*", "Resource": "*"},
                {
                    "Effect": "Allow",
                    "Action": "iam:PassRole",
                    "Resource": ROLE_ARN,
                    "Condition": only_here,
                },
            ],
        },
        name="deployer",
    )
    keys = setup.sts.assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/deployer", RoleSessionName="ci"
    )["Credentials"]
    eks = client("eks", keys)

    def associate() -> None:
        eks.create_pod_identity_association(
            clusterName="demo", namespace="orders", serviceAccount="orders-api", roleArn=ROLE_ARN
        )

    if passed:
        associate()
    else:
        assert refused(associate)[0] == "AccessDeniedException"


def test_two_pods_never_get_each_others_identity(setup: Setup) -> None:
    first = setup.pod_identity_pod()
    setup.cluster.apply(DEPLOYMENT.replace("name: orders-api, ", "name: second, "))
    second = setup.cluster.pod("second", "orders")
    names = []
    for pod in (first, second, first):
        with pod.inside():
            names.append(identity())
    assert names[0] == names[2] != names[1]
