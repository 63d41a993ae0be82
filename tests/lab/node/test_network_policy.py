"""Network policies: what a pod sends to the agent and to the metadata service."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import CredentialRetrievalError, NoCredentialsError

from podrole.lab import Pod, PodError
from podrole.lab.node.network_policy import reaches
from tests.catalogue import CATALOG
from tests.lab.conftest import Setup

AGENT, METADATA = "169.254.170.23", "169.254.169.254"


def policy(specification: dict[str, Any], namespace: str = "orders") -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "egress", "namespace": namespace},
        "spec": specification,
    }


def of_the_catalogue(snippet: str) -> dict[str, Any]:
    """A snippet's policy, for every pod of the tests' namespace."""
    manifest: dict[str, Any] = yaml.safe_load(CATALOG.render(snippet, "yaml"))
    return policy({**manifest["spec"], "podSelector": {}})


ONLY_HTTPS = policy(
    {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": 443}]}]}
)


def identity(pod: Pod) -> str:
    with pod.inside():
        return str(boto3.client("sts").get_caller_identity()["Arn"])


def test_without_a_way_to_the_agent_a_pod_waits_in_vain(setup: Setup) -> None:
    pod = setup.pod_identity_pod()
    setup.cluster.apply(ONLY_HTTPS)
    with pytest.raises(CredentialRetrievalError) as caught:
        identity(pod)
    assert str(caught.value).endswith(
        'Connect timeout on endpoint URL: "http://169.254.170.23/v1/credentials"'
    )
    # The policy of the guide stands beside it: what one of them lets out, gets out.
    setup.cluster.apply({**of_the_catalogue("netpol-egress"), "metadata": {
        "name": "aws-credentials", "namespace": "orders"}})  # fmt: skip
    assert ":assumed-role/orders-api/" in identity(pod)


def test_irsa_needs_no_way_to_the_agent(setup: Setup) -> None:
    pod = setup.irsa_pod()
    setup.cluster.apply(ONLY_HTTPS)
    assert ":assumed-role/orders-api/" in identity(pod)


def test_a_policy_of_another_namespace_binds_nobody_here(setup: Setup) -> None:
    pod = setup.pod_identity_pod()
    setup.cluster.apply({**ONLY_HTTPS, "metadata": {"name": "egress", "namespace": "default"}})
    assert ":assumed-role/orders-api/" in identity(pod)


def test_the_guides_policy_keeps_pods_off_the_nodes_role(setup: Setup) -> None:
    setup.lab.node.metadata_mode = "open"
    pod = setup.deploy()
    assert ":assumed-role/eks-node/" in identity(pod)
    setup.cluster.apply(of_the_catalogue("netpol-no-imds"))
    with pytest.raises(NoCredentialsError):
        identity(pod)


def test_a_block_that_is_none_is_named(setup: Setup) -> None:
    pod = setup.pod_identity_pod()
    setup.cluster.apply(
        policy({"podSelector": {}, "egress": [{"to": [{"ipBlock": {"cidr": "here"}}]}]})
    )
    with pytest.raises(PodError, match="namespace orders: 'here' does not appear to be"):
        identity(pod)


def to(cidr: str, *excepted: str) -> dict[str, Any]:
    return {"to": [{"ipBlock": {"cidr": cidr, "except": list(excepted)}}]}


@pytest.mark.parametrize(
    ("specification", "reached"),
    [
        ({"podSelector": {}, "policyTypes": ["Egress"]}, False),
        ({"podSelector": {}, "policyTypes": ["Ingress"]}, True),
        ({"podSelector": {}}, True),  # it says nothing of egress
        ({"podSelector": {}, "egress": [{}]}, True),
        ({"podSelector": {}, "egress": [to("169.254.170.23/32")]}, True),
        ({"podSelector": {}, "egress": [to("169.254.0.0/16")]}, True),
        ({"podSelector": {}, "egress": [to("169.254.0.0/16", "169.254.170.0/24")]}, False),
        ({"podSelector": {}, "egress": [to("fd00:ec2::23/128")]}, False),
        ({"podSelector": {}, "egress": [to("10.0.0.0/8"), to("169.254.170.23/32")]}, True),
        ({"podSelector": {}, "egress": [{"to": [{"podSelector": {}}]}]}, False),
        ({"podSelector": {}, "egress": [{"ports": [{"port": 80}]}]}, True),
        ({"podSelector": {}, "egress": [{"ports": [{"port": 80, "protocol": "UDP"}]}]}, False),
        ({"podSelector": {}, "egress": [{"ports": [{"protocol": "TCP"}]}]}, True),
        ({"podSelector": {}, "egress": [{"ports": [{"port": 1, "endPort": 79}]}]}, False),
        ({"podSelector": {}, "egress": [{"ports": [{"port": 1, "endPort": 80}]}]}, True),
        ({"podSelector": {}, "egress": [{"ports": [{"port": "http"}]}]}, False),
        (
            {"podSelector": {}, "egress": [{**to("169.254.170.23/32"), "ports": [{"port": 443}]}]},
            False,
        ),
        ({"podSelector": {"matchLabels": {"app": "orders"}}, "policyTypes": ["Egress"]}, False),
        ({"podSelector": {"matchLabels": {"app": "other"}}, "policyTypes": ["Egress"]}, True),
        *(
            (
                {"podSelector": {"matchExpressions": [expression]}, "policyTypes": ["Egress"]},
                not bound,
            )
            for expression, bound in [
                ({"key": "app", "operator": "In", "values": ["orders"]}, True),
                ({"key": "app", "operator": "In", "values": ["other"]}, False),
                ({"key": "app", "operator": "NotIn", "values": ["other"]}, True),
                ({"key": "app", "operator": "NotIn", "values": ["orders"]}, False),
                ({"key": "app", "operator": "Exists"}, True),
                ({"key": "tier", "operator": "Exists"}, False),
                ({"key": "tier", "operator": "DoesNotExist"}, True),
                ({"key": "app", "operator": "DoesNotExist"}, False),
            ]
        ),
    ],
)
def test_rules(specification: dict[str, Any], reached: bool) -> None:
    pod = {"metadata": {"labels": {"app": "orders"}}, "spec": {}}
    assert reaches(pod, [policy(specification)], AGENT, 80) is reached


def test_a_pod_on_the_host_network_is_bound_by_none() -> None:
    pod = {"metadata": {"labels": {}}, "spec": {"hostNetwork": True}}
    closed = policy({"podSelector": {}, "policyTypes": ["Egress"]})
    assert reaches(pod, [closed], METADATA, 80)
