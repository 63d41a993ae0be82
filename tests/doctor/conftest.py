"""What kubectl and the AWS CLI would print of a lab, as the doctor's evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import yaml

from podrole.doctor import Evidence, Link, diagnose
from podrole.lab import Kubernetes, Lab
from tests.lab.conftest import Setup


def printed(answer: dict[str, Any]) -> str:
    """An answer of boto3 as the AWS CLI prints it."""
    return json.dumps(
        {key: value for key, value in answer.items() if key != "ResponseMetadata"},
        default=lambda value: value.isoformat(),
    )


class Ward:
    """A set-up of the lab, and the doctor's round."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    def outputs(self, role: str = "orders-api") -> Iterator[str]:
        """All that `podrole doctor --collect` would have written for a role."""
        setup, eks, iam = self.setup, self.setup.eks, self.setup.iam
        account = setup.cluster.get("ServiceAccount", "orders-api", "orders")
        pods = [dict(pod.manifest) for pod in setup.cluster.pods("orders")]
        yield yaml.safe_dump({"kind": "List", "items": [account, *pods]})
        yield printed(eks.describe_cluster(name="demo"))
        yield printed(eks.list_addons(clusterName="demo"))
        listed = eks.list_pod_identity_associations(clusterName="demo")
        yield printed(listed)
        for item in listed["associations"]:
            yield printed(
                eks.describe_pod_identity_association(
                    clusterName="demo", associationId=item["associationId"]
                )
            )
        providers = iam.list_open_id_connect_providers()
        yield printed(providers)
        for provider in providers["OpenIDConnectProviderList"]:
            yield printed(
                iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider["Arn"])
            )
        yield printed(iam.get_role(RoleName=role))

    def links(self) -> list[Link]:
        evidence = Evidence()
        for number, text in enumerate(self.outputs()):
            evidence.add(text, f"output {number}")
        return diagnose(evidence, "orders")

    def broken(self) -> list[str]:
        return [link.name for link in self.links() if link.state == "broken"]

    def works(self, pod: str = "orders-api", namespace: str = "orders") -> bool:
        """Whether a program in the pod, or the newest one of a Deployment, becomes the role."""
        with self.setup.cluster.pod(pod, namespace).inside():
            try:
                arn = boto3.client("sts").get_caller_identity()["Arn"]
            except Exception:
                return False
        return ":assumed-role/orders-api/" in arn

    def restart(self) -> None:
        self.setup.cluster.rollout_restart("orders-api", "orders")


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab.start() as running:
        yield running


@pytest.fixture
def ward(lab: Lab) -> Ward:
    cluster: Kubernetes = lab.kubernetes()
    cluster.apply({"kind": "Namespace", "metadata": {"name": "orders"}})
    return Ward(Setup(lab, cluster))
