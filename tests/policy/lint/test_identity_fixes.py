"""What lint says to do with the other policies is done: they allow what is meant, and no more."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from podrole.policy import Request
from podrole.policy.lint.issue_types import ISSUE_TYPES
from tests.policy.lint.cured import ACCOUNT, ROLE, Cured, asks
from tests.policy.lint.test_trust_fixes import CHAIN, PODS, WEB

OBJECTS = "arn:aws:s3:::orders/in/*"
KEY, OTHER_KEY = "arn:aws:s3:::orders/in/1", "arn:aws:s3:::billing/in/1"
GET, GET_OTHER = asks("s3:GetObject", KEY), asks("s3:GetObject", OTHER_KEY)
DELETE = asks("s3:DeleteObject", KEY)
READS = {"Action": "s3:GetObject", "Resource": OBJECTS}


def reads(**elements: Any) -> dict[str, Any]:
    return {**READS, **elements}


def whole(*statements: dict[str, Any], **elements: Any) -> dict[str, Any]:
    each = [{"Effect": "Allow", **one} for one in statements]
    return {"Version": "2012-10-17", **elements, "Statement": each}


def fix(code: str, bad: Any, good: Any = READS, wanted: Any = (GET,), others: Any = (GET_OTHER,),
        **more: Any) -> Cured:  # fmt: skip
    return Cured(code, more.pop("kind", "identity"), bad, good, wanted, others, **more)


def resource(code: str, text: str) -> Cured:
    return fix(code, reads(Resource=text))


def condition(code: str, bad: Any, good: Any, has: Any, lacks: Any, **more: Any) -> Cured:
    """Of two calls, `has` brings what the condition means, `lacks` does not."""
    calls = [Request(GET.principal, GET.action, KEY, keys, ACCOUNT) for keys in (has, lacks)]
    return fix(code, reads(Condition=bad), reads(Condition=good), calls[:1], calls[1:], **more)


BROAD = [
    fix("PODROLE_OBJECT_ACTION_ON_BUCKET", reads(Resource="arn:aws:s3:::orders"),
        reads(Resource="arn:aws:s3:::orders/*")),
    fix("PODROLE_BROAD_ACTION", reads(Action="s3:*", Resource="*"), others=[GET_OTHER, DELETE]),
    fix("PODROLE_ALLOW_WITH_NOT_ACTION", {"NotAction": "iam:*", "Resource": OBJECTS},
        others=[DELETE]),
    fix("PODROLE_ALLOW_WITH_NOT_RESOURCE",
        {"Action": "s3:GetObject", "NotResource": "arn:aws:s3:::secret/*"}),
    fix("PODROLE_POLICY_TOO_LONG", reads(Resource=[OBJECTS, *(
        f"arn:aws:s3:::orders/{'x' * 60}/{number}" for number in range(200))]), style=True),
    fix("WILDCARD_IN_SERVICE_NAME", {"Action": "s3:GetObject", "Resource": "arn:aws:s*:::*"},
        reads(Resource=OBJECTS)),
]  # fmt: skip

TEXTS = [
    resource("INVALID_ARN_PREFIX", "aws:s3:::orders/in/*"),
    resource("MISSING_ARN_FIELD", "arn:aws:s3::orders/in/1"),
    resource("INVALID_PARTITION", "arn:amazon:s3:::orders/in/*"),
    resource("INVALID_ARN_SERVICE_CASE", "arn:aws:S3:::orders/in/*"),
    resource("ARN_REGION_NOT_ALLOWED", "arn:aws:s3:us-west-2::orders/in/*"),
    resource("ARN_ACCOUNT_NOT_ALLOWED", f"arn:aws:s3::{ACCOUNT}:orders/in/*"),
    fix("INVALID_ARN_ACCOUNT",
        {"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-west-2:1111:jobs"},
        {"Action": "sqs:SendMessage", "Resource": f"arn:aws:sqs:us-west-2:{ACCOUNT}:jobs"},
        [asks("sqs:SendMessage", f"arn:aws:sqs:us-west-2:{ACCOUNT}:jobs")],
        [asks("sqs:SendMessage", f"arn:aws:sqs:us-west-2:{ACCOUNT}:other")]),
    fix("REDUNDANT_ACTION", reads(Action=["s3:GetObject", "s3:Get*"]), others=[
        asks("s3:GetObjectTagging", KEY)]),
    fix("REDUNDANT_RESOURCE", reads(Resource=[OBJECTS, "arn:aws:s3:::orders/in/a/*"]),
        style=True),
    fix("REDUNDANT_STATEMENT", whole(READS, READS), whole(READS), style=True),
    fix("EMPTY_SID_VALUE", reads(Sid=""), reads(Sid="Read"), style=True),
    fix("MISSING_VERSION", {"Statement": [{"Effect": "Allow", **READS}]}, style=True),
]  # fmt: skip

TEAM = {"aws:PrincipalTag/team": "in"}
OF_TEAM = "arn:aws:s3:::orders/${aws:PrincipalTag/team}/*"


def variable(code: str, bad: Any, good: Any = None, **more: Any) -> Cured:
    mine, other = (
        Request(GET.principal, GET.action, f"arn:aws:s3:::orders/{team}/1", TEAM, ACCOUNT)
        for team in ("in", "out")
    )
    return fix(code, bad, good or reads(Resource=OF_TEAM), [mine], [other], **more)


VARIABLES = [
    variable("PODROLE_VARIABLE_WITHOUT_VERSION",
             whole(reads(Resource=OF_TEAM), Version="2008-10-17")),
    variable("EMPTY_VARIABLE", reads(Resource="arn:aws:s3:::orders/${}/*")),
    variable("MISSING_BRACE_IN_VARIABLE", reads(Resource=OF_TEAM.replace("}/*", ""))),
    # The engine reads past the spaces; Access Analyzer calls them an error.
    variable("UNSUPPORTED_SPACE_IN_VARIABLE", reads(Resource=OF_TEAM.replace("${", "${ ")),
             style=True),
    variable("MISSING_QUOTE_IN_VARIABLE", reads(Resource=OF_TEAM.replace("}", ", none}")),
             reads(Resource=OF_TEAM.replace("}", ", 'none'}"))),
    variable("VARIABLE_UNSUPPORTED_IN_ELEMENT",
             reads(Action="s3:${aws:PrincipalTag/team}", Resource=OF_TEAM)),
    condition("PODROLE_VARIABLE_UNDER_OPERATOR",
              {"NumericEquals": {"s3:max-keys": "${aws:PrincipalTag/team}"}},
              {"NumericEquals": {"s3:max-keys": "5"}}, {"s3:max-keys": "5"},
              {"s3:max-keys": "6"}),
]  # fmt: skip

TLS = {"aws:SecureTransport": "true"}
FROM = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
OUTSIDE = {"aws:SourceIp": "198.51.100.1"}
TAGS = {"aws:TagKeys": ["team"]}
BEFORE = {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}
CONDITIONS = [
    condition("TYPE_MISMATCH_BOOLEAN", {"Bool": {"aws:SecureTransport": "yes"}}, {"Bool": TLS},
              TLS, {"aws:SecureTransport": "false"}),
    condition("TYPE_MISMATCH_DATE", {"DateLessThan": {"aws:CurrentTime": "next year"}}, BEFORE,
              {"aws:CurrentTime": "2026-11-29T00:00:00Z"},
              {"aws:CurrentTime": "2028-01-01T00:00:00Z"}),
    condition("INVALID_DATE_VALUE", {"DateLessThan": {"aws:CurrentTime": "1798761600"}}, BEFORE,
              {"aws:CurrentTime": "2026-11-29T00:00:00Z"},
              {"aws:CurrentTime": "2028-01-01T00:00:00Z"}, style=True),
    condition("TYPE_MISMATCH_NUMBER", {"NumericLessThan": {"s3:max-keys": "ten"}},
              {"NumericLessThan": {"s3:max-keys": "10"}}, {"s3:max-keys": "5"},
              {"s3:max-keys": "11"}),
    condition("TYPE_MISMATCH_IP_RANGE", {"IpAddress": {"aws:SourceIp": "the office"}}, FROM,
              {"aws:SourceIp": "203.0.113.9"}, OUTSIDE),
    condition("TYPE_MISMATCH_STRING", {"BinaryEquals": {"x:blob": "?"}},
              {"BinaryEquals": {"x:blob": "aGk="}}, {"x:blob": "aGk="}, {"x:blob": "bm8="}),
    condition("IMPROVE_IP_RANGE", {"IpAddress": {"aws:SourceIp": "203.0.113.9/24"}}, FROM,
              {"aws:SourceIp": "203.0.113.9"}, OUTSIDE, style=True),
    condition("PRIVATE_IP_ADDRESS", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
              {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}},
              {"aws:VpcSourceIp": "10.1.2.3"}, OUTSIDE),
    condition("PRIVATE_NOT_IP_ADDRESS", {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
              {"NotIpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}},
              {"aws:VpcSourceIp": "172.16.0.1", **OUTSIDE},
              {"aws:VpcSourceIp": "10.1.2.3", **OUTSIDE}),
    condition("EMPTY_OBJECT_CONDITION", {}, {"Bool": TLS}, TLS, {"aws:SecureTransport": "false"}),
    condition("EMPTY_ARRAY_CONDITION", {"StringEquals": {"aws:PrincipalTag/team": []}},
              {"StringEquals": TEAM}, TEAM, {"aws:PrincipalTag/team": "out"}),
    condition("INVALID_CONDITION_KEY_FORMAT", {"Bool": {"SecureTransport": "true"}},
              {"Bool": TLS}, TLS, {"aws:SecureTransport": "false"}),
    condition("INVALID_CONDITION_MULTIPLE_BOOLEAN",
              {"Bool": {"aws:SecureTransport": ["true", "false"]}}, {"Bool": TLS}, TLS,
              {"aws:SecureTransport": "false"}),
    condition("DUPLICATE_KEYS_WITH_DIFFERENT_CASE",
              {"StringEquals": {"aws:PrincipalTag/team": "in", "aws:principaltag/team": "it"}},
              {"StringEquals": {"aws:PrincipalTag/team": ["in", "it"]}}, TEAM,
              {"aws:PrincipalTag/team": "out"}),
    condition("MISSING_QUALIFIER", {"StringEquals": {"aws:TagKeys": "team"}},
              {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}},
              {"aws:TagKeys": ["team", "app"]}, {"aws:TagKeys": ["app"]}),
    # The engine takes it for Null alone.
    condition("NULL_WITH_QUALIFIER", {"ForAllValues:Null": {"aws:TagKeys": "false"}},
              {"Null": {"aws:TagKeys": "false"}}, TAGS, {}, style=True),
    condition("DEPRECATED_GLOBAL_CONDITION_KEY", {"ArnEquals": {"aws:ARN": ROLE}},
              {"ArnEquals": {"aws:PrincipalArn": ROLE}}, {"aws:PrincipalArn": ROLE},
              {"aws:PrincipalArn": f"{ROLE}-2"}),
    condition("REDUNDANT_CONDITION_VALUE_NUM", {"NumericLessThan": {"s3:max-keys": ["5", "10"]}},
              {"NumericLessThan": {"s3:max-keys": "10"}}, {"s3:max-keys": "7"},
              {"s3:max-keys": "11"}, style=True),
]  # fmt: skip

PASS = "iam:PassRole"
WORKLOADS = {"Action": PASS, "Resource": f"arn:aws:iam::{ACCOUNT}:role/eks/orders"}
PASSES = asks(PASS, f"arn:aws:iam::{ACCOUNT}:role/eks/orders")
PASSES_ADMIN = asks(PASS, f"arn:aws:iam::{ACCOUNT}:role/admin")
LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role"
MAKES = {"Action": "iam:CreateServiceLinkedRole", "Resource": f"{LINKED}/eks.amazonaws.com/*"}
MAKE, MAKE_OTHER = (
    asks("iam:CreateServiceLinkedRole", f"{LINKED}/{service}.amazonaws.com/x")
    for service in ("eks", "rds")
)
NOT_ROLE = f"arn:aws:iam::{ACCOUNT}:role/break-glass"


def wild(good: Any, wanted: Any, other: Any, codes: dict[str, Any]) -> list[Cured]:
    return [fix(code, bad, good, [wanted], [other]) for code, bad in codes.items()]


WILD = [
    *wild(WORKLOADS, PASSES, PASSES_ADMIN, {
        "PASS_ROLE_WITH_STAR_IN_RESOURCE": {"Action": PASS, "Resource": "*"},
        "PASS_ROLE_WITH_NOT_RESOURCE": {"Action": PASS, "NotResource": NOT_ROLE},
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE": {"Action": "iam:Pass*", "Resource": "*"},
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE":
            {"Action": "iam:Pass*", "NotResource": NOT_ROLE},
        "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION": {"NotAction": "s3:*", "Resource": "*"},
        "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE":
            {"NotAction": "s3:*", "NotResource": NOT_ROLE},
    }),
    *wild(MAKES, MAKE, MAKE_OTHER, {
        "CREATE_SLR_WITH_STAR_IN_RESOURCE": {**MAKES, "Resource": "*"},
        "CREATE_SLR_WITH_NOT_RESOURCE": {"Action": MAKES["Action"], "NotResource": NOT_ROLE},
        "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE":
            {"Action": "iam:CreateService*", "Resource": "*"},
        "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE":
            {"Action": "iam:CreateService*", "NotResource": NOT_ROLE},
        "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION":
            {"NotAction": "s3:*", "Resource": "*"},
        "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE":
            {"NotAction": "s3:*", "NotResource": NOT_ROLE},
    }),
]  # fmt: skip

LAMBDA = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
TO_LAMBDA = {"Action": PASS, "Resource": "*", "Condition": LAMBDA}
RUNS = {"Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}
FUNCTION = f"arn:aws:lambda:us-west-2:{ACCOUNT}:function"
ESCALATIONS = [
    fix("PODROLE_ESCALATION_BY_GRANT", {"Action": "iam:PutRolePolicy", "Resource": "*"},
        {"Action": "iam:PutRolePolicy", "Resource": f"arn:aws:iam::{ACCOUNT}:role/apps/web"},
        [asks("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/apps/web")],
        [asks("iam:PutRolePolicy", ROLE)]),
    fix("PODROLE_ESCALATION_BY_IMPERSONATION", {"Action": "iam:CreateAccessKey", "Resource": "*"},
        {"Action": "iam:CreateAccessKey", "Resource": f"arn:aws:iam::{ACCOUNT}:user/bot"},
        [asks("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/bot")],
        [asks("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/admin")]),
    fix("PODROLE_ESCALATION_BY_PASSED_ROLE", whole(TO_LAMBDA, RUNS),
        whole({**TO_LAMBDA, "Resource": WORKLOADS["Resource"]}, RUNS),
        [asks(PASS, WORKLOADS["Resource"], iam__PassedToService="lambda.amazonaws.com")],
        [asks(PASS, f"arn:aws:iam::{ACCOUNT}:role/admin",
              iam__PassedToService="lambda.amazonaws.com")]),
    fix("PODROLE_ESCALATION_BY_TAKEOVER",
        {"Action": "lambda:UpdateFunctionCode", "Resource": "*"},
        {"Action": "lambda:UpdateFunctionCode", "Resource": f"{FUNCTION}:orders"},
        [asks("lambda:UpdateFunctionCode", f"{FUNCTION}:orders")],
        [asks("lambda:UpdateFunctionCode", f"{FUNCTION}:admin")]),
]  # fmt: skip

TRAIL = f"arn:aws:cloudtrail:us-west-2:{ACCOUNT}:trail/all"


def service_calls(source: str) -> Request:
    keys = {"aws:SourceArn": source}
    return Request("cloudtrail.amazonaws.com", "s3:PutObject", KEY, keys, ACCOUNT)


def logs(service: str = "cloudtrail.amazonaws.com", **elements: Any) -> dict[str, Any]:
    principal = {"Service": service}
    return {"Principal": principal, "Action": "s3:PutObject", "Resource": OBJECTS, **elements}


FROM_TRAIL = logs(Condition={"ArnEquals": {"aws:SourceArn": TRAIL}})


def grants(principal: str) -> dict[str, Any]:
    return {"Principal": {"AWS": principal}, **READS}


RESOURCE = [
    fix("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", logs(), FROM_TRAIL, [service_calls(TRAIL)],
        [service_calls(TRAIL.replace(ACCOUNT, "444455556666"))], kind="resource"),
    fix("INVALID_SERVICE_PRINCIPAL_FORMAT", {**FROM_TRAIL, "Principal": {"Service": "cloudtrail"}},
        FROM_TRAIL, [service_calls(TRAIL)],
        [service_calls(TRAIL.replace(ACCOUNT, "444455556666"))], kind="resource"),
]  # fmt: skip

CURED = [*BROAD, *TEXTS, *VARIABLES, *CONDITIONS, *WILD, *ESCALATIONS, *RESOURCE]
#: Of these AWS refuses the policy: there is no call that it decides.
REFUSED = {"INVALID_PRINCIPAL_FORMAT"}


@pytest.mark.parametrize("cured", CURED, ids=lambda one: one.code)
def test_a_fix_allows_what_is_meant_and_no_more(cured: Cured) -> None:
    cured.check()


def test_each_code_of_the_lint_has_a_fix_that_is_applied() -> None:
    root = Path(__file__).parents[3]
    source = "\n".join(one.read_text() for one in (root / "src/podrole/policy/lint").glob("*.py"))
    codes = set(re.findall(r'"(PODROLE_[A-Z_]+)"', source))
    codes |= {code for code in ISSUE_TYPES if f'"{code}"' in source}
    cured = {one.code for one in [*CURED, *WEB, *PODS, *CHAIN]}
    assert codes - cured - REFUSED == set()
