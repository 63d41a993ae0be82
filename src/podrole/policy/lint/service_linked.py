"""Lint rules for `iam:CreateServiceLinkedRole` on services that nobody named.

The codes: IAM user guide, "IAM policy validation check reference", the checks "Create SLR with …".
Access Analyzer gives them as general warnings. That statements which already allow all of
everything get no second finding here, is this guide's choice (checked 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Iterator

from podrole.policy.document import Policy
from podrole.policy.lint.finding import Finding
from podrole.policy.statement import Statement
from podrole.policy.text_patterns import resource_text_tester

_CREATE = "iam:createservicelinkedrole"
_ANY = "arn:aws:iam::000000000000:role/aws-service-role/podrole.sample/PodroleSample"


def service_linked_roles(policy: Policy, statement: Statement) -> Iterator[Finding]:
    """CreateServiceLinkedRole for services that a wildcard or NotResource chooses."""
    if policy.kind != "identity" or statement.effect != "Allow":
        return
    if not statement.names_action(_CREATE) or "*" in statement.actions:
        return
    if any(item.key.lower() == "iam:awsservicename" for item in statement.conditions):
        return
    if _names_any(statement) == statement.not_resource:
        return
    star = not statement.not_action and _CREATE not in statement.actions
    if statement.not_resource:
        code = "CREATE_SLR_WITH_NOT_RESOURCE"
        if statement.not_action:
            code = "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE"
        elif star:
            code = "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE"
    else:
        code = "CREATE_SLR_WITH_STAR_IN_RESOURCE"
        if statement.not_action:
            code = "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION"
        elif star:
            code = "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE"
    yield Finding(
        code,
        "suggestion",
        f"{statement.path}.{'NotResource' if statement.not_resource else 'Resource'}",
        "iam:CreateServiceLinkedRole is allowed for every service",
        "Name the service's role path, or add a condition on iam:AWSServiceName",
        "reference/access-analyzer-checks",
    )


def _names_any(statement: Statement) -> bool:
    """Whether an entry of Resource or NotResource means the roles of every service."""
    return any(
        resource == "*" or resource_text_tester(resource)(_ANY)
        for resource in statement.resources or ()
        if resource[:1] == "*" or ":iam:" in resource[:40]
    )
