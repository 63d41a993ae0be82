"""The words in which STS refuses a web identity: those of 2026, and the older ones.

Source: reports of users, as AWS documents none. 2026: external-secrets #6648 and eight more field
reports of May to November 2026. Older: aws-load-balancer-controller #2315 (no provider) and
amazon-eks-pod-identity-webhook #232 (audience); checked 2026-11-28.
"""

from __future__ import annotations

#: The years to choose from; the first is what AWS says today.
STS_TEXTS = ("2026", "2024")
_NOT_VALIDATED = (
    "The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity"
    " documentation for requirements."
)


def no_provider(year: str, issuer: str) -> str:
    """The role's account has no OIDC provider for the token's issuer."""
    older = f"No OpenIDConnect provider found in your account for {issuer}"
    return older if year == "2024" else _NOT_VALIDATED


def wrong_audience(year: str) -> str:
    """The provider's client ids lack the token's audience: since 2026 the same words."""
    return "Incorrect token audience" if year == "2024" else _NOT_VALIDATED
