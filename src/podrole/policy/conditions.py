"""Condition operators. Source: IAM user guide, "Condition operators" (checked 2026-11-23)."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property

from podrole.policy.patterns import Pattern, Tester, arn_tester, glob, literal, tester
from podrole.policy.variables import Context, resolve

_YEAR_AND_MONTH = re.compile(r"[0-9]{4}-[0-9][0-9]")


def _text(pattern: Pattern) -> str:
    return "".join(part for part in pattern if isinstance(part, str))


def _never(_: str) -> bool:
    return False


def _numbers(compare: Callable[[Decimal, Decimal], bool]) -> Callable[[Pattern], Tester]:
    def make(wanted: Pattern) -> Tester:
        number = _number(_text(wanted))
        if number is None:
            return _never

        def test(actual: str) -> bool:
            found = _number(actual)
            return found is not None and compare(found, number)

        return test

    return make


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _dates(compare: Callable[[datetime, datetime], bool]) -> Callable[[Pattern], Tester]:
    def make(wanted: Pattern) -> Tester:
        instant = _instant(_text(wanted))
        if instant is None:
            return _never

        def test(actual: str) -> bool:
            found = _instant(actual)
            return found is not None and compare(found, instant)

        return test

    return make


def _instant(text: str) -> datetime | None:
    """A date in ISO 8601 (W3C profile) or in seconds since 1970."""
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        pass
    if _YEAR_AND_MONTH.fullmatch(text):
        text += "-01"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _bool(wanted: Pattern) -> Tester:
    text = _text(wanted).lower()
    return lambda actual: actual.lower() == text and text in ("true", "false")


def _binary(wanted: Pattern) -> Tester:
    data = _bytes(_text(wanted))
    return lambda actual: data is not None and _bytes(actual) == data


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _address(wanted: Pattern) -> Tester:
    try:
        network = ipaddress.ip_network(_text(wanted), strict=False)
    except ValueError:
        return _never

    def test(actual: str) -> bool:
        try:
            return ipaddress.ip_address(actual) in network
        except ValueError:
            return False

    return test


@dataclass(frozen=True)
class Operator:
    """How one base operator compares: `make` gives a test of a context value."""

    make: Callable[[Pattern], Tester]
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
    "StringEquals": Operator(tester),
    "StringNotEquals": Operator(tester, negated=True),
    "StringEqualsIgnoreCase": Operator(tester, fold=True),
    "StringNotEqualsIgnoreCase": Operator(tester, negated=True, fold=True),
    "StringLike": Operator(tester, wild=True),
    "StringNotLike": Operator(tester, negated=True, wild=True),
    "ArnEquals": Operator(arn_tester, wild=True),
    "ArnLike": Operator(arn_tester, wild=True),
    "ArnNotEquals": Operator(arn_tester, negated=True, wild=True),
    "ArnNotLike": Operator(arn_tester, negated=True, wild=True),
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
    variables: bool  # Version 2012-10-17

    @property
    def name(self) -> str:
        """The operator as the policy writes it."""
        qualifier = f"{self.qualifier}:" if self.qualifier else ""
        return f"{qualifier}{self.operator}{'IfExists' if self.if_exists else ''}"

    @cached_property
    def _folded(self) -> str:
        return self.key.lower()

    @cached_property
    def _static(self) -> list[Tester]:
        """Tests of the values without variables, made once."""
        return [self._test(value, {}) for value in self.values if not self._dynamic(value)]  # type: ignore[misc]

    @cached_property
    def _with_variables(self) -> list[str]:
        return [value for value in self.values if self._dynamic(value)]

    def _dynamic(self, value: str) -> bool:
        # "Condition operators" says of each whether it takes variables: String, ARN and Bool do.
        return (
            self.variables and "${" in value and self.operator.startswith(("String", "Arn", "Bool"))
        )

    def _test(self, value: str, context: Context) -> Tester | None:
        """The test of one value; None if a variable in it has no value."""
        operator = OPERATORS[self.operator]
        pattern: Pattern | None = (glob if operator.wild else literal)(value)
        if self._dynamic(value):
            pattern = resolve(value, context, wild=operator.wild)
        if pattern is None:
            return None
        if operator.fold:
            pattern = tuple(part.lower() if isinstance(part, str) else part for part in pattern)
        return operator.make(pattern)

    def _tests(self, context: Context) -> list[Tester]:
        if not self._with_variables:
            return self._static
        found = (self._test(value, context) for value in self._with_variables)
        return self._static + [test for test in found if test is not None]

    @cached_property
    def _plain(self) -> Tester | None:
        """The whole test of a single value, where neither sets nor variables come into it."""
        if self.operator == "Null" or self.qualifier or self._with_variables:
            return None
        operator, tests = OPERATORS[self.operator], self._static
        negated = operator.negated
        if operator.make is tester and not operator.wild and not operator.fold:
            values = frozenset(self.values)
            return lambda value: (value in values) != negated
        if len(tests) == 1 and not operator.fold:
            only = tests[0]
            return (lambda value: not only(value)) if negated else only
        fold = operator.fold
        return lambda value: (
            negated != any(test(value.lower() if fold else value) for test in tests)
        )

    @cached_property
    def holds_without_key(self) -> bool:
        """Whether it holds for a request that does not bring the key."""
        if self.operator == "Null":
            return any(value.lower() == "true" for value in self.values)
        if self.if_exists or self.qualifier == "ForAllValues":
            return True
        return OPERATORS[self.operator].negated and self.qualifier == ""

    def holds(self, context: Context) -> bool:
        """Whether the request's context satisfies it."""
        actual = context.get(self._folded)
        if actual is None:
            return self.holds_without_key
        plain = self._plain
        if plain is not None:
            # A bare operator on several values does not match (single-valued versus multivalued).
            return len(actual) == 1 and plain(actual[0])
        if self.operator == "Null":
            return any(value.lower() != "true" for value in self.values)
        operator = OPERATORS[self.operator]
        tests, negated, fold = self._tests(context), operator.negated, operator.fold
        found = (
            negated != any(test(value.lower() if fold else value) for test in tests)
            for value in actual
        )
        if self.qualifier == "ForAllValues":
            # "… or if the context key value resolves to a null dataset, such as an empty string"
            return not any(actual) or all(found)
        if self.qualifier == "ForAnyValue":
            return any(found)
        return len(actual) == 1 and next(found)  # as in the plain test, with variables

    def failure(self, context: Context) -> str | None:
        """Why it does not hold (a reason of ConditionTrace), None if it does."""
        if self.holds(context):
            return None
        actual = context.get(self._folded)
        if actual is None:
            return "key_absent"
        if self.operator == "Null":
            return "value_differs"
        if not self.qualifier and len(actual) != 1:
            return "needs_set_operator"
        return "value_differs" if self._tests(context) else "variable_without_value"


def normalised(context: Mapping[str, str | Sequence[str]]) -> Context:
    """The context with keys in lowercase and every value a list; an empty set is absent."""
    return {
        key.lower(): (value,) if isinstance(value, str) else value
        for key, value in context.items()
        if isinstance(value, str) or value
    }
