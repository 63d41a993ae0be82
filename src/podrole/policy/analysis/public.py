"""Which statements of a resource's policy let everyone in: what `CheckNoPublicAccess` asks.

Source: S3 user guide, "Blocking public access to your Amazon S3 storage", section "The meaning of
'public'"; IAM user guide, "IAM Access Analyzer custom policy checks" (checked 2026-11-24). That a
trust in an OIDC provider without a condition on `sub` counts as public is this guide's choice: AWS
does not say how its check takes the issuer of an EKS cluster.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from podrole.policy.analysis.containment import STEPS
from podrole.policy.analysis.grants import Grant, actions_of, resources_of
from podrole.policy.analysis.inclusion import Comparison
from podrole.policy.analysis.principal_set import covers_principals
from podrole.policy.analysis.restrictions import needs_key, restricts
from podrole.policy.budget import Budget, BudgetSpentError
from podrole.policy.conditions import Condition
from podrole.policy.document import Policy
from podrole.policy.operators import OPERATORS
from podrole.policy.side_by_side import bits_of
from podrole.policy.statement import Statement

#: A fixed value of one of these names an account, an organization, a network or a principal.
_LIMITING = {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
}
#: Providers that everyone may sign in at, where the claim of the application is the limit.
_APPLICATIONS = {
    "accounts.google.com": "accounts.google.com:aud",
    "cognito-identity.amazonaws.com": "cognito-identity.amazonaws.com:aud",
    "graph.facebook.com": "graph.facebook.com:app_id",
    "www.amazon.com": "www.amazon.com:app_id",
}
_SESSIONS_OF_A_ROLE = re.compile(r"A[A-Z0-9]{15,}:\*")


def public_grants(policy: Policy, budget: Budget | None = None) -> list[Grant]:
    """The statements that let anyone in, each with the reason; empty if none does.

    Where the budget does not suffice to tell whether a Deny takes a statement back, it stays.
    """
    try:
        narrowed, undecided = _narrowed(policy, budget or Budget(STEPS)), ""
    except BudgetSpentError:
        narrowed, undecided = set(), "; not decided whether a Deny takes that back"
    return [
        Grant(index, statement.sid, f"{reason}{undecided}")
        for index, statement in enumerate(policy.statements)
        if statement.effect == "Allow" and index not in narrowed
        for reason in _open(statement)
    ]


def _open(statement: Statement) -> Iterator[str]:
    if any(_limits(item) for item in statement.conditions):
        return
    principal = statement.principal
    if statement.not_principal:
        yield "NotPrincipal means everyone but those listed"
    elif isinstance(principal, str) or "*" in (principal or {}).get("AWS", ()):
        yield "Principal is everyone, and no condition names an account, a network or a principal"
    elif principal is not None:
        for provider in principal.get("Federated", ()):
            if ":saml-provider/" in provider:
                continue
            issuer = provider.partition(":oidc-provider/")[2] or provider
            if not any(_names_subject(item, issuer) for item in statement.conditions):
                yield f"every token of {issuer} is taken: no condition on sub says whose it is"


def _limits(condition: Condition) -> bool:
    key = condition.key.lower()
    if key == "aws:userid" and needs_key(condition) and _sessions(condition):
        return True
    return key in _LIMITING and restricts(condition)


def _sessions(condition: Condition) -> bool:
    """Whether the values are the sessions of roles, `AROA…:*`, which S3 takes for fixed."""
    return condition.operator == "StringLike" and all(
        _SESSIONS_OF_A_ROLE.fullmatch(value) for value in condition.values
    )


def _names_subject(condition: Condition, issuer: str) -> bool:
    if condition.operator == "Null" or OPERATORS[condition.operator].negated:
        return False
    key = condition.key.lower()
    if key == _APPLICATIONS.get(issuer):
        return restricts(condition)
    if key != f"{issuer}:sub".lower() or not needs_key(condition):
        return False
    if not OPERATORS[condition.operator].wild:
        return True
    return all(_begins_with_a_name(value) for value in condition.values)


def _begins_with_a_name(pattern: str) -> bool:
    """Whether a pattern of `sub` fixes whose token it is, not only its form.

    `system:serviceaccount:orders:*` and `repo:acme/*` do, `system:serviceaccount:*` does not.
    """
    head = re.split(r"[*?]|\$\{", pattern, maxsplit=1)[0]
    if head == pattern:
        return True
    if pattern.startswith("system:"):
        return len(head.split(":")) > 3
    return bool(head.partition(":")[2] or (":" not in head and head))


def _narrowed(policy: Policy, budget: Budget) -> set[int]:
    """The statements of which a Deny leaves only those whom one fixed condition names, or nobody.

    The usual form: Deny everyone where aws:PrincipalOrgID is not the own organization. Raises
    BudgetSpentError.
    """
    denies = [item for item in policy.denies if _all_but_some(item)]
    if not denies:
        return set()
    actions, resources = (
        Comparison(
            [sets(item) for item in policy.statements], [sets(item) for item in denies], budget
        ).within
        for sets in (actions_of, resources_of)
    )
    return {
        index
        for index, statement in enumerate(policy.statements)
        if any(
            covers_principals(denies[number], statement)
            for number in bits_of(actions[index] & resources[index])
        )
    }


def _all_but_some(deny: Statement) -> bool:
    """Whether its conditions leave nobody, or only those whom one fixed condition names."""
    if len(deny.conditions) != 1:
        return not deny.conditions
    (condition,) = deny.conditions
    return condition.key.lower() in _LIMITING and _all_but_fixed(condition)


def _all_but_fixed(condition: Condition) -> bool:
    """Whether it holds for every request but those with fixed values of the key."""
    if condition.operator == "Null" or not OPERATORS[condition.operator].negated:
        return False
    if condition.qualifier == "ForAnyValue":
        return False  # it does not hold without the key
    if condition.key.lower().endswith("orgpaths") and not condition.qualifier:
        return False  # nor a bare operator on a key of several values
    positive = _POSITIVE[condition.operator]
    return restricts(
        Condition(positive, "", False, condition.key, condition.values, condition.variables)
    )


_POSITIVE = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}
