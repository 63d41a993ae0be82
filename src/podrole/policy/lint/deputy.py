"""Lint rule for the confused deputy: a service that may come, whoever sends it.

Source: IAM user guide, "The confused deputy problem", and "IAM policy validation check reference",
the check "Restrict access to service principal" (checked 2026-11-24). Which services get no finding
in a trust policy is this guide's choice.
"""

from __future__ import annotations

from collections.abc import Iterator

from podrole.policy.analysis.restrictions import SOURCE_KEYS, restricted
from podrole.policy.document import Policy
from podrole.policy.lint.finding import Finding
from podrole.policy.statement import Statement

#: Services that assume a role for what runs in its own account and send no source, so that a
#: condition would shut them out; Pod Identity has a rule of its own (`PODROLE_POD_IDENTITY_…`).
_WITHOUT_SOURCE = {
    "ec2.amazonaws.com",
    "lambda.amazonaws.com",
    "edgelambda.amazonaws.com",
    "pods.eks.amazonaws.com",
}


def confused_deputy(policy: Policy, statement: Statement) -> Iterator[Finding]:
    """A service principal without a condition on where its call comes from.

    In a trust policy it is a suggestion: naming a role to a service needs `iam:PassRole` in the
    role's account, so few services can be sent to it by another one.
    """
    if policy.kind not in ("resource", "trust") or statement.effect != "Allow":
        return
    principal = statement.principal
    if not isinstance(principal, dict) or statement.not_principal:
        return
    if restricted(statement, SOURCE_KEYS):
        return
    trust = policy.kind == "trust"
    for service in principal.get("Service", ()):
        if trust and service in _WITHOUT_SOURCE:
            continue
        yield Finding(
            "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL",
            "suggestion" if trust else "warning",
            f"{statement.path}.Principal.Service",
            f"{service} may act for anyone: no condition restricts the source account or resource",
            "Add a condition on aws:SourceArn, aws:SourceAccount, aws:SourceOrgID or"
            " aws:SourceOrgPaths",
            "reference/policy-engine",
        )
