"""Access Analyzer in the lab, called as AWS's is: through boto3, answers by botocore's model."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from podrole.lab import Lab
from tests.catalogue import CATALOG
from tests.lab.conftest import ACCOUNT, allow, statement

PROVIDER = "oidc.eks.us-west-2.amazonaws.com/id/ABC"
TRUST_TYPE = "AWS::IAM::AssumeRolePolicyDocument"
READ_TWICE = allow("s3:GetObject", Sid="Read")["Statement"] * 2


@pytest.fixture
def analyzer(lab: Lab) -> Any:
    return boto3.client("accessanalyzer")


def findings(analyzer: Any, document: Any, **more: Any) -> list[dict[str, Any]]:
    text = document if isinstance(document, str) else json.dumps(document, indent=2)
    more.setdefault("policyType", "IDENTITY_POLICY")
    return list(analyzer.validate_policy(policyDocument=text, **more)["findings"])


# -- ValidatePolicy ---------------------------------------------------------------------------


def test_a_finding_points_at_its_text(analyzer: Any) -> None:
    text = json.dumps(allow(["s3:GetObject", "iam:PassRole"]), indent=2)
    (finding,) = findings(analyzer, text)
    assert finding["issueCode"] == "PASS_ROLE_WITH_STAR_IN_RESOURCE"
    assert finding["findingType"] == "SECURITY_WARNING"
    assert finding["findingDetails"].startswith("lab: ")
    (location,) = finding["locations"]
    assert location["path"] == [{"value": "Statement"}, {"index": 0}, {"value": "Resource"}]
    start, end = location["span"]["start"], location["span"]["end"]
    assert text[start["offset"] : end["offset"]] == '"*"'
    assert text.splitlines()[start["line"] - 1][start["column"] :].startswith('"*"')


@pytest.mark.parametrize(
    ("snippet", "resource_type", "kind"),
    [
        ("trust-irsa-bad-no-sub", TRUST_TYPE, "SECURITY_WARNING"),
        ("trust-irsa-bad-https", TRUST_TYPE, "WARNING"),
        ("trust-irsa-bad-no-aud", None, "WARNING"),
        ("trust-irsa-namespace", TRUST_TYPE, "SUGGESTION"),
    ],
)
def test_trust_policies_of_the_guide(
    analyzer: Any, snippet: str, resource_type: str | None, kind: str
) -> None:
    more = {"validatePolicyResourceType": resource_type} if resource_type else {}
    text = CATALOG.render(snippet, "json")
    found = findings(analyzer, text, policyType="RESOURCE_POLICY", **more)
    assert kind in {item["findingType"] for item in found}


def test_a_good_policy_has_no_findings(analyzer: Any) -> None:
    text = CATALOG.render("trust-irsa-exact", "json")
    assert findings(analyzer, text, policyType="RESOURCE_POLICY") == []


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ('{"Version": "2012-10-17",\n "Statement": [', "JSON_SYNTAX_ERROR"),
        ({"Version": "2012-10-17", "Statement": []}, "MISSING_STATEMENT"),
        ({"Version": "2020-01-01", "Statement": []}, "INVALID_VERSION"),
        (allow("s3:GetObject", Effect="Permit"), "INVALID_EFFECT"),
        (statement(Resource="*"), "MISSING_ACTION"),
        (statement(Action="s3:GetObject"), "MISSING_RESOURCE"),
        (allow("GetObject"), "INVALID_ACTION"),
        (allow("s3:GetObject", Principal="*"), "UNSUPPORTED_PRINCIPAL"),
        (allow("s3:GetObject", NotResource="*"), "UNSUPPORTED_ELEMENT_COMBINATION"),
        (allow("s3:GetObject", Condition={"StringEqual": {}}), "INVALID_CONDITION_OPERATOR"),
        (allow("s3:GetObject", Conditions={}), "INVALID_POLICY_ELEMENT"),
        (allow({"a": 1}), "DATA_TYPE_MISMATCH"),
        ([], "DATA_TYPE_MISMATCH"),
        (statement(Effect=None, Action="s3:GetObject", Resource="*"), "INVALID_EFFECT"),
        ({**allow("s3:*"), "Statement": READ_TWICE}, "UNIQUE_SIDS_REQUIRED"),
        (allow("s3:GetObject", NotAction="s3:PutObject"), "UNSUPPORTED_ELEMENT_COMBINATION"),
        (allow("s3:GetObject", Condition={"NullIfExists": {}}), "NULL_WITH_IF_EXISTS"),
        ("{" * 100_000, "JSON_SYNTAX_ERROR"),
    ],
)
def test_what_is_no_policy_is_an_error(analyzer: Any, document: Any, code: str) -> None:
    (finding,) = findings(analyzer, document)
    assert (finding["findingType"], finding["issueCode"]) == ("ERROR", code)


def test_a_syntax_error_has_its_place(analyzer: Any) -> None:
    (finding,) = findings(analyzer, '{\n  "Version" 1}')
    assert finding["locations"][0]["span"]["start"] == {"line": 2, "column": 12, "offset": 14}


def test_service_and_resource_control_policies(analyzer: Any) -> None:
    scp = allow("*")
    assert findings(analyzer, scp, policyType="SERVICE_CONTROL_POLICY") == []
    rcp = allow("s3:*", Principal="*", Effect="Deny")
    assert findings(analyzer, rcp, policyType="RESOURCE_CONTROL_POLICY") == []
    (finding,) = findings(analyzer, scp, policyType="RESOURCE_CONTROL_POLICY")
    assert finding["issueCode"] == "MISSING_PRINCIPAL"


def test_findings_come_in_pages(analyzer: Any) -> None:
    document = json.dumps(allow("*"))
    pages = analyzer.get_paginator("validate_policy").paginate(
        policyDocument=document,
        policyType="IDENTITY_POLICY",
        PaginationConfig={"PageSize": 1},
    )
    assert [len(item["findings"]) for item in pages] == [1, 1]


# -- the checks -------------------------------------------------------------------------------


def test_no_public_access(analyzer: Any) -> None:
    def check(document: Any, kind: str) -> dict[str, Any]:
        text = json.dumps(document)
        return dict(analyzer.check_no_public_access(policyDocument=text, resourceType=kind))

    everyone = allow("s3:GetObject", Principal="*", Sid="Open")
    answer = check(everyone, "AWS::S3::Bucket")
    assert (answer["result"], answer["reasons"][0]["statementId"]) == ("FAIL", "Open")
    assert answer["message"].startswith("lab: ")
    assert answer["reasons"][0]["description"].startswith("lab: ")
    endpoint = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    inside = allow("s3:GetObject", Principal="*", Condition=endpoint)
    assert check(inside, "AWS::S3::Bucket")["result"] == "PASS"
    trust = json.loads(CATALOG.render("trust-irsa-bad-no-sub", "json"))
    assert check(trust, TRUST_TYPE)["result"] == "FAIL"
    trust = json.loads(CATALOG.render("trust-irsa-exact", "json"))
    assert check(trust, TRUST_TYPE)["result"] == "PASS"


def test_no_new_access(analyzer: Any) -> None:
    def check(new: str, existing: str) -> dict[str, Any]:
        answer = analyzer.check_no_new_access(
            newPolicyDocument=CATALOG.render(new, "json"),
            existingPolicyDocument=CATALOG.render(existing, "json"),
            policyType="RESOURCE_POLICY",
        )
        return dict(answer)

    assert check("trust-irsa-exact", "trust-irsa-namespace")["result"] == "PASS"
    answer = check("trust-irsa-namespace", "trust-irsa-exact")
    assert (answer["result"], answer["reasons"][0]["statementIndex"]) == ("FAIL", 0)
    assert "existing policy" in answer["reasons"][0]["description"]


def test_access_not_granted(analyzer: Any) -> None:
    document = json.dumps(allow("s3:*", f"arn:aws:s3:::{ACCOUNT}-orders/*"))

    def check(**access: Any) -> str:
        answer = analyzer.check_access_not_granted(
            policyDocument=document, access=[access], policyType="IDENTITY_POLICY"
        )
        return str(answer["result"])

    assert check(actions=["s3:DeleteObject"]) == "FAIL"
    assert check(actions=["iam:PassRole", "sts:AssumeRole"]) == "PASS"
    assert check(actions=["s3:DeleteObject"], resources=["arn:aws:s3:::other/*"]) == "PASS"
    assert check(resources=[f"arn:aws:s3:::{ACCOUNT}-orders/1"]) == "FAIL"


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        (
            "check_no_public_access",
            {"policyDocument": "{", "resourceType": "AWS::S3::Bucket"},
            "InvalidParameterException",
        ),
        (
            "check_access_not_granted",
            {"policyDocument": json.dumps(allow("s3:*")), "access": [{}]},
            "InvalidParameterException",
        ),
        (
            "check_no_new_access",
            {
                "newPolicyDocument": CATALOG.render("trust-irsa-exact", "json"),
                "existingPolicyDocument": json.dumps(allow("s3:*", Principal="*")),
                "policyType": "RESOURCE_POLICY",
            },
            "InvalidParameterException",
        ),
        ("list_archive_rules", {"analyzerName": "x"}, "NotImplemented"),
    ],
)
def test_refusals(analyzer: Any, operation: str, parameters: dict[str, Any], code: str) -> None:
    if operation == "check_access_not_granted":
        parameters = {**parameters, "policyType": "IDENTITY_POLICY"}
    with pytest.raises(ClientError) as refused:
        getattr(analyzer, operation)(**parameters)
    assert refused.value.response["Error"]["Code"] == code


def test_the_call_itself_needs_a_permission(setup: Any) -> None:
    pod = setup.irsa_pod(allow("access-analyzer:ValidatePolicy"))
    with pod.inside():
        analyzer = boto3.client("accessanalyzer")
        assert findings(analyzer, allow("s3:GetObject")) == []
        with pytest.raises(ClientError) as refused:
            analyzer.check_no_public_access(
                policyDocument=json.dumps(allow("s3:*", Principal="*")),
                resourceType="AWS::S3::Bucket",
            )
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "access-analyzer:CheckNoPublicAccess" in refused.value.response["Error"]["Message"]


def test_every_answer_fits_botocores_model(analyzer: Any) -> None:
    """boto3 parses what it knows and drops the rest: the model's check says what is missing."""
    import botocore.validate

    text = json.dumps(allow("*"))
    calls: dict[str, dict[str, Any]] = {
        "ValidatePolicy": {"policyDocument": text, "policyType": "IDENTITY_POLICY"},
        "CheckNoNewAccess": {
            "newPolicyDocument": text,
            "existingPolicyDocument": json.dumps(allow("s3:*")),
            "policyType": "IDENTITY_POLICY",
        },
        "CheckAccessNotGranted": {
            "policyDocument": text,
            "access": [{"actions": ["s3:*"]}],
            "policyType": "IDENTITY_POLICY",
        },
        "CheckNoPublicAccess": {
            "policyDocument": json.dumps(allow("s3:*", Principal="*")),
            "resourceType": "AWS::S3::Bucket",
        },
    }
    for name, parameters in calls.items():
        method = getattr(analyzer, boto3.session.botocore.xform_name(name))  # type: ignore[attr-defined]
        answer = method(**parameters)
        answer.pop("ResponseMetadata")
        shape = analyzer.meta.service_model.operation_model(name).output_shape
        report = botocore.validate.ParamValidator().validate(answer, shape)
        assert not report.has_errors(), report.generate_report()
        assert answer.get("reasons") or answer.get("findings")


def test_an_analyzer_is_made_listed_and_removed(lab: Lab) -> None:
    client = lab.session().client("accessanalyzer")
    arn = client.create_analyzer(analyzerName="outside", type="ACCOUNT", tags={"team": "x"})["arn"]
    assert arn == "arn:aws:access-analyzer:us-west-2:111122223333:analyzer/outside"
    found = client.get_analyzer(analyzerName="outside")["analyzer"]
    assert (found["arn"], found["status"], found["tags"]) == (arn, "ACTIVE", {"team": "x"})
    assert [one["name"] for one in client.list_analyzers(type="ACCOUNT")["analyzers"]] == [
        "outside"
    ]
    assert client.list_analyzers(type="ACCOUNT_UNUSED_ACCESS")["analyzers"] == []
    elsewhere = lab.session().client("accessanalyzer", region_name="eu-west-1")
    assert elsewhere.list_analyzers()["analyzers"] == []
    with pytest.raises(client.exceptions.ConflictException):
        client.create_analyzer(analyzerName="outside", type="ACCOUNT")
    with pytest.raises(client.exceptions.ServiceQuotaExceededException):
        client.create_analyzer(analyzerName="second", type="ACCOUNT")
    with pytest.raises(client.exceptions.ValidationException):
        client.create_analyzer(analyzerName="1", type="ACCOUNT")
    client.delete_analyzer(analyzerName="outside")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.delete_analyzer(analyzerName="outside")
