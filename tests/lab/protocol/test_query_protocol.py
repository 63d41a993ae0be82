"""The query protocol: a call is the same by GET and by POST, for its decision and for its effect.

Source: IAM user guide, "Calling the IAM API using HTTP query requests": all actions take both
(checked 2026-11-28).
"""

from __future__ import annotations

import json
import random
import re
from typing import Any
from urllib.parse import quote, urlencode

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from werkzeug.test import Client

from podrole.lab import Lab
from podrole.lab.protocol.codec import query_form, query_parameters
from podrole.lab.protocol.operations import SERVICES, spoken_model
from tests import hostile
from tests.lab.conftest import ACCOUNT, ROLE_ARN, SUBJECT, statement
from tests.lab.fuzz.aws_requests import AwsRequests
from tests.lab.fuzz.wsgi_request import Answer, WireRequest, ask
from tests.lab.signing import operator, send, sign

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
QUERY = sorted(
    service for service in SERVICES if spoken_model(service, {}).metadata["protocol"] == "query"
)
HOSTS = {"sts": {"Host": "sts.us-west-2.amazonaws.com"}}


def exact(lab: Lab, request: WireRequest) -> Answer:
    """The answer to these very bytes: werkzeug's client would encode a target anew."""
    answer = ask(lab.gateway, request)
    assert answer is not None
    return answer


def by_post(lab: Lab, service: str, form: str) -> Answer:
    headers = sign(service, "POST", "/", form, **FORM)
    return exact(lab, WireRequest("POST", "/", headers, form.encode()))


def by_get(lab: Lab, service: str, form: str) -> Answer:
    headers = sign(service, "GET", f"/?{form}")
    return exact(lab, WireRequest("GET", f"/?{form}", headers))


def presigned(lab: Lab, service: str, form: str) -> Answer:
    host = f"{service}.us-west-2.amazonaws.com"
    request = botocore.awsrequest.AWSRequest(method="GET", url=f"https://{host}/?{form}")
    botocore.auth.SigV4QueryAuth(operator(), service, "us-west-2", 60).add_auth(request)
    return exact(lab, WireRequest("GET", request.url.partition(host)[2], {"Host": host}))


def drawn_forms(service: str) -> list[str]:
    """Two forms for each operation of a service, the same at each call."""
    requests = AwsRequests(random.Random(service), {})
    model = spoken_model(service, {})
    return [
        urlencode(
            [tuple(map(hostile.utf8, pair)) for pair in requests.form(model, name, 0.1)],
            quote_via=quote,  # botocore signs a `+` in a URL as it is
        )
        for name in model.operation_names
        for _ in range(2)
    ]


def answers(service: str, ways: list[Any]) -> list[tuple[int, bytes]]:
    """What a new lab answers to each form of the service, each by the next of the ways."""
    with Lab.start() as lab:
        iam = boto3.client("iam")
        iam.create_user(UserName="orders")
        iam.create_role(RoleName="orders", AssumeRolePolicyDocument=json.dumps(TRUST))
        boto3.client("sns").create_topic(Name="orders")
        boto3.client("sqs").create_queue(QueueName="orders")
        found = [
            ways[number % len(ways)](lab, service, form)
            for number, form in enumerate(drawn_forms(service))
        ]
        return [(answer.status, _WITHOUT_CLOCK.sub(b"", answer.body)) for answer in found]


#: What moto draws from the machine's clock and randomness.
_WITHOUT_CLOCK = re.compile(rb"<(QRCodePNG|CreateDate)>[^<]*")


TRUST = statement(Principal={"AWS": ACCOUNT}, Action="sts:AssumeRole")


@pytest.mark.parametrize("service", QUERY)
def test_every_operation_answers_the_same_by_get_and_post(service: str) -> None:
    posted = answers(service, [by_post])
    got = answers(service, [by_get, presigned])
    forms = drawn_forms(service)
    differing = {
        form: pair for form, *pair in zip(forms, posted, got, strict=True) if pair[0] != pair[1]
    }
    assert differing == {}
    assert any(status == 200 for status, _ in posted)


@pytest.mark.parametrize("service", QUERY)
def test_what_is_read_from_a_form_can_be_written_again(service: str) -> None:
    model = spoken_model(service, {})
    requests = AwsRequests(random.Random(service), {})
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        parameters = query_parameters(dict(requests.form(model, name, 0.0)), shape)
        assert query_parameters(query_form(parameters, shape), shape) == parameters


@pytest.mark.parametrize("way", [by_get, presigned])
def test_a_get_is_carried_out_with_its_parameters(lab: Lab, way: Any) -> None:
    iam = boto3.client("iam")
    answer = way(lab, "iam", "Action=CreateUser&UserName=bob&Version=2010-05-08")
    assert answer.status == 200
    assert iam.get_user(UserName="bob")["User"]["UserName"] == "bob"
    found = way(lab, "iam", "Action=GetUser&UserName=bob&Version=2010-05-08")
    assert b"<UserName>bob</UserName>" in found.body
    assert way(lab, "iam", "Action=GetUser&UserName=eve&Version=2010-05-08").status == 404


def test_a_get_is_decided_with_its_parameters(lab: Lab) -> None:
    iam = boto3.client("iam")
    for name in ("bob", "eve"):
        iam.create_user(UserName=name)
    allowed = statement(Action="iam:GetUser", Resource=f"arn:aws:iam::{ACCOUNT}:user/bob")
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=json.dumps(allowed))
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    bob = {"credentials": _credentials(key)}
    target = "/?Action=GetUser&Version=2010-05-08&UserName="
    assert send(lab, "iam", "GET", f"{target}bob", **bob).status_code == 200
    assert send(lab, "iam", "GET", f"{target}eve", **bob).status_code == 403


def _credentials(key: Any) -> Any:
    return botocore.credentials.Credentials(key["AccessKeyId"], key["SecretAccessKey"])


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_another_method_is_refused(lab: Lab, method: str) -> None:
    form = "Action=CreateUser&UserName=bob&Version=2010-05-08"
    assert send(lab, "iam", method, f"/?{form}").status_code == 405
    assert send(lab, "iam", method, "/", form, **FORM).status_code == 405
    assert boto3.client("iam").list_users()["Users"] == []


# -- AssumeRoleWithWebIdentity without a signature -------------------------------------------


def web_identity(**changes: str) -> str:
    given = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": ROLE_ARN,
        "RoleSessionName": "test",
        **changes,
    }
    return urlencode(given)


def test_an_unsigned_get_becomes_the_role(lab: Lab, token: str) -> None:
    client = Client(lab.gateway)
    answer = client.get(f"/?{web_identity(WebIdentityToken=token)}", headers=HOSTS["sts"])
    assert answer.status_code == 200
    assert f"<SubjectFromWebIdentityToken>{SUBJECT}<".encode() in answer.data
    record = lab.gateway.trail.records(ACCOUNT)[-1]
    assert record["eventName"] == "AssumeRoleWithWebIdentity"
    assert record["userIdentity"]["userName"] == SUBJECT


@pytest.mark.parametrize(
    "changes",
    [
        {"WebIdentityToken": "a.b.c"},
        {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/none"},
        {"RoleArn": "x"},
        {"DurationSeconds": "60"},
        {"DurationSeconds": "x"},
        {"RoleSessionName": ""},
        {"Policy": "{"},
    ],
)
def test_an_unsigned_get_is_checked_as_a_post_is(
    lab: Lab, token: str, changes: dict[str, str]
) -> None:
    form = web_identity(**{"WebIdentityToken": token, **changes})
    client = Client(lab.gateway)
    got = client.get(f"/?{form}", headers=HOSTS["sts"])
    posted = client.post("/", data=form, headers={**HOSTS["sts"], **FORM})
    assert got.status_code == posted.status_code >= 400
    assert _without_id(got.data) == _without_id(posted.data)


def _without_id(body: bytes) -> bytes:
    return body.partition(b"<RequestId>")[0]


def test_an_action_that_stands_twice_is_none(lab: Lab) -> None:
    for target in ("/?Action=a&Action=b", f"/?{web_identity(WebIdentityToken='x')}&Action=b"):
        assert Client(lab.gateway).post(target, headers=HOSTS["sts"]).status_code == 403
    assert send(lab, "iam", "GET", "/?Action=ListUsers&Action=GetUser").status_code == 501


def test_nothing_else_is_taken_unsigned(lab: Lab) -> None:
    answer = Client(lab.gateway).get("/?Action=GetCallerIdentity", headers=HOSTS["sts"])
    assert answer.status_code == 403
