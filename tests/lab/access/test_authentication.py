"""Signature Version 4: each fault of tests/conformance/lab/authentication.yaml, and what is good.

The good requests are signed by botocore's own signer; then one thing is done to them.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.parsers
import pytest
import yaml
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from werkzeug.test import Client

from podrole.lab import Lab
from podrole.lab.service_models import service_model
from tests.lab.chunked import upload
from tests.lab.conftest import ACCOUNT, allow
from tests.lab.signing import operator, sign

ROWS = yaml.safe_load(
    (Path(__file__).parents[2] / "conformance/lab/authentication.yaml").read_text()
)
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


@dataclass(frozen=True)
class Sent:
    """A request, as it goes over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Good:
    """A request that succeeds when well signed."""

    service: str
    method: str
    target: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def signed(self, credentials: Credentials | None = None) -> Sent:
        headers = sign(
            self.service,
            self.method,
            self.target,
            self.body,
            credentials=credentials,
            **self.headers,
        )
        return Sent(self.method, self.target, headers, self.body)


GOOD = {
    "sts": Good("sts", "POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15", FORM),
    "eks": Good("eks", "GET", "/clusters?maxResults=5"),
    "s3": Good("s3", "PUT", "/orders-data/k%20%2B%C3%A9?x-id=PutObject", b"data"),
    "secretsmanager": Good(
        "secretsmanager",
        "POST",
        "/",
        b"{}",
        {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "secretsmanager.ListSecrets",
        },
    ),
}


def headers(sent: Sent, **changes: str | None) -> Sent:
    names = {name.replace("_", "-").lower(): value for name, value in changes.items()}
    kept = {name: value for name, value in sent.headers.items() if name.lower() not in names}
    return replace(sent, headers=kept | {k: v for k, v in names.items() if v is not None})


def authorization(old: str, new: str) -> Callable[[Good, Lab], Sent]:
    def change(good: Good, lab: Lab) -> Sent:
        sent = good.signed()
        value = sent.headers["Authorization"]
        assert old in value
        return headers(sent, authorization=value.replace(old, new))

    return change


def moved(**by: float) -> Callable[[Good, Lab], Sent]:
    """Signed so long before the lab's now; afterwards the clock stands where the rows say."""

    def change(good: Good, lab: Lab) -> Sent:
        lab.clock._moved = datetime.timedelta(**by)
        sent = good.signed()
        lab.clock._moved = datetime.timedelta()
        return sent

    return change


def expired(good: Good, lab: Lab) -> Sent:
    session = lab.gateway.credentials._sessions[operator().access_key]
    lab.gateway.credentials.add_session(replace(session, expires=lab.clock.now()))
    return good.signed()


def presigned(days: float = 0.01, late: bool = False, key: str = "k") -> Callable[..., Sent]:
    def change(good: Good, lab: Lab) -> Sent:
        request = botocore.awsrequest.AWSRequest(
            method="GET", url="https://s3.us-west-2.amazonaws.com/orders-data/k"
        )
        seconds = int(days * 86400)
        botocore.auth.S3SigV4QueryAuth(operator(), "s3", "us-west-2", seconds).add_auth(request)
        if late:
            lab.clock.move(seconds=seconds + 1)
        target = request.url.removeprefix("https://s3.us-west-2.amazonaws.com")
        target = target.replace("/orders-data/k", f"/orders-data/{key}")
        return Sent("GET", target, {"Host": "s3.us-west-2.amazonaws.com"})

    return change


def version_2(good: Good, lab: Lab) -> Sent:
    target = f"/orders-data/k?AWSAccessKeyId={operator().access_key}&Signature=x&Expires=1800000000"
    return Sent("GET", target, {"Host": "s3.us-west-2.amazonaws.com"})


def users_key(active: bool, token: str | None) -> Callable[[Good, Lab], Sent]:
    def change(good: Good, lab: Lab) -> Sent:
        iam = boto3.client("iam")
        iam.create_user(UserName="bob")
        key = iam.create_access_key(UserName="bob")["AccessKey"]
        if not active:
            iam.update_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"], Status="Inactive")
        return good.signed(Credentials(key["AccessKeyId"], key["SecretAccessKey"], token))

    return change


def chunks(change: Callable[[bytes], bytes]) -> Callable[[Good, Lab], Sent]:
    def faulty(good: Good, lab: Lab) -> Sent:
        head, body = upload("/orders-data/k", [b"one", b"two"])
        return Sent("PUT", "/orders-data/k", head, change(body))

    return faulty


def keys(**changes: str | None) -> Callable[[Good, Lab], Sent]:
    """Signed with other credentials than the operator's."""

    def change(good: Good, lab: Lab) -> Sent:
        own = operator()
        given = {"access_key": own.access_key, "secret_key": own.secret_key, "token": own.token}
        return good.signed(Credentials(**{**given, **changes}))

    return change


FAULTS: dict[str, Callable[[Good, Lab], Sent]] = {
    "wrong secret": keys(secret_key="x" * 40),
    "unknown key": keys(access_key="ASIAXXXXXXXXXXXXXXXX"),
    "wrong session token": keys(token="IQoJb3JpX2luX2Vjwrong"),
    "no session token": keys(token=None),
    "changed body": lambda good, lab: replace(good.signed(), body=good.body + b" "),
    "changed query": lambda good, lab: replace(
        good.signed(), target=good.target + ("&" if "?" in good.target else "?") + "x=y"
    ),
    "changed signed header": lambda good, lab: (
        headers(good.signed(), host=f"x.{good.service}.us-west-2.amazonaws.com")
        if good.service != "s3"
        else headers(good.signed(), x_amz_date="20260115T090001Z")
    ),
    "signed 6 minutes ago": moved(minutes=-6),
    "signed 16 minutes ago": moved(minutes=-16),
    "signed 6 minutes ahead": moved(minutes=6),
    "signed 16 minutes ahead": moved(minutes=16),
    "expired session": expired,
    "not signed": lambda good, lab: headers(good.signed(), authorization=None),
    "no Signature parameter": authorization(", Signature=", ", X="),
    "scope of another day": authorization("/20260115/", "/20260114/"),
    "scope of no Region": authorization("/us-west-2/", "/us-west-9/"),
    "host not signed": authorization("host;", ""),
    "an x-amz header not signed": lambda good, lab: headers(good.signed(), x_amz_acl="private"),
    "presigned, too late": presigned(late=True),
    "presigned for eight days": presigned(days=8),
    "presigned, changed key": presigned(key="other"),
    "presigned with Signature Version 2": version_2,
    "changed chunk": chunks(lambda body: body.replace(b"two", b"TWO")),
    "truncated chunks": chunks(lambda body: body[:-20]),
    "inactive key": users_key(active=False, token=None),
    "user's key with a token": users_key(active=True, token="x"),
}


def answer(lab: Lab, service: str, sent: Sent) -> tuple[int, dict[str, Any]]:
    """The status and what botocore's parser makes of the answer."""
    response = Client(lab.gateway).open(
        sent.target, method=sent.method, headers=sent.headers, data=sent.body
    )
    protocol = service_model(service).metadata["protocol"]
    parsed = botocore.parsers.create_parser(protocol).parse(
        {
            "status_code": response.status_code,
            "headers": dict(response.headers),
            "body": response.data,
        },
        None,
    )
    return response.status_code, parsed


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['fault']}-{row['service']}")
def test_what_aws_answers_to_a_faulty_signature(lab: Lab, bucket: str, row: Any) -> None:
    service = row["service"]
    status, parsed = answer(lab, service, FAULTS[row["fault"]](GOOD[service], lab))
    assert (parsed["Error"]["Code"], status) == (row["code"], row["status"])
    assert parsed["Error"]["Message"] == row["message"]


@pytest.mark.parametrize("service", GOOD)
def test_the_same_requests_without_a_fault_succeed(lab: Lab, bucket: str, service: str) -> None:
    assert answer(lab, service, GOOD[service].signed())[0] == 200


def test_each_fault_of_the_table_is_done_and_each_done_is_in_the_table() -> None:
    assert {row["fault"] for row in ROWS} == set(FAULTS)


@pytest.mark.parametrize("trailer", [None, "x-amz-checksum-crc32"])
def test_chunks_are_taken_apart_and_stored_whole(
    lab: Lab, bucket: str, trailer: str | None
) -> None:
    head, body = upload("/orders-data/k", [b"one ", b"two"], trailer=trailer)
    status, _ = answer(lab, "s3", Sent("PUT", "/orders-data/k", head, body))
    assert status == 200
    stored = boto3.client("s3").get_object(Bucket=bucket, Key="k")
    assert stored["Body"].read() == b"one two"
    assert "ContentEncoding" not in stored


def test_a_presigned_url_works_until_it_ends(lab: Lab, bucket: str) -> None:
    s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
    parameters = {"Bucket": bucket, "Key": "in/1"}
    url = s3.generate_presigned_url("get_object", Params=parameters, ExpiresIn=60)
    target = url.partition("amazonaws.com")[2]
    host = {"Host": url.removeprefix("https://").partition("/")[0]}
    client = Client(lab.gateway)
    assert client.get(target, headers=host).data == b"one"
    lab.clock.move(seconds=60)
    assert client.get(target, headers=host).status_code == 200
    lab.clock.move(seconds=1)
    assert client.get(target, headers=host).status_code == 403


@pytest.mark.parametrize("key", ["a b", "a+b", "ä/ö", "a//b", "./x", "a%2Fb", "~*'()!"])
def test_any_key_is_signed_as_botocore_signs_it(lab: Lab, bucket: str, key: str) -> None:
    s3 = boto3.client("s3")
    s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"x"
    assert key in [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]]


def test_paths_of_other_services_are_signed_twice_encoded(lab: Lab) -> None:
    eks = boto3.client("eks")
    arn = f"arn:aws:eks:us-west-2:{ACCOUNT}:cluster/demo"
    eks.tag_resource(resourceArn=arn, tags={"team": "orders"})
    assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "orders"}


@pytest.mark.parametrize(
    ("service", "method", "target"),
    [
        ("eks", "DELETE", "/clusters/demo%2Faddons"),
        ("eks", "GET", "/clusters/demo%2Fnode-groups%2Fx"),
        ("s3", "PUT", "/orders-data%2Fin%2F1?x-id=CreateBucket"),
    ],
)
def test_an_encoded_slash_does_not_lead_moto_elsewhere(
    lab: Lab, bucket: str, service: str, method: str, target: str
) -> None:
    role = boto3.client("iam").get_role(RoleName="platform-admin")["Role"]["RoleName"]
    boto3.client("iam").put_role_policy(
        RoleName=role,
        PolicyName=role,
        PolicyDocument=json.dumps(
            allow(["eks:DescribeCluster", "eks:DeleteCluster", "s3:CreateBucket"])
        ),
    )
    status, _ = answer(lab, service, Good(service, method, target).signed())
    assert status in (403, 404, 501)


def test_a_lost_secret_is_no_use(lab: Lab) -> None:
    """What an attacker has who knows the key's id but not the secret."""
    sts = boto3.client("sts", aws_access_key_id=operator().access_key, aws_secret_access_key="no")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        sts.get_caller_identity()
