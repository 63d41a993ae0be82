"""Whether one condition holding makes another hold, whatever the request.

The rules follow from those of `conditions`; all are inferred, AWS publishes none of its own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from .conditions import OPERATORS, Condition
from .inclusion import covers, covers_arn, pattern
from .patterns import ANY, Pattern
from .restrictions import needs_key


def all_implied(given: Iterable[Condition], wanted: Iterable[Condition]) -> bool:
    """Whether each of the wanted conditions holds surely where all the given ones do."""
    known = tuple(given)
    return all(any(implies(item, other) for item in known) for other in wanted)


def implies(given: Condition, wanted: Condition) -> bool:
    """Whether `wanted` surely holds where `given` does."""
    if given.key.lower() != wanted.key.lower():
        return False
    if wanted.operator == "Null":
        if _null(wanted, "false"):
            return needs_key(given)
        return given.operator == "Null" and _null(wanted, "true") and _null(given, "true")
    if given.operator == "Null":
        return _null(given, "true") and _holds_without_key(wanted)
    if _holds_without_key(given) and not _holds_without_key(wanted):
        return False
    # A bare operator holds for one value only, which a set operator then takes as well.
    if given.qualifier not in ("", wanted.qualifier):
        return False
    return _values(given, wanted)


def _null(condition: Condition, value: str) -> bool:
    return bool(condition.values) and all(item.lower() == value for item in condition.values)


def _holds_without_key(condition: Condition) -> bool:
    if condition.if_exists or condition.qualifier == "ForAllValues":
        return True
    return OPERATORS[condition.operator].negated and condition.qualifier == ""


def _values(given: Condition, wanted: Condition) -> bool:
    """Whether each value of the key that passes the one passes the other."""
    negated = OPERATORS[given.operator].negated
    if negated != OPERATORS[wanted.operator].negated:
        return False
    wide, narrow = (given, wanted) if negated else (wanted, given)
    return all(
        any(_covers(wide, value, narrow, item) for value in wide.values) for item in narrow.values
    )


def _covers(wide: Condition, value: str, narrow: Condition, item: str) -> bool:
    """Whether what equals or fits `item` of one condition does so with `value` of the other."""
    families = {_family(wide.operator), _family(narrow.operator)}
    if families == {"String"}:
        return _covers_text(wide, value, narrow, item)
    if families == {"Arn"}:
        return covers_arn(_pattern(wide, value), _pattern(narrow, item))
    if wide.operator != narrow.operator or wide.variables != narrow.variables:
        return False
    return value == item or (
        wide.operator in ("IpAddress", "NotIpAddress") and _covers_addresses(value, item)
    )


def _family(operator: str) -> str:
    return next((name for name in ("String", "Arn") if operator.startswith(name)), operator)


def _pattern(condition: Condition, value: str) -> Pattern:
    wild = OPERATORS[condition.operator].wild
    return pattern(value, wild=wild, variables=condition.variables)


def _covers_text(wide: Condition, value: str, narrow: Condition, item: str) -> bool:
    wide_pattern, narrow_pattern = _pattern(wide, value), _pattern(narrow, item)
    if wide_pattern == (ANY,):
        return True
    if OPERATORS[narrow.operator].fold and not OPERATORS[wide.operator].fold:
        return False  # the narrow one takes capitals that the wide one may not
    if OPERATORS[wide.operator].fold:
        wide_pattern, narrow_pattern = _folded(wide_pattern), _folded(narrow_pattern)
    return covers(wide_pattern, narrow_pattern)


def _folded(symbols: Pattern) -> Pattern:
    return tuple(symbol.lower() if isinstance(symbol, str) else symbol for symbol in symbols)


def _covers_addresses(wide: str, narrow: str) -> bool:
    try:
        one, other = (ipaddress.ip_network(text, strict=False) for text in (narrow, wide))
    except ValueError:
        return False
    return one.version == other.version and one.subnet_of(other)  # type: ignore[arg-type]
