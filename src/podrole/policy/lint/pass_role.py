"""Lint rules for `iam:PassRole`: who may hand which role to a service.

The codes and when they apply: IAM user guide, "IAM policy validation check reference", the checks
"Pass role with …" (checked 2026-11-24). Access Analyzer gives all of them as security warnings;
that a wildcard below a path of its own is a suggestion here, is this guide's choice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from podrole.policy.analysis.restrictions import restricted
from podrole.policy.document import Policy
from podrole.policy.lint.finding import Finding, Severity
from podrole.policy.statement import Statement
from podrole.policy.text_patterns import resource_text_tester, text_tester, wild

_PASS_ROLE = "iam:passrole"  # noqa: S105  (an action, no password)
_PAGE = "explanation/how-it-works"
_FIX = "Name the roles, by a path for workloads, or add a condition on iam:PassedToService"
#: A role that no policy names: what fits it, fits any role of the account.
_ANY_ROLE = "role/PodroleSample"
_ANY_ACCOUNT = "000000000000"
_ACCOUNT = re.compile("[0-9]+")


def pass_role(policy: Policy, statement: Statement) -> Iterator[Finding]:
    """PassRole on roles that the statement does not name."""
    if policy.kind != "identity" or statement.effect != "Allow":
        return
    if not statement.names_action(_PASS_ROLE):
        return
    if restricted(statement, {"iam:passedtoservice"}):
        return
    if statement.not_resource:
        yield from _on_all_but(statement)
        return
    severity = _severity(statement)
    if severity is not None:
        yield from _on_wildcard(statement, severity)


def _on_all_but(statement: Statement) -> Iterator[Finding]:
    if not statement.names_resource(f"arn:aws:iam::{_ANY_ACCOUNT}:{_ANY_ROLE}", {}):
        return
    path = f"{statement.path}.NotResource"
    if statement.not_action:
        yield Finding(
            "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE",
            "error",
            path,
            "NotAction still allows iam:PassRole, and NotResource every role except those listed",
            _FIX,
            _PAGE,
        )
    elif _PASS_ROLE in statement.actions:
        yield Finding(
            "PASS_ROLE_WITH_NOT_RESOURCE",
            "error",
            path,
            "iam:PassRole on every role except those listed lets its holder pass all other roles",
            _FIX,
            _PAGE,
        )
    else:
        yield Finding(
            "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
            "error",
            path,
            f"{_wildcard(statement)} includes iam:PassRole, and NotResource every role except"
            " those listed",
            _FIX,
            _PAGE,
        )


def _on_wildcard(statement: Statement, severity: Severity) -> Iterator[Finding]:
    path = f"{statement.path}.Resource"
    if statement.not_action:
        yield Finding(
            "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
            severity,
            path,
            "NotAction still allows iam:PassRole, on roles that a wildcard matches",
            _FIX,
            _PAGE,
        )
    elif _PASS_ROLE in statement.actions:
        yield Finding(
            "PASS_ROLE_WITH_STAR_IN_RESOURCE",
            severity,
            path,
            "iam:PassRole on * lets its holder pass any role"
            if severity == "error"
            else "anyone who can create a role with a matching ARN can pass it with iam:PassRole",
            _FIX,
            _PAGE,
        )
    else:
        yield Finding(
            "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
            severity,
            path,
            f"{_wildcard(statement)} includes iam:PassRole, on roles that a wildcard matches",
            _FIX,
            _PAGE,
        )


def _wildcard(statement: Statement) -> str:
    """The pattern of Action that means PassRole."""
    return next(item for item in statement.actions if text_tester(item)(_PASS_ROLE))


def _severity(statement: Statement) -> Severity | None:
    """How wide the wildcards of Resource are: any role, roles of a form, or no role at all."""
    found: Severity | None = None
    for resource in statement.resources or ():
        if not wild(resource):
            continue
        parts = resource.split(":", 5)
        account = parts[4] if len(parts) == 6 and _ACCOUNT.fullmatch(parts[4]) else _ANY_ACCOUNT
        if resource_text_tester(resource)(f"arn:aws:iam::{account}:{_ANY_ROLE}"):
            return "error"
        if len(parts) == 6 and text_tester(parts[2])("iam") and parts[5].startswith("role/"):
            found = "suggestion"
    return found
