"""A running lab, and the set-ups that most tests begin with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from podrole.lab import Kubernetes, Lab, Pod
from tests.lab.stub_lab import Reader

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/orders-api"
SUBJECT = "system:serviceaccount:orders:orders-api"

SERVICE_ACCOUNT = """
apiVersion: v1
kind: ServiceAccount
metadata:
  name: orders-api
  namespace: orders
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders-api, namespace: orders}
spec:
  template:
    metadata: {labels: {app: orders-api}}
    spec:
      serviceAccountName: orders-api
      containers: [{name: app, image: app}]
  selector: {matchLabels: {app: orders-api}}
"""


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab.start() as running:
        yield running


@pytest.fixture
def cluster(lab: Lab) -> Kubernetes:
    kubernetes = lab.kubernetes()
    kubernetes.apply({"kind": "Namespace", "metadata": {"name": "orders"}})
    return kubernetes


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Someone at a shell, with folders of their own."""
    someone = Reader(tmp_path)
    yield someone
    someone.close()


class Setup:
    """IRSA and Pod Identity for the service account orders/orders-api, step by step."""

    def __init__(self, lab: Lab, cluster: Kubernetes) -> None:
        self.lab, self.cluster = lab, cluster
        self.iam, self.eks, self.sts = (boto3.client(name) for name in ("iam", "eks", "sts"))
        self.issuer: str = cluster.issuer.url
        self.provider = self.issuer.removeprefix("https://")

    def create_provider(self) -> str:
        return str(
            self.iam.create_open_id_connect_provider(
                Url=self.issuer, ClientIDList=["sts.amazonaws.com"]
            )["OpenIDConnectProviderArn"]
        )

    def irsa_trust(self, operator: str = "StringEquals", subject: Any = SUBJECT) -> dict[str, Any]:
        condition: dict[str, Any] = {"StringEquals": {f"{self.provider}:aud": "sts.amazonaws.com"}}
        condition.setdefault(operator, {})[f"{self.provider}:sub"] = subject
        return statement(
            Principal={"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{self.provider}"},
            Action="sts:AssumeRoleWithWebIdentity",
            Condition=condition,
        )

    def create_role(
        self,
        trust: dict[str, Any],
        *permissions: dict[str, Any],
        name: str = "orders-api",
        **more: Any,
    ) -> None:
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), **more)
        for index, document in enumerate(permissions):
            self.iam.put_role_policy(
                RoleName=name, PolicyName=f"p{index}", PolicyDocument=json.dumps(document)
            )

    def annotated(self, **annotations: str) -> str:
        lines = [f"    eks.amazonaws.com/role-arn: {ROLE_ARN}"]
        lines += [f"    eks.amazonaws.com/{key}: '{value}'" for key, value in annotations.items()]
        return f"{SERVICE_ACCOUNT}  annotations:\n" + "\n".join(lines) + "\n"

    def deploy(self, service_account: str = SERVICE_ACCOUNT) -> Pod:
        self.cluster.apply(service_account)
        self.cluster.apply(DEPLOYMENT)
        return self.cluster.pod("orders-api", "orders")

    def irsa_pod(self, *permissions: dict[str, Any]) -> Pod:
        self.create_provider()
        self.create_role(self.irsa_trust(), *permissions)
        return self.deploy(self.annotated())

    def associate(self, **more: Any) -> dict[str, Any]:
        return dict(
            self.eks.create_pod_identity_association(
                clusterName="demo",
                namespace="orders",
                serviceAccount="orders-api",
                roleArn=ROLE_ARN,
                **more,
            )["association"]
        )

    def pod_identity_pod(self, *permissions: dict[str, Any], **association: Any) -> Pod:
        self.eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent")
        self.create_role(POD_IDENTITY_TRUST, *permissions)
        self.associate(**association)
        return self.deploy()


def client(service: str, credentials: Any) -> Any:
    """A client with the keys that STS or IAM has answered with."""
    return boto3.client(
        service,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
    )


@pytest.fixture
def setup(lab: Lab, cluster: Kubernetes) -> Setup:
    return Setup(lab, cluster)


@pytest.fixture
def token(setup: Setup) -> str:
    """A good token of orders/orders-api, whose role exists and trusts it."""
    setup.create_provider()
    setup.create_role(setup.irsa_trust())
    setup.deploy(setup.annotated())
    return setup.cluster.create_token("orders-api", "orders", audience="sts.amazonaws.com")


def statement(**elements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **elements}]}


def allow(action: Any, resource: Any = "*", **elements: Any) -> dict[str, Any]:
    return statement(Action=action, Resource=resource, **elements)


POD_IDENTITY_TRUST = statement(
    Principal={"Service": "pods.eks.amazonaws.com"}, Action=["sts:AssumeRole", "sts:TagSession"]
)


@pytest.fixture
def bucket(lab: Lab) -> str:
    """A bucket of the first account, with one object."""
    s3 = boto3.client("s3")
    s3.create_bucket(
        Bucket="orders-data", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    s3.put_object(Bucket="orders-data", Key="in/1", Body=b"one")
    return "orders-data"
