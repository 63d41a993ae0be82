"""The principals that a statement means, compared with those of another statement."""

from __future__ import annotations

import re

from podrole.policy.statement import Statement

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
        return _everyone(wide) or (not narrow.not_principal and other <= one)
    if narrow.not_principal:
        return one <= other
    return _disjoint(one, other)


def disjoint_principals(one: Statement, other: Statement) -> bool:
    """Whether surely no principal is meant by both."""
    if one.principal is None or other.principal is None:
        return False
    if one.not_principal or other.not_principal:
        return False
    return _disjoint(_named(one), _named(other))


def _everyone(statement: Statement) -> bool:
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


def _disjoint(one: frozenset[_Named], other: frozenset[_Named]) -> bool:
    """Whether none of the one may be one of the other."""
    if any(value == "*" for _, value in one | other):
        return False
    kinds, others = ({kind for kind, _ in item} for item in (one, other))
    # A canonical user is an account by another name.
    if len(kinds | others) > 1 and "CanonicalUser" in kinds | others and kinds and others:
        return False
    accounts, theirs = _accounts(one), _accounts(other)
    if accounts and theirs and (None in accounts | theirs or accounts & theirs):
        return False
    return not any(kind != "AWS" for kind, _ in one & other)


def _accounts(named: frozenset[_Named]) -> set[str | None]:
    """The accounts of the principals of kind AWS; None for one that says none."""
    return {_account(value) for kind, value in named if kind == "AWS"}


def _account(value: str) -> str | None:
    if re.fullmatch("[0-9]{12}", value):
        return value
    parts = value.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4] else None
