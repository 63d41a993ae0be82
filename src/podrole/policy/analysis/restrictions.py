"""Conditions that restrict who may come: which of them a request can only pass with a fixed value.

Source: S3 user guide, "Blocking public access to your Amazon S3 storage", section "The meaning of
'public'": a condition counts if its values are fixed, without wildcards or variables (checked
2026-11-23). That the owner's own variables count as fixed, and an ARN with a fixed account, is
inferred.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Container

from podrole.policy.conditions import Condition
from podrole.policy.operators import OPERATORS
from podrole.policy.statement import Statement

#: Where a call that a service makes for someone comes from (IAM, "The confused deputy problem").
SOURCE_KEYS = frozenset(
    {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"}
)
#: Variables that the resource's owner gives their value, not the caller.
_OWNERS = re.compile(r"\$\{aws:Resource(Account|OrgID|OrgPaths)\}", re.IGNORECASE)
_WILD = set("*?")


def needs_key(condition: Condition) -> bool:
    """Whether the condition fails for every request without its key."""
    if condition.operator == "Null":
        return all(value.lower() == "false" for value in condition.values)
    if condition.if_exists or condition.qualifier == "ForAllValues":
        return False
    return condition.qualifier == "ForAnyValue" or not OPERATORS[condition.operator].negated


def restricted(statement: Statement, keys: Container[str]) -> bool:
    """Whether some condition of the statement holds for fixed values of one of the keys only.

    `keys` are in lowercase.
    """
    return any(item.key.lower() in keys and restricts(item) for item in statement.conditions)


def restricts(condition: Condition) -> bool:
    """Whether the condition holds for fixed values of its key only."""
    if condition.operator == "Null" or OPERATORS[condition.operator].negated:
        return False
    return needs_key(condition) and all(_fixed(condition, value) for value in condition.values)


def _fixed(condition: Condition, value: str) -> bool:
    if condition.operator == "IpAddress":
        return _few_addresses(value)
    wild = OPERATORS[condition.operator].wild
    if condition.variables:
        value = _OWNERS.sub("owner", value)
        if "${" in value:
            return False
    if not wild or not _WILD & set(value):
        return True
    parts = value.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        # A pattern over organization paths is fixed by the organization it begins with.
        return bool(re.match(r"o-[a-z0-9]+/", value))
    account, resource = parts[4], parts[5]
    if not account:
        return not _WILD & set(resource[:1])
    return not _WILD & set(account)


def _few_addresses(value: str) -> bool:
    """Whether the range is narrow enough: S3 names /8 for IPv4 and /32 for IPv6 as the widest."""
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return True  # no address fits it
    return network.prefixlen >= (8 if network.version == 4 else 32)
