"""The principals that a statement means, compared with those of another statement."""

from __future__ import annotations

import re

from .statement import Statement

_ACCOUNT = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):root|([0-9]{12})")
_Named = tuple[str, str]


def covers_principals(wide: Statement, narrow: Statement) -> bool:
    """Whether `wide` surely means every principal that `narrow` means, and as directly.

    A role under its account's root is not covered: the root delegates, naming the role grants.
    """
    if wide.principal is None or narrow.principal is None:
        return wide.principal is None and narrow.principal is None
    one, other = _named(wide), _named(narrow)
    if not wide.not_principal:
        return _everybody(wide) or (not narrow.not_principal and other <= one)
    if narrow.not_principal:
        return one <= other
    return all(_disjoint(a, b) for a in one for b in other)


def disjoint_principals(one: Statement, other: Statement) -> bool:
    """Whether surely no principal is meant by both."""
    if one.principal is None or other.principal is None:
        return False
    if one.not_principal or other.not_principal:
        return False
    return all(_disjoint(a, b) for a in _named(one) for b in _named(other))


def _everybody(statement: Statement) -> bool:
    return not statement.not_principal and ("AWS", "*") in _named(statement)


def _named(statement: Statement) -> frozenset[_Named]:
    principal = statement.principal
    if principal is None or isinstance(principal, str):
        return frozenset({("AWS", "*")})
    found = set()
    for kind, values in principal.items():
        for value in values:
            match = _ACCOUNT.fullmatch(value) if kind == "AWS" else None
            # An account's number and the ARN of its root mean the same.
            found.add((kind, (match[1] or match[2]) if match else value))
    return frozenset(found)


def _disjoint(one: _Named, other: _Named) -> bool:
    if "*" in (one[1], other[1]):
        return False
    if one[0] != other[0]:
        # A canonical user is an account by another name.
        return "CanonicalUser" not in (one[0], other[0])
    if one[0] == "AWS":
        accounts = [_account(item[1]) for item in (one, other)]
        return None not in accounts and accounts[0] != accounts[1]
    return one[1] != other[1]


def _account(value: str) -> str | None:
    if re.fullmatch(r"[0-9]{12}", value):
        return value
    parts = value.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4] else None
