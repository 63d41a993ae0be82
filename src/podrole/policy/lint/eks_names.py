"""Lint rules for names of EKS in trust policies: issuers, audiences and services that do not exist.

Sources: EKS user guide, "IAM roles for service accounts"; amazon-eks-pod-identity-webhook, whose
default audience is sts.amazonaws.com in every partition (checked 2026-11-28).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from podrole.policy.document import Policy
from podrole.policy.lint.finding import Finding
from podrole.policy.services import suggestion_for
from podrole.policy.statement import Statement

_DUAL_STACK = re.compile(r"oidc-eks\.([a-z0-9-]+)\.api\.(?:aws|amazonwebservices\.com\.cn)/")


def china_audience(policy: Policy, statement: Statement) -> Iterator[Finding]:
    """The audience that China's other endpoints suggest, and that no token of EKS's has."""
    if policy.kind != "trust":
        return
    for condition in statement.conditions:
        if condition.key.lower().endswith(":aud") and "sts.amazonaws.com.cn" in condition.values:
            yield Finding(
                "PODROLE_OIDC_AUDIENCE_OF_CHINA",
                "warning",
                f"{statement.path}.Condition.{condition.name}.{condition.key}",
                "the webhook's tokens have the audience sts.amazonaws.com in China too, so "
                "sts.amazonaws.com.cn matches no token",
                "Write sts.amazonaws.com, unless the pods request tokens with that audience",
                "howto/irsa-trust",
            )


def dual_stack_issuer(policy: Policy, statement: Statement) -> Iterator[Finding]:
    """The address of the keys over IPv6, taken for the issuer."""
    if policy.kind != "trust":
        return
    principal = statement.principal if isinstance(statement.principal, dict) else {}
    places = [
        (f"{statement.path}.Principal.Federated", one) for one in principal.get("Federated", ())
    ]
    places += [
        (f"{statement.path}.Condition.{item.name}.{item.key}", item.key)
        for item in statement.conditions
    ]
    for path, text in places:
        if found := _DUAL_STACK.search(text):
            yield Finding(
                "PODROLE_OIDC_DUAL_STACK_ISSUER",
                "error",
                path,
                "oidc-eks.….api.aws is the dual-stack address; it is never the issuer of a token",
                f"Write oidc.eks.{found[1]}.amazonaws.com/id/…, as describe-cluster prints it",
                "howto/irsa-trust",
            )


def service_names(_: Policy, statement: Statement) -> Iterator[Finding]:
    """A service principal of EKS that does not exist."""
    principal = statement.principal if isinstance(statement.principal, dict) else {}
    for value in principal.get("Service", ()):
        if right := suggestion_for(value):
            yield Finding(
                "PODROLE_NO_SUCH_SERVICE",
                "error",
                f"{statement.path}.Principal.Service",
                f"{value} is not a service principal",
                f"Write {right}",
                "explanation/how-it-works",
            )
