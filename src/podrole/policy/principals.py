"""Who asks, and which Principal element means them.

Source: IAM user guide, "Policy elements: Principal" (checked 2026-11-23).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

_ACCOUNT = re.compile(r"[0-9]{12}\Z")
_CANONICAL = re.compile(r"[0-9a-f]{64}")  # S3's id of an account
#: Providers of web identities that need no provider in IAM ("AWS JSON policy elements: Principal").
_BUILT_IN = {
    "accounts.google.com",
    "cognito-identity.amazonaws.com",
    "graph.facebook.com",
    "www.amazon.com",
}
_ROOT = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):root\Z")


@dataclass(frozen=True)
class Principal:
    """A request's principal, taken apart."""

    arn: str
    kind: str  # user, role-session, role, root, federated-user, service, web-identity, anonymous
    account: str | None
    role_arn_end: str | None = None  # the role's name; its path is not in a session's ARN

    @property
    def service_linked(self) -> bool:
        """Whether it is a service-linked role, by the name that is kept for them."""
        return (self.role_arn_end or "").startswith("AWSServiceRoleFor")

    @staticmethod
    @lru_cache(maxsize=4096)
    def read(text: str) -> Principal:
        """Take a principal apart: an ARN, a service's name, a provider's ARN, or `*`."""
        cls = Principal
        parts = text.split(":", 5)
        if text == "*":
            return cls(text, "anonymous", None)
        if _CANONICAL.fullmatch(text):
            return cls(text, "canonical-user", None)
        if text in _BUILT_IN:
            return cls(text, "web-identity", None)
        if len(parts) < 6 or parts[0] != "arn":
            return cls(text, "service", None)
        service, account, resource = parts[2], parts[4], parts[5]
        kind, _, rest = resource.partition("/")
        if service == "iam" and kind in ("oidc-provider", "saml-provider"):
            return cls(text, "web-identity", None)
        if service == "sts" and kind == "assumed-role":
            return cls(text, "role-session", account, rest.partition("/")[0])
        if resource == "root":
            return cls(text, "root", account)
        return cls(text, kind, account, rest.rpartition("/")[2] if kind == "role" else None)


#: How directly a statement names the principal; it decides which limits apply to its grant.
DIRECT, ROLE, ACCOUNT_ONLY = "direct", "role", "account"


def matched(element: Mapping[str, Sequence[str]] | str, principal: Principal) -> str | None:
    """How the Principal element means the principal, or None if it does not."""
    if element == "*":
        return DIRECT
    assert not isinstance(element, str)
    best = None
    for kind, values in element.items():
        for value in values:
            how = _matched_one(kind, value, principal)
            if how == DIRECT:
                return how
            best = best if best == ROLE else how or best
    return best


def spared(element: Mapping[str, Sequence[str]] | str, principal: Principal) -> bool:
    """Whether NotPrincipal leaves the principal out.

    An account in it stands for its root user alone: its users and roles must be named beside it
    ("Policy elements: NotPrincipal", whose example denies everyone but the one user).
    """
    how = matched(element, principal)
    return how is not None and (how != ACCOUNT_ONLY or principal.kind == "root")


def _matched_one(kind: str, value: str, principal: Principal) -> str | None:
    if kind == "Service":
        return DIRECT if principal.kind == "service" and value == principal.arn else None
    if kind == "CanonicalUser":
        return DIRECT if principal.kind == "canonical-user" and value == principal.arn else None
    if kind == "Federated":
        return DIRECT if principal.kind == "web-identity" and value == principal.arn else None
    if kind != "AWS" or principal.kind in ("service", "web-identity", "canonical-user"):
        return DIRECT if value == "*" and kind == "AWS" else None
    if value == "*":
        return DIRECT
    if value == principal.arn:
        return ROLE if principal.kind == "role" else DIRECT
    root = _ROOT.match(value)
    account = root[1] if root else value if _ACCOUNT.match(value) else None
    if account is not None:
        return ACCOUNT_ONLY if account == principal.account else None
    named = Principal.read(value)
    if named.kind == "role" and principal.kind == "role-session":
        same = (named.account, named.role_arn_end) == (principal.account, principal.role_arn_end)
        return ROLE if same else None
    return None
