"""Lint rules for trust policies: who gets in, and who cannot although it looks so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from podrole.policy.analysis.restrictions import SOURCE_KEYS, restricted
from podrole.policy.conditions import Condition
from podrole.policy.document import Policy
from podrole.policy.lint.finding import Finding
from podrole.policy.lint.linted_policy import PODS, WEB_IDENTITY, LintedPolicy
from podrole.policy.operators import OPERATORS
from podrole.policy.statement import Statement
from podrole.policy.subjects.patterns import possible

#: Authorizations of their own, which may stand in a statement beside the assuming.
_BESIDE = ("sts:tagsession", "sts:setsourceidentity")
_SUBJECT = "system:serviceaccount:"
EKS_AUDIENCE = "sts.amazonaws.com"
#: A subject has three colons, so such a pattern means one namespace.
_PINNED = re.compile(r"\*:[^*?:]+:[^:]*")


def _conditions_on(statement: Statement, claim: str) -> list[Condition]:
    """The conditions that name who may come: a negated one or Null names nobody, and one that
    holds without the claim keeps nobody out."""
    return [
        item
        for item in statement.conditions
        if item.key.lower().endswith(f":{claim}")
        and item.operator in OPERATORS
        and not OPERATORS[item.operator].negated
        and not item.if_exists
    ]


def _oidc_providers(statement: Statement) -> list[str]:
    """The issuers that Principal names; SAML providers and Cognito are none."""
    principal = statement.principal if isinstance(statement.principal, dict) else {}
    arns = [arn.partition(":oidc-provider/") for arn in principal.get("Federated", ())]
    return [issuer.lower() for _, found, issuer in arns if found]


def _grants_web_identity(statement: Statement) -> bool:
    return statement.effect == "Allow" and bool(_oidc_providers(statement))


def missing_claims(policy: LintedPolicy, statement: Statement) -> Iterator[Finding]:
    """A web identity trust whose conditions leave out the subject or the audience."""
    if policy.kind != "trust" or not _grants_web_identity(statement):
        return
    if not _conditions_on(statement, "sub") and not policy.denies_other_subjects:
        yield Finding(
            "PODROLE_OIDC_MISSING_SUBJECT",
            "error",
            f"{statement.path}.Condition",
            "no condition on the token's sub: "
            + (
                "every pod of the cluster can assume the role"
                if _opens_to_all(policy, statement)
                else "which pods can assume the role depends on what the rest says"
            ),
            "Add StringEquals on <issuer>:sub with system:serviceaccount:<namespace>:<name>",
            "howto/irsa-trust",
        )
    audiences = _conditions_on(statement, "aud")
    if not any(set(item.values) - {"*"} for item in audiences):
        yield Finding(
            "PODROLE_OIDC_MISSING_AUDIENCE",
            "warning",
            f"{statement.path}.Condition",
            "no condition on the token's aud"
            + (
                ": a token issued for another audience is accepted"
                if _opens_to_any_audience(policy, statement)
                else " says which audience it must have"
            ),
            "Add StringEquals on <issuer>:aud with sts.amazonaws.com",
            "howto/irsa-trust",
        )


def _opens_to_all(policy: LintedPolicy, statement: Statement) -> bool:
    """Whether a token of each pod opens the role: beside its audience nothing is asked."""
    issuers = _oidc_providers(statement)
    return policy.opens(statement, WEB_IDENTITY) and all(
        _plain(item, "aud", issuers) and EKS_AUDIENCE in item.values
        for item in statement.conditions
    )


def _opens_to_any_audience(policy: LintedPolicy, statement: Statement) -> bool:
    """Whether a token opens the role whatever its audience: only its subject may be asked for."""
    issuers = _oidc_providers(statement)
    return (
        policy.opens(statement, WEB_IDENTITY)
        and len(statement.conditions) <= 1
        and all(
            _plain(item, "sub", issuers) and any(_matches(item, value) for value in item.values)
            for item in statement.conditions
        )
    )


def _plain(condition: Condition, claim: str, issuers: list[str]) -> bool:
    """Whether a condition compares a claim of the one issuer with texts, and does nothing else."""
    return (
        [condition.key.lower()] == [f"{issuer}:{claim}" for issuer in issuers]
        and condition.operator in ("StringEquals", "StringLike")
        and not condition.qualifier
        and not any("${" in value for value in condition.values)
    )


def _matches(condition: Condition, value: str) -> bool:
    """Whether a value of `sub` is that of some service account."""
    wild = OPERATORS[condition.operator].wild
    return possible(value) and (wild or not set("*?") & set(value))


def subject_patterns(policy: Policy, statement: Statement) -> Iterator[Finding]:
    """Patterns of `sub` that are too wide, or that no service account fits."""
    if policy.kind != "trust" or not _grants_web_identity(statement):
        return
    for condition in _conditions_on(statement, "sub"):
        path = f"{statement.path}.Condition.{condition.name}"
        wild = OPERATORS[condition.operator].wild
        for value in condition.values:
            if not _means_pods(condition, value) or (not wild and set("*?") & set(value)):
                continue
            namespace, colon, name = value.removeprefix(_SUBJECT).partition(":")
            pinned = value.startswith(_SUBJECT) and colon and not set("*?") & set(namespace)
            if not possible(value):
                yield Finding(
                    "PODROLE_OIDC_SUBJECT_NEVER_MATCHES",
                    "error",
                    path,
                    f"{value} is not the subject of a service account",
                    "Write system:serviceaccount:<namespace>:<name>, in lowercase",
                    "howto/irsa-trust",
                )
            elif not pinned:
                yield Finding(
                    "PODROLE_OIDC_SUBJECT_TOO_WIDE",
                    "error",
                    path,
                    f"{value} does not say how a subject begins"
                    if _PINNED.fullmatch(value)
                    else f"{value} matches service accounts in namespaces that it does not name",
                    "Name the namespace in full, with the colon after it",
                    "howto/irsa-trust",
                )
            elif name == "*":
                yield Finding(
                    "PODROLE_OIDC_WHOLE_NAMESPACE",
                    "suggestion",
                    path,
                    f"{value} matches every service account in the namespace",
                    "Name the service accounts, unless the whole namespace is trusted",
                    "howto/irsa-trust",
                )


def _means_pods(condition: Condition, value: str) -> bool:
    """Whether a value of `sub` is about service accounts: other issuers have other subjects."""
    if condition.operator.endswith("IgnoreCase") or "${" in value:
        return False
    return condition.key.lower().startswith("oidc.eks.") or value.startswith(("system:", "*"))


def issuer_keys(policy: Policy, statement: Statement) -> Iterator[Finding]:
    """Condition keys with `https://`, or of an issuer that Principal does not name."""
    if policy.kind != "trust" or not _grants_web_identity(statement):
        return
    providers = _oidc_providers(statement)
    for condition in statement.conditions:
        key = condition.key.lower()
        path = f"{statement.path}.Condition.{condition.name}.{condition.key}"
        issuer, colon, claim = key.rpartition(":")
        if key.startswith("https://"):
            yield Finding(
                "PODROLE_OIDC_KEY_WITH_SCHEME",
                "error",
                path,
                "no request has this key: condition keys contain the issuer without https://",
                "Remove https:// from the key",
                "howto/irsa-trust",
            )
        elif colon and claim in ("sub", "aud") and "/" in issuer and issuer not in providers:
            yield Finding(
                "PODROLE_OIDC_KEY_OF_ANOTHER_ISSUER",
                "error",
                path,
                "the key belongs to an issuer that Principal does not name, so no request has it",
                "Write a separate statement for each issuer",
                "howto/irsa-trust",
            )


def mismatched_action(policy: LintedPolicy, statement: Statement) -> Iterator[Finding]:
    """An action that this kind of principal does not use."""
    if policy.kind != "trust" or statement.effect != "Allow" or statement.not_action:
        return
    principal = statement.principal if isinstance(statement.principal, dict) else {}
    web = statement.names_action(WEB_IDENTITY)
    plain = statement.names_action("sts:assumerole")
    beside = all(action in _BESIDE for action in statement.actions)
    if (_oidc_providers(statement) and not web and not beside) or (
        principal and "Federated" not in principal and web and not plain
    ):
        yield Finding(
            "MISMATCHED_ACTION_FOR_PRINCIPAL",
            "error",
            f"{statement.path}.Action",
            "this kind of principal cannot use the action",
            "Use sts:AssumeRoleWithWebIdentity for Federated, sts:AssumeRole for AWS and Service",
            "explanation/how-it-works",
        )
    if PODS in principal.get("Service", ()) and plain:
        if not statement.names_action("sts:tagsession") and not policy.lets_pods_tag:
            yield Finding(
                "PODROLE_MISSING_TAG_SESSION",
                "error",
                f"{statement.path}.Action",
                "EKS tags every session, but the policy does not allow sts:TagSession",
                "Allow sts:AssumeRole and sts:TagSession, or disable the session tags",
                "explanation/how-it-works",
            )
        scoped = any(
            restricted(statement, (item.key.lower(),))
            for item in statement.conditions
            if item.key.lower().startswith(("aws:source", "aws:requesttag/"))
        )
        if not scoped:
            yield Finding(
                "PODROLE_POD_IDENTITY_UNSCOPED",
                "suggestion",
                f"{statement.path}.Condition",
                "any association in the account can use the role"
                if not statement.conditions
                and policy.lets_pods_tag
                and policy.opens(statement, "sts:assumerole", "sts:tagsession")
                else "no condition says which associations can use the role",
                "Add conditions on aws:SourceArn (the cluster) or aws:RequestTag/kubernetes-*",
                "explanation/how-it-works",
            )


#: What tells one caller from another; a condition on anything else keeps nobody out.
_CALLER_KEYS = SOURCE_KEYS | {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "aws:username",
    "sts:externalid",
}


def account_trust(policy: LintedPolicy, statement: Statement) -> Iterator[Finding]:
    """A trust policy for whole accounts, or for everyone."""
    if policy.kind != "trust" or statement.effect != "Allow":
        return
    if restricted(statement, _CALLER_KEYS) or _conditions_on(statement, "sub"):
        return
    principal = statement.principal
    values = principal.get("AWS", ()) if isinstance(principal, dict) else ("*",)
    for value in values:
        if value == "*":
            yield Finding(
                "PODROLE_TRUST_ANYONE",
                "error",
                f"{statement.path}.Principal",
                "every principal of every account is trusted"
                if not statement.conditions and policy.opens(statement, "sts:assumerole")
                else "Principal means every principal of every account; only the rest keeps "
                "callers out",
                "Name the roles that may assume this one",
                "explanation/how-it-works",
            )
        elif re.fullmatch(r"[0-9]{12}|arn:[a-z-]+:iam::[0-9]{12}:root", value):
            yield Finding(
                "PODROLE_TRUST_WHOLE_ACCOUNT",
                "warning",
                f"{statement.path}.Principal.AWS",
                f"{value} stands for every principal that the account allows to assume roles",
                "Name the role, or add a condition such as sts:ExternalId",
                "explanation/how-it-works",
            )


def source_arn(_: Policy, statement: Statement) -> Iterator[Finding]:
    """An association's ARN in `aws:SourceArn`, where EKS sends the cluster's."""
    for condition in statement.conditions:
        if condition.key.lower() == "aws:sourcearn":
            for value in condition.values:
                if ":podidentityassociation/" in value:
                    yield Finding(
                        "PODROLE_SOURCE_ARN_OF_ASSOCIATION",
                        "error",
                        f"{statement.path}.Condition.{condition.name}.{condition.key}",
                        "EKS sends the cluster's ARN, not the association's: the condition never"
                        " matches",
                        "Write arn:aws:eks:<region>:<account>:cluster/<name>",
                        "explanation/how-it-works",
                    )
