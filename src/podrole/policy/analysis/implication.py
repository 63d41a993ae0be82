"""Whether one condition holding makes another hold, whatever the request.

The rules follow from those of `conditions`; all are inferred, AWS publishes none of its own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from podrole.policy.analysis.inclusion import Patterns, Shape, pattern
from podrole.policy.analysis.restrictions import needs_key
from podrole.policy.budget import Budget
from podrole.policy.conditions import Condition
from podrole.policy.operators import OPERATORS
from podrole.policy.patterns import Pattern


def all_implied(given: Iterable[Condition], wanted: Iterable[Condition], budget: Budget) -> bool:
    """Whether each of the wanted conditions holds surely where all the given ones do.

    Raises BudgetSpentError.
    """
    known = tuple(given)
    return all(any(implies(item, other, budget) for item in known) for other in wanted)


def implies(given: Condition, wanted: Condition, budget: Budget) -> bool:
    """Whether `wanted` surely holds where `given` does. Raises BudgetSpentError."""
    budget.spend(1)
    if given.key.lower() != wanted.key.lower():
        return False
    if wanted.operator == "Null":
        if _null(wanted, "false"):
            return needs_key(given)
        return given.operator == "Null" and _null(wanted, "true") and _null(given, "true")
    if given.operator == "Null":
        return _null(given, "true") and wanted.holds_without_key
    if given.holds_without_key and not wanted.holds_without_key:
        return False
    # A bare operator holds for one value only, which a set operator then takes as well.
    if given.qualifier not in ("", wanted.qualifier):
        return False
    return _values(given, wanted, budget)


def _null(condition: Condition, value: str) -> bool:
    return bool(condition.values) and all(item.lower() == value for item in condition.values)


def _values(given: Condition, wanted: Condition, budget: Budget) -> bool:
    """Whether each value of the key that passes the one passes the other."""
    negated = OPERATORS[given.operator].negated
    if negated != OPERATORS[wanted.operator].negated:
        return False
    wide, narrow = (given, wanted) if negated else (wanted, given)
    families = {_family(wide.operator), _family(narrow.operator)}
    if families == {"String"}:
        return _cover_texts(wide, narrow, budget)
    if families == {"Arn"}:
        patterns = _patterns(wide, Shape.ARN)
        return all(patterns.covering(_pattern(narrow, item), budget) for item in narrow.values)
    if wide.operator != narrow.operator or wide.variables != narrow.variables:
        return False
    others = set(narrow.values) - set(wide.values)
    if wide.operator in ("IpAddress", "NotIpAddress"):
        return _cover_addresses(wide, others)
    return not others


def _family(operator: str) -> str:
    return next((name for name in ("String", "Arn") if operator.startswith(name)), operator)


def _cover_texts(wide: Condition, narrow: Condition, budget: Budget) -> bool:
    """Whether what equals or fits a value of the one does so with a value of the other."""
    folded = OPERATORS[wide.operator].fold
    if OPERATORS[narrow.operator].fold and not folded:
        # The narrow one takes capitals that the wide one may not.
        return OPERATORS[wide.operator].wild and "*" in wide.values
    patterns = _patterns(wide, Shape.TEXT)
    for item in narrow.values:
        symbols = _pattern(narrow, item)
        if not patterns.covering(_folded(symbols) if folded else symbols, budget):
            return False
    return True


# The same condition is compared with those of many statements.
@lru_cache(maxsize=512)
def _patterns(condition: Condition, shape: Shape) -> Patterns:
    """The values side by side, in lowercase where the operator ignores case."""
    found = [_pattern(condition, value) for value in condition.values]
    if OPERATORS[condition.operator].fold:
        found = [_folded(item) for item in found]
    return Patterns(found, shape)


def _pattern(condition: Condition, value: str) -> Pattern:
    return _taken_apart(value, OPERATORS[condition.operator].wild, condition.variables)


@lru_cache(maxsize=1024)
def _taken_apart(value: str, wild: bool, variables: bool) -> Pattern:
    return pattern(value, wild=wild, variables=variables)


def _folded(symbols: Pattern) -> Pattern:
    return tuple(symbol.lower() if isinstance(symbol, str) else symbol for symbol in symbols)


def _cover_addresses(wide: Condition, values: Iterable[str]) -> bool:
    """Whether each of the values is a range within one of the condition's ranges."""
    ranges = _ranges(wide)
    return all(_within_range(ranges, value) for value in values)


_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(maxsize=64)
def _ranges(condition: Condition) -> dict[tuple[int, int], set[int]]:
    """IP version and length of a prefix to the prefixes."""
    found: dict[tuple[int, int], set[int]] = {}
    for value in condition.values:
        if (network := _network(value)) is not None:
            length = network.prefixlen
            found.setdefault((network.version, length), set()).add(_prefix(network, length))
    return found


def _within_range(ranges: dict[tuple[int, int], set[int]], value: str) -> bool:
    network = _network(value)
    return network is not None and any(
        version == network.version
        and length <= network.prefixlen
        and _prefix(network, length) in prefixes
        for (version, length), prefixes in ranges.items()
    )


def _prefix(network: _Network, length: int) -> int:
    return int(network.network_address) >> (network.max_prefixlen - length)


def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
