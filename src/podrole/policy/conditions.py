"""Condition operators. Source: IAM user guide, "Condition operators" (checked 2026-11-23)."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from .patterns import Pattern, glob, literal, matches, split
from .variables import Context, resolve

_ARN_PARTS = 6


def _string(wanted: Pattern, actual: str) -> bool:
    return matches(wanted, actual)


def _arn(wanted: Pattern, actual: str) -> bool:
    pieces, parts = split(wanted, _ARN_PARTS), actual.split(":", _ARN_PARTS - 1)
    return len(pieces) == len(parts) == _ARN_PARTS and all(map(matches, pieces, parts))


def _text(pattern: Pattern) -> str:
    return "".join(str(part) for part in pattern)


def _numbers(compare: Callable[[Decimal, Decimal], bool]) -> Callable[[Pattern, str], bool]:
    def test(wanted: Pattern, actual: str) -> bool:
        try:
            return compare(Decimal(actual), Decimal(_text(wanted)))
        except InvalidOperation:
            return False

    return test


def _instant(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


def _dates(compare: Callable[[datetime, datetime], bool]) -> Callable[[Pattern, str], bool]:
    def test(wanted: Pattern, actual: str) -> bool:
        try:
            return compare(_instant(actual), _instant(_text(wanted)))
        except (ValueError, OverflowError, OSError):
            return False

    return test


def _bool(wanted: Pattern, actual: str) -> bool:
    return _text(wanted).lower() == actual.lower() in ("true", "false")


def _binary(wanted: Pattern, actual: str) -> bool:
    try:
        return base64.b64decode(_text(wanted), validate=True) == base64.b64decode(
            actual, validate=True
        )
    except (binascii.Error, ValueError):
        return False


def _address(wanted: Pattern, actual: str) -> bool:
    try:
        return ipaddress.ip_address(actual) in ipaddress.ip_network(_text(wanted), strict=False)
    except ValueError:
        return False


@dataclass(frozen=True)
class Operator:
    """How one base operator compares."""

    test: Callable[[Pattern, str], bool]
    negated: bool = False
    wild: bool = False
    fold: bool = False  # ignore case


_ORDER: dict[str, Callable[..., bool]] = {
    "Equals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}

OPERATORS: dict[str, Operator] = {
    "StringEquals": Operator(_string),
    "StringNotEquals": Operator(_string, negated=True),
    "StringEqualsIgnoreCase": Operator(_string, fold=True),
    "StringNotEqualsIgnoreCase": Operator(_string, negated=True, fold=True),
    "StringLike": Operator(_string, wild=True),
    "StringNotLike": Operator(_string, negated=True, wild=True),
    "ArnEquals": Operator(_arn, wild=True),
    "ArnLike": Operator(_arn, wild=True),
    "ArnNotEquals": Operator(_arn, negated=True, wild=True),
    "ArnNotLike": Operator(_arn, negated=True, wild=True),
    "Bool": Operator(_bool),
    "BinaryEquals": Operator(_binary),
    "IpAddress": Operator(_address),
    "NotIpAddress": Operator(_address, negated=True),
    "NumericNotEquals": Operator(_numbers(_ORDER["Equals"]), negated=True),
    "DateNotEquals": Operator(_dates(_ORDER["Equals"]), negated=True),
    **{f"Numeric{name}": Operator(_numbers(compare)) for name, compare in _ORDER.items()},
    **{f"Date{name}": Operator(_dates(compare)) for name, compare in _ORDER.items()},
}


@dataclass(frozen=True)
class Condition:
    """One operator on one key."""

    operator: str  # the base name, or "Null"
    qualifier: str  # "", "ForAllValues" or "ForAnyValue"
    if_exists: bool
    key: str
    values: tuple[str, ...]

    def holds(self, context: Context, *, variables: bool) -> bool:
        """Whether the request's context satisfies it."""
        actual = context.get(self.key.lower())
        if self.operator == "Null":
            absent = not actual
            return any((value.lower() == "true") == absent for value in self.values)
        operator = OPERATORS[self.operator]
        if actual is None:
            if self.if_exists or self.qualifier == "ForAllValues":
                return True
            return operator.negated and self.qualifier == ""
        wanted = [self._wanted(value, operator, context, variables) for value in self.values]

        def test(value: str) -> bool:
            value = value.lower() if operator.fold else value
            return operator.negated != any(
                operator.test(pattern, value) for pattern in wanted if pattern is not None
            )

        if self.qualifier == "ForAllValues":
            return all(test(value) for value in actual)
        if self.qualifier == "ForAnyValue":
            return any(test(value) for value in actual)
        # A bare operator on several values does not match (single-valued versus multivalued keys).
        return len(actual) == 1 and test(actual[0])

    def failure(self, context: Context, *, variables: bool) -> str | None:
        """Why it does not hold (a reason of ConditionTrace), None if it does."""
        if self.holds(context, variables=variables):
            return None
        actual = context.get(self.key.lower())
        if self.operator == "Null":
            return "value_differs" if actual else "key_absent"
        if actual is None:
            return "key_absent"
        if not self.qualifier and len(actual) != 1:
            return "needs_set_operator"
        operator = OPERATORS[self.operator]
        if all(self._wanted(value, operator, context, variables) is None for value in self.values):
            return "variable_without_value"
        return "value_differs"

    @property
    def name(self) -> str:
        """The operator as the policy writes it."""
        qualifier = f"{self.qualifier}:" if self.qualifier else ""
        return f"{qualifier}{self.operator}{'IfExists' if self.if_exists else ''}"

    @staticmethod
    def _wanted(
        value: str, operator: Operator, context: Context, variables: bool
    ) -> Pattern | None:
        text = value.lower() if operator.fold and not variables else value
        if not variables:
            return glob(text) if operator.wild else literal(text)
        pattern = resolve(text, context, wild=operator.wild)
        if pattern is not None and operator.fold:
            return tuple(part.lower() if isinstance(part, str) else part for part in pattern)
        return pattern


def normalised(context: Mapping[str, str | Sequence[str]]) -> Context:
    """The context with keys in small letters and every value a list."""
    return {
        key.lower(): (value,) if isinstance(value, str) else tuple(value)
        for key, value in context.items()
    }
