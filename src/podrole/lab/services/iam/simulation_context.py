"""Context keys in the policy simulator: those that a caller gives, and those that policies want.

Source: botocore 1.44.8's model of IAM, ContextEntry, EvaluationResult, GetContextKeysFor*Policy
(checked 2026-11-23).
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from podrole.lab.aws_error import AwsError
from podrole.policy import Policy
from podrole.policy.statement import Statement

_VARIABLE = re.compile(r"\$\{([^},]+?)(?:\s*,\s*'[^']*')?\}")
_LITERALS = {"*", "?", "$"}


def _date(text: str) -> None:
    if not text.isdecimal():
        datetime.fromisoformat(text)


def _boolean(text: str) -> None:
    if text.lower() not in ("true", "false"):
        raise ValueError


_CHECKS: Mapping[str, Any] = {
    "string": str,
    "numeric": Decimal,
    "boolean": _boolean,
    "ip": lambda text: ipaddress.ip_network(text, strict=False),
    "binary": lambda text: base64.b64decode(text, validate=True),
    "date": _date,
}


def given(entries: Iterable[Mapping[str, Any]]) -> dict[str, str | Sequence[str]]:
    """ContextEntries as the engine takes them. Raises AwsError (InvalidInput).

    A list type gives a multivalued key, even with one value; without a type several values do.
    """
    context: dict[str, str | Sequence[str]] = {}
    for entry in entries:
        name, values = entry.get("ContextKeyName", ""), entry.get("ContextKeyValues", [])
        kind = entry.get("ContextKeyType", "stringList" if len(values) > 1 else "string")
        base, several = kind.removesuffix("List"), kind.endswith("List")
        if base not in _CHECKS or not name:
            raise AwsError("InvalidInput", f"lab: no context key of type {kind!r} named {name!r}")
        for value in values:
            try:
                _CHECKS[base](value)
            except (ValueError, InvalidOperation, binascii.Error):
                reason = f"lab: {value!r} is not a {base}, the type of context key {name}"
                raise AwsError("InvalidInput", reason) from None
        if not several and len(values) != 1:
            raise AwsError("InvalidInput", f"lab: context key {name} of type {kind} takes 1 value")
        context[name] = list(values) if several else values[0]
    return context


def wanted(policies: Iterable[Policy]) -> list[str]:
    """The context keys that policies ask for, as they write them, each once."""
    return unique(key for policy in policies for item in policy.statements for key in asked(item))


def asked(statement: Statement) -> Iterator[str]:
    """The context keys of a statement's conditions and variables."""
    texts = list(statement.resources or ())
    for condition in statement.conditions:
        yield condition.key
        texts += condition.values
    if statement.variables:
        for text in texts:
            yield from (key for key in _VARIABLE.findall(text) if key not in _LITERALS)


def unique(keys: Iterable[str]) -> list[str]:
    """Each key once: key names ignore case."""
    found: dict[str, str] = {}
    for key in keys:
        found.setdefault(key.lower(), key)
    return list(found.values())
