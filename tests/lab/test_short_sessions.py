"""Sessions that the lab cuts, so that an SDK's renewal is seen in seconds."""

from __future__ import annotations

from datetime import timedelta

import boto3
import pytest

from podrole.lab import Lab, LabError
from tests.lab.conftest import Setup
from tests.lab.serving.test_served_lab import podrole


@pytest.mark.parametrize("mechanism", ["irsa", "pod-identity"])
def test_a_pods_keys_end_and_its_sdk_renews_them(setup: Setup, mechanism: str) -> None:
    setup.lab.longest_session = timedelta(seconds=20)
    pod = setup.irsa_pod() if mechanism == "irsa" else setup.pod_identity_pod()
    with pod.inside():
        session = boto3.Session()
        credentials = session.get_credentials()
        assert credentials is not None
        first = credentials.get_frozen_credentials()
        setup.lab.clock.move(seconds=20)
        with pytest.raises(Exception, match="ExpiredToken"):
            boto3.client(
                "sts",
                aws_access_key_id=first.access_key,
                aws_secret_access_key=first.secret_key,
                aws_session_token=first.token,
            ).get_caller_identity()
        identity = session.client("sts").get_caller_identity()["Arn"]
        assert credentials.get_frozen_credentials().access_key != first.access_key
    assert ":assumed-role/orders-api/" in identity


def test_what_is_asked_for_is_not_made_longer(setup: Setup) -> None:
    setup.lab.longest_session = timedelta(hours=12)
    setup.irsa_pod()
    token = setup.cluster.create_token("orders-api", "orders", audience="sts.amazonaws.com")
    answer = setup.sts.assume_role_with_web_identity(
        RoleArn="arn:aws:iam::111122223333:role/orders-api",
        RoleSessionName="try",
        WebIdentityToken=token,
        DurationSeconds=900,
    )
    assert answer["Credentials"]["Expiration"] - setup.lab.clock.now() == timedelta(minutes=15)


def test_a_session_lives_for_some_time(lab: Lab) -> None:
    with pytest.raises(LabError, match=r"give for example timedelta\(seconds=60\)"):
        lab.longest_session = timedelta()
    done = podrole("lab", "serve", "--port", "0", "--session-seconds", "-1")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
