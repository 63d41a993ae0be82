"""Rate limits that are spent: at the agent, at EKS Auth behind it, at STS."""

from __future__ import annotations

import http.client
from contextlib import closing
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from werkzeug.test import Client

from podrole.lab import Lab, LabError, Pod
from tests.lab.conftest import Setup
from tests.lab.lab_process import client, control, serving

TOKEN = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"
ONCE = Config(retries={"total_max_attempts": 1})


def asked(lab: Lab, pod: Pod) -> tuple[int, str]:
    """The agent's answer to the pod."""
    headers = {"Host": "169.254.170.23", "Authorization": pod.read(TOKEN)}
    answer = Client(lab.gateway).get("/v1/credentials", headers=headers)
    return answer.status_code, answer.text


def test_the_agent_is_asked_too_often(setup: Setup) -> None:
    pod = setup.pod_identity_pod()
    setup.lab.throttled = {"agent"}
    assert asked(setup.lab, pod) == (429, "Too Many Requests\n")
    setup.lab.throttled = ()
    assert asked(setup.lab, pod)[0] == 200


def test_eks_auth_is_asked_too_often_by_the_agent(setup: Setup) -> None:
    pod = setup.pod_identity_pod()
    setup.lab.throttled = {"eks-auth"}
    status, text = asked(setup.lab, pod)
    assert status == 429
    assert ": (ThrottlingException): lab: " in text
    assert text.endswith(", fault: client\n")
    events = boto3.client("cloudtrail").lookup_events(
        LookupAttributes=[
            {"AttributeKey": "EventName", "AttributeValue": "AssumeRoleForPodIdentity"}
        ]
    )["Events"]
    assert '"errorCode": "ThrottlingException"' in events[0]["CloudTrailEvent"]


def test_the_agent_goes_on_with_what_it_has_until_that_ends(setup: Setup) -> None:
    pod = setup.pod_identity_pod()
    first = asked(setup.lab, pod)
    setup.lab.throttled = {"eks-auth"}
    setup.lab.clock.move(hours=5)
    assert asked(setup.lab, pod) == first  # it is due after three hours, and good for six
    setup.lab.clock.move(hours=1)
    assert asked(setup.lab, pod)[0] == 429


def test_sts_is_asked_too_often(setup: Setup) -> None:
    setup.lab.throttled = {"sts"}
    with pytest.raises(ClientError) as caught:
        boto3.client("sts", config=ONCE).get_caller_identity()
    answer = caught.value.response
    assert answer["Error"]["Code"] == "Throttling"
    assert answer["Error"]["Message"] == "Rate exceeded"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_nothing_else_is_throttled(lab: Lab) -> None:
    with pytest.raises(LabError, match="'s3'; the lab has agent, eks-auth, sts"):
        lab.throttled = {"s3"}
    assert lab.throttled == set()


def test_a_served_lab_is_throttled_from_its_start_and_after_a_reset() -> None:
    with serving("--throttled", "agent", "--throttled", "sts") as served:

        def by_the_agent() -> int:
            address = urlsplit(served["agent"])
            with closing(http.client.HTTPConnection(address.netloc)) as connection:
                connection.request("GET", address.path)
                return connection.getresponse().status

        def by_sts() -> str:
            with pytest.raises(ClientError) as caught:
                client(served, "sts").get_caller_identity()
            return str(caught.value.response["Error"]["Message"])

        assert (by_the_agent(), by_sts()) == (429, "Rate exceeded")
        with closing(http.client.HTTPConnection(urlsplit(served["endpoint"]).netloc)) as door:
            door.request("POST", "/_podrole/reset", headers=control(served))
            assert door.getresponse().status == 200
        assert (by_the_agent(), by_sts()) == (429, "Rate exceeded")
