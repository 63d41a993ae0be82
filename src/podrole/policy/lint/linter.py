"""Lint for trust and identity policies: what is valid but risky or without effect.

Codes are those of IAM Access Analyzer's policy checks where it has one that is known from its
public output or reference (`PASS_ROLE_…`, `FORALLVALUES_WITH_SINGLE_VALUED_KEY`); the others begin
with `PODROLE_`. Source: IAM user guide, "IAM policy validation check reference" (checked
2026-11-24).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from podrole.policy.document import Policy
from podrole.policy.lint import (
    complement,
    condition_values,
    deputy,
    eks_names,
    escalation,
    pass_role,
    placeholders,
    principal_names,
    redundancy,
    resources,
    service_linked,
    trust,
    values,
    variable_texts,
)
from podrole.policy.lint.finding import Finding
from podrole.policy.lint.holding import Holding, held
from podrole.policy.lint.linted_policy import LintedPolicy
from podrole.policy.sizes import over_limit
from podrole.policy.statement import Statement
from podrole.policy.text_patterns import wild
from podrole.policy.variables import outside

#: Keys of which a request holds at most one value, as far as this guide needs them.
_SINGLE_VALUED = re.compile(
    r"(.*:(sub|aud)|aws:(principalarn|principalaccount|principaltype|principalorgid|sourcearn"
    r"|sourceaccount|sourceorgid|sourceip|sourcevpc|sourcevpce|vpcsourceip|userid|username"
    r"|resourceaccount|resourceorgid|requestedregion|securetransport|multifactorauthpresent"
    r"|viaawsservice|currenttime|(principal|resource|request)tag/.*)"
    r"|sts:(externalid|rolesessionname|sourceidentity)|s3:prefix|iam:passedtoservice)\Z"
)
_OBJECT_VERB = re.compile(r"s3:(?:get|put|delete|restore|abort)(?!bucket)([a-z]*)\Z")
#: A wildcard runs past the slash, so a pattern may mean objects.
_BUCKET_ONLY = re.compile(r"arn:aws[a-z-]*:s3:::[^/*?]*\Z")


def lint(policy: Policy) -> list[Finding]:
    """All findings, in the order of the statements."""
    linted = LintedPolicy.of(policy)
    found: list[Finding] = []
    for one in policy.statements:
        for rule in _rules(held(policy, one)):
            found += rule(linted, one)
    whole = (
        _size,
        redundancy.version,
        redundancy.repeated_statements,
        escalation.escalation,
        condition_values.empty_conditions,
    )
    return [*(finding for rule in whole for finding in rule(policy)), *found]


def _size(policy: Policy) -> Iterator[Finding]:
    over = over_limit(policy)
    if over:
        yield Finding(
            "PODROLE_POLICY_TOO_LONG",
            "warning",
            "Statement",
            over,
            "Split the policy, or shorten it with narrow patterns",
            "explanation/how-it-works",
        )


Rule = Callable[[LintedPolicy, Statement], Iterator[Finding]]


def _literal_wildcards(_: Policy, statement: Statement) -> Iterator[Finding]:
    for condition in statement.conditions:
        if not condition.operator.startswith(("StringEquals", "StringNotEquals")):
            continue
        for value in condition.values:
            if wild(value) and wild(outside(value)):
                yield Finding(
                    "PODROLE_LITERAL_WILDCARD",
                    "warning" if "Not" in condition.operator else "error",
                    f"{statement.path}.Condition.{condition.name}.{condition.key}",
                    f"the wildcard in {value} is a literal character under {condition.operator}",
                    "Use StringLike if a pattern is meant, or write the value in full",
                    "howto/irsa-trust",
                )


def _set_operators(_: Policy, statement: Statement) -> Iterator[Finding]:
    for condition in statement.conditions:
        if condition.qualifier == "ForAllValues" and _SINGLE_VALUED.match(condition.key.lower()):
            yield Finding(
                "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
                "error" if statement.effect == "Allow" else "warning",
                f"{statement.path}.Condition.{condition.name}.{condition.key}",
                "ForAllValues is true when the request lacks the key",
                "Remove ForAllValues",
                "howto/irsa-trust",
            )


def _on_object(action: str) -> bool:
    verb = _OBJECT_VERB.match(action)
    return verb is not None and ("object" in verb[1] or "multipart" in verb[1])


def _objects(_: Policy, statement: Statement) -> Iterator[Finding]:
    if statement.effect != "Allow" or statement.not_action or statement.not_resource:
        return
    resources = statement.resources or ()
    if not resources or not all(map(_BUCKET_ONLY.match, resources)):
        return
    objects = [action for action in statement.actions if _on_object(action)]
    if objects:
        yield Finding(
            "PODROLE_OBJECT_ACTION_ON_BUCKET",
            "error",
            f"{statement.path}.Resource",
            f"{objects[0]} applies to object ARNs; a bucket ARN grants nothing",
            "Add /* to the resource, after any prefix",
            "howto/irsa-trust",
        )


def _too_broad(policy: Policy, statement: Statement) -> Iterator[Finding]:
    if policy.kind != "identity" or statement.effect != "Allow" or statement.conditions:
        return
    if "*" not in (statement.resources or ()) or statement.not_resource or statement.not_action:
        return
    for action in statement.actions:
        if action[-1:] == "*" and action.rstrip("*")[-1:] in ("", ":"):
            yield Finding(
                "PODROLE_BROAD_ACTION",
                "error",
                f"{statement.path}.Action",
                f"{action} on every resource: a leaked credential exposes everything",
                "Name the actions and the resources that the workload uses",
                "notebooks/01-the-leaky-key",
            )


#: Each rule, and what a statement must hold for it to have something to say (see `held`).
_RULES: tuple[tuple[Rule, Holding], ...] = (
    (trust.missing_claims, "trust"),
    (trust.subject_patterns, "trust"),
    (_literal_wildcards, "condition"),
    (trust.issuer_keys, "trust"),
    (trust.mismatched_action, "trust"),
    (trust.account_trust, "trust"),
    (trust.source_arn, "condition"),
    (_set_operators, "condition"),
    (_objects, "allow"),
    (_too_broad, "everywhere"),
    (pass_role.pass_role, "allow"),
    (complement.complements, "inverse"),
    (deputy.confused_deputy, "principal"),
    (values.variables, "variable"),
    (values.sets, "condition"),
    (values.principals, "principal"),
    (placeholders.placeholders, "sign"),
    (eks_names.china_audience, "trust"),
    (eks_names.dual_stack_issuer, "trust"),
    (eks_names.service_names, "principal"),
    (resources.arns, "resource"),
    (condition_values.types, "condition"),
    (condition_values.addresses, "condition"),
    (condition_values.shapes, "condition"),
    (redundancy.redundant, "wildcard"),
    (principal_names.principal_names, "principal"),
    (service_linked.service_linked_roles, "allow"),
    (variable_texts.variable_texts, "variable"),
)


@lru_cache(maxsize=512)
def _rules(holding: frozenset[Holding]) -> list[Rule]:
    """The rules that may have something to say of a statement, in their order."""
    return [rule for rule, needed in _RULES if needed in holding]
