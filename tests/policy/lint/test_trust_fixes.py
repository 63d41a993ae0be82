"""What lint says to do with a trust policy is done: the caller gets in, and no other does."""

from __future__ import annotations

from typing import Any

import pytest

from podrole.catalog import truth_table
from podrole.policy import Request
from podrole.policy.lint import lint
from tests.catalogue import CATALOG
from tests.policy.lint.cured import ACCOUNT, ROLE, Cured

ISSUER = "oidc.eks.us-west-2.amazonaws.com/id/ABC"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
SUB, AUD = f"{ISSUER}:sub", f"{ISSUER}:aud"
MINE, STS = "system:serviceaccount:orders:api", "sts.amazonaws.com"
FEDERATED = "sts:AssumeRoleWithWebIdentity"


def token(sub: str | None = MINE, aud: str = STS) -> Request:
    claims = {AUD: aud} | ({SUB: sub} if sub else {})
    return Request(PROVIDER, FEDERATED, ROLE, claims)


TOKENS = [token("system:serviceaccount:orders:default"), token("system:serviceaccount:billing:api"),
          token("system:serviceaccount:orders-2:api"), token(aud="vault"), token(None)]  # fmt: skip


def web(
    condition: Any = None, *, action: str = FEDERATED, provider: str = PROVIDER
) -> dict[str, Any]:
    exact = {"StringEquals": {SUB: MINE, AUD: STS}}
    return {
        "Principal": {"Federated": provider},
        "Action": action,
        "Condition": condition or exact,
    }


def web_fix(code: str, condition: Any = None, good: Any = None, **more: str) -> Cured:
    return Cured(code, "trust", web(condition, **more), web(good), [token()], TOKENS)


AUD_ONLY, SUB_ONLY = {AUD: STS}, {SUB: MINE}
DUAL = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc-eks.us-west-2.api.aws/id/ABC"
ALL_OF_IT = {"StringLike": {SUB: "system:serviceaccount:orders:*"}, "StringEquals": AUD_ONLY}
WEB = [
    web_fix("PODROLE_OIDC_MISSING_SUBJECT", {"StringEquals": AUD_ONLY}),
    web_fix("PODROLE_OIDC_MISSING_AUDIENCE", {"StringEquals": SUB_ONLY}),
    web_fix("PODROLE_OIDC_SUBJECT_TOO_WIDE",
            {"StringLike": {SUB: "system:serviceaccount:orders*:api"}, "StringEquals": AUD_ONLY}),
    web_fix("PODROLE_OIDC_WHOLE_NAMESPACE", ALL_OF_IT),
    web_fix("PODROLE_OIDC_SUBJECT_NEVER_MATCHES", {"StringEquals": {SUB: "orders:api", AUD: STS}}),
    web_fix("PODROLE_LITERAL_WILDCARD", {"StringEquals": {SUB: f"{MINE[:-1]}*", AUD: STS}},
            {"StringLike": {SUB: f"{MINE[:-1]}*"}, "StringEquals": AUD_ONLY}),
    web_fix("PODROLE_OIDC_KEY_WITH_SCHEME",
            {"StringEquals": {f"https://{SUB}": MINE, AUD: STS}}),
    web_fix("PODROLE_OIDC_KEY_OF_ANOTHER_ISSUER",
            {"StringEquals": {SUB.replace("ABC", "DEF"): MINE, SUB: MINE, AUD: STS}}),
    web_fix("PODROLE_OIDC_AUDIENCE_OF_CHINA", {"StringEquals": {SUB: MINE, AUD: f"{STS}.cn"}}),
    web_fix("PODROLE_OIDC_DUAL_STACK_ISSUER", provider=DUAL),
    web_fix("MISMATCHED_ACTION_FOR_PRINCIPAL", action="sts:AssumeRole"),
    web_fix("FORALLVALUES_WITH_SINGLE_VALUED_KEY",
            {"ForAllValues:StringEquals": SUB_ONLY, "StringEquals": AUD_ONLY}),
    web_fix("PODROLE_UNRENDERED_TEMPLATE",
            {"StringEquals": {SUB: "system:serviceaccount:${namespace}:api", AUD: STS}}),
]  # fmt: skip

CLUSTER = f"arn:aws:eks:us-west-2:{ACCOUNT}:cluster/demo"
TAG = "aws:RequestTag/kubernetes-namespace"
BOTH = ["sts:AssumeRole", "sts:TagSession"]
OF_CLUSTER = {"Condition": {"ArnEquals": {"aws:SourceArn": CLUSTER}}}


def of_eks(namespace: str = "orders", cluster: str = CLUSTER) -> list[Request]:
    keys = {"aws:SourceArn": cluster, TAG: namespace, "aws:TagKeys": ["kubernetes-namespace"]}
    return [Request("pods.eks.amazonaws.com", action, ROLE, keys) for action in BOTH]


OTHERS = [*of_eks(cluster=f"{CLUSTER}-2"), Request("ec2.amazonaws.com", "sts:AssumeRole", ROLE)]


def pods(service: str = "pods", **elements: Any) -> dict[str, Any]:
    principal = {"Service": f"{service}.eks.amazonaws.com"}
    return {"Principal": principal, "Action": BOTH, **OF_CLUSTER, **elements}


def pods_fix(code: str, bad: dict[str, Any]) -> Cured:
    return Cured(code, "trust", bad, pods(), of_eks(), OTHERS)


PODS = [
    pods_fix("PODROLE_MISSING_TAG_SESSION", pods(Action="sts:AssumeRole")),
    pods_fix("PODROLE_SOURCE_ARN_OF_ASSOCIATION", pods(Condition={"ArnEquals": {
        "aws:SourceArn": f"arn:aws:eks:us-west-2:{ACCOUNT}:podidentityassociation/demo/a-1"}})),
    pods_fix("PODROLE_NO_SUCH_SERVICE", pods("pod")),
    pods_fix("PODROLE_POD_IDENTITY_UNSCOPED", pods(Condition={})),
    Cured("PODROLE_POD_IDENTITY_UNSCOPED", "trust", pods(Condition={}),
          pods(Condition={"StringEquals": {TAG: "orders"}}), of_eks(), of_eks("billing")),
]  # fmt: skip

CALLER = f"arn:aws:iam::{ACCOUNT}:role/caller"


def chain(role: str = "caller", account: str = ACCOUNT, **context: str) -> Request:
    session = f"arn:aws:sts::{account}:assumed-role/{role}/x"
    keys = {"aws:PrincipalArn": f"arn:aws:iam::{account}:role/{role}", **context}
    return Request(session, "sts:AssumeRole", ROLE, keys, resource_account=ACCOUNT)


STRANGERS = [chain("other"), chain("caller", "444455556666")]


def chain_fix(code: str, bad: Any, good: Any = None, **elements: Any) -> Cured:
    named = {"Principal": {"AWS": good or CALLER}, "Action": "sts:AssumeRole", **elements}
    return Cured(code, "trust", {"Principal": bad, "Action": "sts:AssumeRole"}, named,
                 [chain()], STRANGERS)  # fmt: skip


CHAIN = [
    chain_fix("PODROLE_TRUST_ANYONE", "*"),
    chain_fix("PODROLE_TRUST_WHOLE_ACCOUNT", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
    chain_fix("UNSUPPORTED_WILDCARD_IN_PRINCIPAL", {"AWS": f"{CALLER[:-1]}*"},
              f"arn:aws:iam::{ACCOUNT}:root",
              Condition={"ArnLike": {"aws:PrincipalArn": f"{CALLER[:-1]}*"}}),
    Cured("ALLOW_WITH_NOT_PRINCIPAL", "resource",
          {"NotPrincipal": {"AWS": f"{CALLER}-2"}, "Action": "s3:GetObject",
           "Resource": "arn:aws:s3:::b/*"},
          {"Principal": {"AWS": CALLER}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
          [], [Request("arn:aws:sts::444455556666:assumed-role/other/x", "s3:GetObject",
                       "arn:aws:s3:::b/k", resource_account=ACCOUNT)]),
]  # fmt: skip


@pytest.mark.parametrize("cured", [*WEB, *PODS, *CHAIN], ids=lambda one: one.code)
def test_a_fix_admits_the_caller_alone(cured: Cured) -> None:
    cured.check()


BETTER = [
    one for one in CATALOG.of("policy") if one.antipattern and one.antipattern.better
]  # fmt: skip


@pytest.mark.parametrize("bad", BETTER, ids=lambda snippet: snippet.id)
def test_an_antipattern_is_cured_by_the_policy_that_it_names(bad: Any) -> None:
    """Its better policy decides as its table says; in its place the antipattern does not."""
    better = CATALOG[bad.antipattern.better]
    serious = ("error", "warning")
    assert any(one.severity in serious for one in lint(CATALOG.policy(bad.id)))
    assert not any(one.severity in serious for one in lint(CATALOG.policy(better.id)))

    def in_its_place(name: str) -> Any:
        return CATALOG.policy(bad.id if name == better.id else name)

    wrong = [
        case.name
        for case in better.cases
        if not truth_table.decide(better, case, CATALOG.values, in_its_place).holds
    ]
    assert wrong, "it decides every row as the better one does"
    assert all(row.holds for row in CATALOG.truth_table(better.id))
