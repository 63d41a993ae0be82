"""Trusted identity propagation: claims of a token become condition keys of the session.

botocore 1.44.8's models: ContextProvider of IAM, TrustedIdentityPropagationContext of STS (since
2026-11-19). How a source key names a claim within a claim, such as `kubernetes.io`, is not said:
the lab reads claims of the token's top level that are texts (checked 2026-11-28).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ORIGIN = "aws:OriginIdentity/"
TRANSACTION = "aws:TransactionContext/IdentityProvider/"
_NAME = re.compile(r"[A-Za-z0-9_.:/=+@#-]+(?: [A-Za-z0-9_.:/=+@#-]+)*\Z")
_LONGEST_VALUE = 128


class InvalidContextProvider(ValueError):
    """What is wrong with a context provider, in a few words."""


@dataclass(frozen=True)
class ContextProvider:
    """Which claims of a provider's tokens become which keys."""

    subject: str  # a claim
    subject_type: str = ""  # a value, such as workload
    subject_type_source: str = ""  # or a claim
    keys: Mapping[str, str] | None = None  # claim to the end of a key

    @classmethod
    def read(cls, parameter: Mapping[str, Any]) -> ContextProvider:
        """The parameter ContextProvider of a call. Raises InvalidContextProvider."""
        pairs = parameter.get("KeyDefinitionList", [])
        keys = {pair["SourceKey"]: pair.get("TargetKey", pair["SourceKey"]) for pair in pairs}
        value, source = parameter.get("SubjectTypeValue", ""), parameter.get("SubjectTypeSourceKey")
        if value and source:
            raise InvalidContextProvider("SubjectTypeValue or SubjectTypeSourceKey, not both")
        if len(pairs) > 10:
            raise InvalidContextProvider("at most 10 keys")
        for name in (parameter["SubjectSourceKey"], source, *keys, *keys.values()):
            if name is not None and not _NAME.match(name):
                raise InvalidContextProvider(f"{name!r} is not a key of it")
        return cls(parameter["SubjectSourceKey"], value, source or "", keys)

    def described(self) -> dict[str, Any]:
        """The structure ContextProvider of an answer."""
        told: dict[str, Any] = {"SubjectSourceKey": self.subject}
        if self.subject_type:
            told["SubjectTypeValue"] = self.subject_type
        if self.subject_type_source:
            told["SubjectTypeSourceKey"] = self.subject_type_source
        if self.keys:
            told["KeyDefinitionList"] = [
                {"SourceKey": source, "TargetKey": target} for source, target in self.keys.items()
            ]
        return told

    def condition_keys(self, claims: Mapping[str, Any], provider_arn: str) -> dict[str, str]:
        """What STS sets for a token; nothing where the token has no subject to take."""
        subject = _text(claims, self.subject)
        if not subject:
            return {}
        found = {
            f"{ORIGIN}Subject": subject,
            f"{ORIGIN}Issuer": _text(claims, "iss").removeprefix("https://"),
            f"{ORIGIN}FederatedProviderArn": provider_arn,
        }
        kind = self.subject_type or _text(claims, self.subject_type_source)
        if kind:
            found[f"{ORIGIN}SubjectType"] = kind
        for source, target in (self.keys or {}).items():
            value = _text(claims, source)
            if value and len(value) <= _LONGEST_VALUE:
                found[TRANSACTION + target] = value
        return found


def told(keys: Mapping[str, str]) -> dict[str, Any] | None:
    """TrustedIdentityPropagationContext of an answer, None where STS has set nothing."""
    if not keys:
        return None
    origin = {name[len(ORIGIN) :]: value for name, value in keys.items() if name.startswith(ORIGIN)}
    others = {
        name[len(TRANSACTION) :]: value
        for name, value in keys.items()
        if name.startswith(TRANSACTION)
    }
    transaction = {"TransactionContext": {"IdentityProvider": others}} if others else {}
    return {"OriginIdentity": origin, **transaction}


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
