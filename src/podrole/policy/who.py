"""Who can assume a role: the service accounts of a cluster that a trust policy admits.

Source of the claims: EKS user guide, "IAM roles for service accounts" (checked 2026-11-23).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from .authorize import PolicySet, Request, authorize
from .document import Policy, Statement

_SUBJECT = "system:serviceaccount:"
_ACTION = "sts:assumerolewithwebidentity"
_PROVIDER = re.compile(r"(arn:[a-z-]+:iam::\d{12}:oidc-provider/)(.+)\Z")
#: Kubernetes names: small letters, digits and hyphens.
_PROBE_NAMES = ("default", "podrole-probe", "x")
_PROBE_NAMESPACES = ("default", "kube-system", "podrole-probe")


@dataclass(frozen=True)
class Admitted:
    """What one provider's tokens open: a sentence, and the patterns of `sub` behind it."""

    provider: str
    sentence: str
    patterns: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.provider}: {self.sentence}"


def who(
    trust: Policy, provider: str | None = None, audience: str = "sts.amazonaws.com"
) -> list[Admitted]:
    """Who may assume the role with a token of each provider that the policy names.

    `provider` (an issuer without `https://`) asks for one cluster only. What is said is what
    `authorize` decides: each pattern is tried with names that fit and names that do not.
    """
    named = _providers(trust)
    if provider is not None:
        wanted = provider.removeprefix("https://")
        named = [(prefix, name) for prefix, name in named if name == wanted]
        if not named:
            return [Admitted(wanted, "nobody: the trust policy does not name this provider")]
    return [_admitted(trust, prefix + name, name, audience) for prefix, name in named]


def _providers(trust: Policy) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for statement in trust.statements:
        principal = statement.principal
        if principal is None or isinstance(principal, str):
            continue
        for value in principal.get("Federated", ()):
            if match := _PROVIDER.match(value):
                found[match[1], match[2]] = None
    return list(found)


def _admitted(trust: Policy, arn: str, provider: str, audience: str) -> Admitted:
    def opens(subject: str) -> bool:
        request = Request(
            principal=arn,
            action="sts:AssumeRoleWithWebIdentity",
            resource=arn.partition(":oidc-provider/")[0] + ":role/any",
            context={f"{provider}:sub": subject, f"{provider}:aud": audience},
        )
        return authorize(request, PolicySet(resource=trust)).allowed

    strangers = [
        f"{_SUBJECT}{namespace}:{name}"
        for namespace, name in itertools.product(_PROBE_NAMESPACES, _PROBE_NAMES)
    ]
    if all(opens(subject) for subject in strangers):
        return Admitted(provider, "every pod of the cluster", (f"{_SUBJECT}*",))
    patterns = [value for value in _subjects(trust, provider) if opens(_example(value))]
    if not patterns:
        return Admitted(provider, f"nobody: {_why_nobody(trust)}")
    return Admitted(provider, "; ".join(dict.fromkeys(map(_sentence, patterns))), tuple(patterns))


def _subjects(trust: Policy, provider: str) -> Iterable[str]:
    """The values that the conditions on `sub` name."""
    key = f"{provider}:sub".lower()
    for statement in trust.statements:
        if statement.effect == "Allow" and statement.names_action(_ACTION):
            for condition in statement.conditions:
                if condition.key.lower() == key:
                    for value in condition.values:
                        # Under StringEquals a star is a letter, which no name holds.
                        if "Like" in condition.operator or not set("*?") & set(value):
                            yield value


def _example(pattern: str) -> str:
    """A subject that the pattern means, as Kubernetes would name it."""
    return pattern.replace("*", "podrole").replace("?", "x")


def _sentence(pattern: str) -> str:
    if not set("*?") & set(pattern):
        return f"exactly {pattern}"
    rest = pattern.removeprefix(_SUBJECT)
    namespace, colon, name = rest.partition(":")
    if pattern.startswith(_SUBJECT) and colon and not set("*?") & set(namespace):
        if name == "*":
            return f"any service account in namespace {namespace}"
        return f"service accounts named {name} in namespace {namespace}"
    if pattern.startswith(_SUBJECT) and colon:
        where = (
            "any namespace"
            if namespace == "*"
            else f"any namespace that begins with {namespace[:-1]}"
            if namespace.endswith("*") and not set("*?") & set(namespace[:-1])
            else f"any namespace like {namespace}"
        )
        what = "any service account" if name == "*" else f"service account {name}"
        return f"{what} in {where}"
    return f"any subject like {pattern}"


def _why_nobody(trust: Policy) -> str:
    for statement in trust.statements:
        if statement.effect == "Allow" and not statement.names_action(_ACTION):
            continue
        for condition in statement.conditions:
            if condition.key.startswith("https://"):
                return f"{condition.key} never matches: condition keys carry no https://"
            if "Equals" in condition.operator and "String" in condition.operator:
                for value in condition.values:
                    if "*" in value:
                        return f"{value} never matches: a star is a letter under {condition.name}"
    return _other_reason(trust.statements)


def _other_reason(statements: Iterable[Statement]) -> str:
    if not any(item.effect == "Allow" and item.names_action(_ACTION) for item in statements):
        return "no statement allows sts:AssumeRoleWithWebIdentity"
    return "its conditions never hold together for a service account's token"
