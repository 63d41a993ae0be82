"""Lint rules for Allow with NotAction, NotResource or NotPrincipal: a grant of all the rest.

Source: IAM user guide, "IAM JSON policy elements: NotAction", "NotResource", "NotPrincipal"; the
code ALLOW_WITH_NOT_PRINCIPAL: "IAM policy validation check reference" (checked 2026-11-24). That
reference has no check for NotAction or NotResource by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from podrole.policy.document import Policy
from podrole.policy.lint.finding import Finding
from podrole.policy.statement import Statement

#: Boundaries, session policies and SCPs grant nothing: a complement is how they draw a ceiling.
_GRANTING = {"identity", "resource", "trust"}


def complements(policy: Policy, statement: Statement) -> Iterator[Finding]:
    """An Allow that lists what it does not mean."""
    if policy.kind not in _GRANTING or statement.effect != "Allow":
        return
    if statement.not_action:
        yield Finding(
            "PODROLE_ALLOW_WITH_NOT_ACTION",
            "warning",
            f"{statement.path}.NotAction",
            "the statement allows every action except those listed, including actions that AWS"
            " adds later",
            "List the allowed actions in Action, or deny the listed ones in a Deny statement",
            "reference/policy-engine",
        )
    if statement.not_resource:
        yield Finding(
            "PODROLE_ALLOW_WITH_NOT_RESOURCE",
            "warning",
            f"{statement.path}.NotResource",
            "the statement covers every resource except those listed, also in other services and"
            " accounts",
            "List the resources in Resource, or deny the listed ones in a Deny statement",
            "reference/policy-engine",
        )
    if statement.not_principal:
        yield Finding(
            "ALLOW_WITH_NOT_PRINCIPAL",
            "error",
            f"{statement.path}.NotPrincipal",
            "the statement allows everyone except those listed, including anonymous callers",
            "Name the allowed principals in Principal; use NotPrincipal only in a Deny",
            "reference/policy-engine",
        )
