"""Values that no request of AWS may have: refused in the shape of its service, before any use."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import boto3
import pytest
from werkzeug.test import Client

from podrole.lab import Lab
from tests import hostile
from tests.lab.chunked import upload
from tests.lab.services.sts.test_irsa import refused
from tests.lab.signing import send, sign

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TARGETS = {
    "cloudtrail": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
    "kms": "TrentService.Encrypt",
    "organizations": "AWSOrganizationsV20161128.ListAccounts",
}


@pytest.mark.parametrize("letter", ["é", "ÿ", "²", "0"])
def test_a_signature_of_other_letters_is_a_wrong_one(lab: Lab, letter: str) -> None:
    headers = sign("eks", "GET", "/clusters")
    start, _, given = headers["Authorization"].rpartition("Signature=")
    headers["Authorization"] = f"{start}Signature={letter * len(given)}"
    answer = Client(lab.gateway).get("/clusters", headers=headers)
    assert answer.status_code == 403
    assert answer.headers["x-amzn-ErrorType"] == "InvalidSignatureException"


def test_a_trailer_s_signature_of_other_letters_is_a_wrong_one(lab: Lab, bucket: str) -> None:
    head, body = upload("/orders-data/k", [b"one"], trailer="x-amz-checksum-crc32")
    start, mark, _ = body.rpartition(b"x-amz-trailer-signature:")
    body = start + mark + b"\xe9" * 64 + b"\r\n\r\n"
    answer = Client(lab.gateway).put("/orders-data/k", headers=head, data=body)
    assert answer.status_code == 403
    assert b"<Code>SignatureDoesNotMatch</Code>" in answer.data


@pytest.mark.parametrize("date", ["", " ", "\t"])
def test_a_date_that_is_empty_is_none(lab: Lab, date: str) -> None:
    headers = {**sign("eks", "GET", "/clusters"), "X-Amz-Date": date}
    answer = Client(lab.gateway).get("/clusters", headers=headers)
    assert answer.status_code == 400
    assert answer.headers["x-amzn-ErrorType"] == "IncompleteSignatureException"


@pytest.mark.parametrize(
    ("service", "parameters", "why"),
    [
        ("cloudtrail", {"StartTime": 1e300}, "input.StartTime: no time"),
        ("cloudtrail", {"StartTime": -1}, "input.StartTime: no time"),
        ("cloudtrail", {"StartTime": 10**400}, "input.StartTime: no time"),
        ("cloudtrail", {"EndTime": "2026-01-15"}, "input.EndTime: no time"),
        ("cloudtrail", {"EndTime": True}, "input.EndTime: no time"),
        ("cloudtrail", {"MaxResults": True}, "input.MaxResults: no integer"),
        ("cloudtrail", {"MaxResults": 2**31}, "input.MaxResults: no integer"),
        ("cloudtrail", {"MaxResults": 1.5}, "MaxResults, value: 1.5"),
        ("kms", {"KeyId": "x", "Plaintext": "==="}, "input.Plaintext: no base64"),
        ("kms", {"KeyId": "x", "Plaintext": "é"}, "input.Plaintext: no base64"),
        ("organizations", {"MaxResults": -(2**63)}, "MaxResults"),
    ],
)
def test_a_parameter_of_another_type(lab: Lab, service: str, parameters: Any, why: str) -> None:
    target = {"X-Amz-Target": TARGETS[service]}
    answer = send(lab, service, "POST", "/", json.dumps(parameters), **target)
    assert answer.status_code == 400
    found = json.loads(answer.data)
    assert found["__type"] == "InvalidParameterException"
    assert found["message"].startswith("lab: ")
    assert why in found["message"]


@pytest.mark.parametrize("number", ["x", "1e3", "²", "١", "1_000", "9" * 5_000, "", "+1", " 1"])
def test_a_number_in_a_form(lab: Lab, number: str) -> None:
    form = f"Action=ListUsers&Version=2010-05-08&MaxItems={quote(number)}"
    answer = send(lab, "iam", "POST", "/", form, **FORM)
    assert answer.status_code == 400
    assert b"<Message>MaxItems is not a number</Message>" in answer.data


@pytest.mark.parametrize("kind", ["x", "null", "\U0010ffff", ""])
def test_a_policy_type_that_there_is_not(lab: Lab, kind: str) -> None:
    client = boto3.client("accessanalyzer")
    code, status, message = refused(
        lambda: client.validate_policy(policyDocument="{}", policyType=kind)
    )
    assert (code, status) == ("InvalidParameterException", 400)
    assert message.startswith("lab: policyType is one of IDENTITY_POLICY, ")


@pytest.mark.parametrize(
    "token", ["x", "====", "é", *(base64.urlsafe_b64encode(t).decode() for t in
              (b"lab/-1", b"lab/1e3", b"lab/" + b"9" * 5_000, b"lab/ 1", b"\xff"))]
)  # fmt: skip
def test_a_page_that_nobody_gave(lab: Lab, token: str) -> None:
    eks = boto3.client("eks")
    call = eks.list_pod_identity_associations
    code, status, message = refused(lambda: call(clusterName="demo", nextToken=token))
    assert (code, status) == ("InvalidParameterException", 400)
    assert message.startswith("lab: nextToken ")


@pytest.mark.parametrize("text", [b"-1", b"1e3", b" 1", b"9" * 20, b"x", b"\xff"])
def test_a_marker_that_the_simulator_did_not_give(lab: Lab, text: bytes) -> None:
    call = boto3.client("iam").simulate_custom_policy
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    given = {"PolicyInputList": [policy], "ActionNames": ["s3:GetObject"]}
    marker = base64.b64encode(text).decode()
    code, _, message = refused(lambda: call(**given, Marker=marker))
    assert (code, message) == ("InvalidInput", "lab: the simulator did not give this Marker")


@pytest.mark.parametrize("text", hostile.texts("control", "line end", "surrogate", "html"))
def test_whatever_is_quoted_the_answer_can_be_read(lab: Lab, text: str) -> None:
    name = quote(hostile.utf8(text))
    for service, action in (("iam", "GetUser&UserName"), ("sns", "TagResource&ResourceArn")):
        form = f"Action={action}={name}&Tags.member.1.Key=a&Tags.member.1.Value={name}"
        answer = send(lab, service, "POST", "/", form, **FORM)
        assert answer.status_code >= 400
        assert ElementTree.fromstring(answer.data).find(".//{*}Code") is not None
    answer = send(lab, "s3", "GET", f"/none/{name}")
    assert ElementTree.fromstring(answer.data).find("Code") is not None


def test_what_no_xml_can_say_again_is_not_taken(lab: Lab) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="bob")
    tag = "Tags.member.1.Key=a&Tags.member.1.Value=%01"
    answer = send(lab, "iam", "POST", "/", f"Action=TagUser&UserName=bob&{tag}", **FORM)
    assert answer.status_code == 400
    assert b"a character that no XML can carry" in answer.data
    assert iam.list_user_tags(UserName="bob")["Tags"] == []


def test_where_moto_says_nothing_the_answer_has_a_code(lab: Lab, bucket: str) -> None:
    status = b"<Status>x.y</Status>"
    body = b"<VersioningConfiguration>" + status + b"</VersioningConfiguration>"
    answer = send(lab, "s3", "PUT", f"/{bucket}?versioning", body)
    assert answer.status_code >= 400
    assert b"<Code>InvalidRequest</Code><Message>lab: moto refused" in answer.data
