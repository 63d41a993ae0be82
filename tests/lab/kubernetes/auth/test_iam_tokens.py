"""`aws eks get-token`: which presigned URLs stand for a user of the cluster."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from podrole.lab import Lab
from podrole.partitions import host_suffix
from tests.lab.kubernetes.api import Api

STS = "https://sts.us-west-2.amazonaws.com/"
ASKED = "?Action=GetCallerIdentity&Version=2011-06-15"


def presigned(lab: Lab, place: str = STS + ASKED, **more: Any) -> str:
    """The URL in a token of the lab's operator."""
    region = more.pop("region", "us-west-2")
    keys = lab.session().get_credentials()
    request = AWSRequest("GET", place, headers=more.pop("headers", {"x-k8s-aws-id": "demo"}))
    SigV4QueryAuth(keys, "sts", region, expires=more.pop("expires", 60)).add_auth(request)
    assert not more
    return str(request.url)


def token(url: str, padding: str = "") -> str:
    return f"k8s-aws-v1.{base64.urlsafe_b64encode(url.encode()).decode().rstrip('=')}{padding}"


def who(api: Api, bearer: str) -> int:
    return api.raw("GET", "/api/v1/namespaces", Authorization=f"Bearer {bearer}").status_code


@pytest.mark.parametrize("expires", [0, 1, 60, 900])
@pytest.mark.parametrize("host", ["sts.us-west-2.amazonaws.com", "sts.amazonaws.com", "127.0.0.1"])
def test_a_token_of_an_administrator_is_taken(api: Api, lab: Lab, expires: int, host: str) -> None:
    place = f"https://{host}/{ASKED}"
    region = "us-east-1" if host == "sts.amazonaws.com" else "us-west-2"
    assert who(api, token(presigned(lab, place, expires=expires, region=region))) == 200


def test_a_token_lasts_15_minutes_whatever_it_says(api: Api, lab: Lab) -> None:
    made = token(presigned(lab, expires=0))
    lab.clock.move(minutes=15)
    assert who(api, made) == 200
    lab.clock.move(seconds=1)
    assert who(api, made) == 401


@pytest.mark.parametrize(
    "place",
    [
        f"https://sts.us-west-2.amazonaws.com.example.org/{ASKED}",
        f"https://example.org/{ASKED}",
        f"https://iam.us-west-2.amazonaws.com/{ASKED}",
        f"http://sts.us-west-2.amazonaws.com/{ASKED}",
        f"https://sts.us-west-2.amazonaws.com:8443/{ASKED}",
        f"{STS}x{ASKED}",
        f"{STS}{ASKED}&DurationSeconds=900",
        f"{STS}?Action=GetSessionToken&Version=2011-06-15",
    ],
)
def test_a_token_that_names_something_else_is_refused(api: Api, lab: Lab, place: str) -> None:
    assert who(api, token(presigned(lab, place))) == 401


def test_other_faults_of_a_token(api: Api, lab: Lab) -> None:
    good = presigned(lab)
    assert who(api, token(good)) == 200
    assert who(api, token(presigned(lab, expires=901))) == 401
    assert who(api, token(presigned(lab, headers={}))) == 401
    assert who(api, token(presigned(lab, headers={"x-k8s-aws-id": "other"}))) == 401
    assert who(api, token(good, "==")) == 401, "a token has no padding"
    assert who(api, token(f"{good}&action=GetCallerIdentity")) == 401, "a parameter twice"
    assert who(api, token(good + "&" + "a" * 17000)) == 401, "a token is at most 16 KiB long"


def test_the_hosts_of_other_partitions(api: Api) -> None:
    from podrole.lab.services.eks import authenticator

    for region in ("cn-north-1", "us-gov-west-1", "eusc-de-east-1", "eu-central-1"):
        assert authenticator._is_sts(f"sts.{region}.{host_suffix(region)}")
    assert not authenticator._is_sts("sts.cn-north-1.amazonaws.com")
