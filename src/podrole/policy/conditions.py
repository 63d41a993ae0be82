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
from functools import lru_cache

from podrole.policy.lazy import lazy
from podrole.policy.patterns import Pattern, Tester, arn_tester, tester
from podrole.policy.text_patterns import any_tester, arn_text_tester, text_tester
from podrole.policy.variables import Context, filled

_YEAR_AND_MONTH = re.compile(r"[0-9]{4}-[0-9][0-9]")


def _exactly(wanted: str) -> Tester:
    return wanted.__eq__


def _never(_: str) -> bool:
    return False


def _numbers(compare: Callable[[Decimal, Decimal], bool]) -> Callable[[str], Tester]:
    def make(wanted: str) -> Tester:
        number = _number(wanted)
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


def _dates(compare: Callable[[datetime, datetime], bool]) -> Callable[[str], Tester]:
    def make(wanted: str) -> Tester:
        instant = _instant(wanted)
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


def _bool(wanted: str) -> Tester:
    text = wanted.lower()
    return lambda actual: actual.lower() == text and text in ("true", "false")


def _binary(wanted: str) -> Tester:
    data = _bytes(wanted)
    return lambda actual: data is not None and _bytes(actual) == data


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _address(wanted: str) -> Tester:
    try:
        network = ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return _never

    def test(actual: str) -> bool:
        address = _address_of(actual)
        return address is not None and address in network

    return test


@lru_cache(maxsize=256)
def _address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address of a request, read once for all ranges that it is compared with."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Operator:
    """How one base operator compares: `make` gives a test of a context value.

    `of_pattern` does for a value in which a variable stands for a literal star or question mark;
    only operators with wildcards need it. "Condition operators" says which take variables.
    """

    make: Callable[[str], Tester]
    negated: bool = False
    of_pattern: Callable[[Pattern], Tester] | None = None
    fold: bool = False  # ignore case
    takes_variables: bool = False

    @property
    def wild(self) -> bool:
        """Whether `*` and `?` in its values are wildcards."""
        return self.of_pattern is not None

    def test(self, value: str) -> Tester:
        """The test of one value of a policy."""
        return self.make(value.lower() if self.fold else value)

    def test_of(self, values: Sequence[str]) -> Tester:
        """Whether a value of a request fits one of a policy's."""
        if len(values) == 1:
            return self.test(values[0])
        if self.make is _exactly:
            return frozenset(
                [text.lower() for text in values] if self.fold else values
            ).__contains__
        if self.make is text_tester:
            return any_tester(values, text_tester)
        tests = [self.test(value) for value in values]
        return lambda actual: any(test(actual) for test in tests)


_ORDER: dict[str, Callable[..., bool]] = {
    "Equals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}

OPERATORS: dict[str, Operator] = {
    "StringEquals": Operator(_exactly, takes_variables=True),
    "StringNotEquals": Operator(_exactly, negated=True, takes_variables=True),
    "StringEqualsIgnoreCase": Operator(_exactly, fold=True, takes_variables=True),
    "StringNotEqualsIgnoreCase": Operator(_exactly, negated=True, fold=True, takes_variables=True),
    "StringLike": Operator(text_tester, of_pattern=tester, takes_variables=True),
    "StringNotLike": Operator(text_tester, negated=True, of_pattern=tester, takes_variables=True),
    "ArnEquals": Operator(arn_text_tester, of_pattern=arn_tester, takes_variables=True),
    "ArnLike": Operator(arn_text_tester, of_pattern=arn_tester, takes_variables=True),
    "ArnNotEquals": Operator(
        arn_text_tester, negated=True, of_pattern=arn_tester, takes_variables=True
    ),
    "ArnNotLike": Operator(
        arn_text_tester, negated=True, of_pattern=arn_tester, takes_variables=True
    ),
    "Bool": Operator(_bool, takes_variables=True),
    "BinaryEquals": Operator(_binary),
    "IpAddress": Operator(_address),
    "NotIpAddress": Operator(_address, negated=True),
    "NumericNotEquals": Operator(_numbers(_ORDER["Equals"]), negated=True),
    "DateNotEquals": Operator(_dates(_ORDER["Equals"]), negated=True),
    **{f"Numeric{name}": Operator(_numbers(compare)) for name, compare in _ORDER.items()},
    **{f"Date{name}": Operator(_dates(compare)) for name, compare in _ORDER.items()},
}


def _tests(
    operator: Operator, static: list[Tester], varying: Sequence[str], context: Context
) -> list[Tester]:
    """The tests of values, those with variables filled in; none of one that has no value."""
    if not varying:
        return static
    tests = list(static)
    for value in varying:
        wanted = filled(value, context, patterns=operator.wild)
        if isinstance(wanted, str):
            tests.append(operator.test(wanted))
        elif wanted is not None and operator.of_pattern is not None:
            tests.append(operator.of_pattern(wanted))
    return tests


@dataclass(unsafe_hash=True)
class Condition:
    """One operator on one key. Never changed: to make it `frozen` takes three times as long."""

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

    @lazy
    def _static(self) -> list[Tester]:
        """Tests of the values without variables, made once."""
        operator, vary = OPERATORS[self.operator], bool(self._with_variables)
        return [operator.test(value) for value in self.values if not (vary and "${" in value)]

    @lazy
    def _with_variables(self) -> Sequence[str]:
        if self.variables and OPERATORS[self.operator].takes_variables:
            return [value for value in self.values if "${" in value]
        return ()

    def _tests(self, context: Context) -> list[Tester]:
        """A test of each value; none of one whose variable has no value."""
        operator = OPERATORS[self.operator]
        return _tests(operator, self._static, self._with_variables, context)

    @property
    def holds_without_key(self) -> bool:
        """Whether it holds for a request that does not bring the key."""
        if self.operator == "Null":
            return any(value.lower() == "true" for value in self.values)
        if self.if_exists or self.qualifier == "ForAllValues":
            return True
        return OPERATORS[self.operator].negated and self.qualifier == ""

    @lazy
    def holds(self) -> Callable[[Context], bool]:
        """Tells whether a request's context satisfies it.

        What is made here does not refer to the condition: that would be a circle.
        """
        key, absent = self.key.lower(), self.holds_without_key
        if self.operator == "Null":
            present = any(value.lower() != "true" for value in self.values)
            return lambda context: absent if context.get(key) is None else present
        operator = OPERATORS[self.operator]
        if self.qualifier or (operator.takes_variables and self._with_variables):
            return self._at_length(key, absent)
        negated, fold = operator.negated, operator.fold
        fits = operator.test_of(self.values)

        def holds(context: Context) -> bool:
            actual = context.get(key)
            if actual is None:
                return absent
            # A bare operator on several values does not match (single-valued versus multivalued).
            if len(actual) != 1:
                return False
            return fits(actual[0].lower() if fold else actual[0]) != negated

        return holds

    def _at_length(self, key: str, absent: bool) -> Callable[[Context], bool]:
        """As `holds`, for set operators and variables."""
        operator, qualifier = OPERATORS[self.operator], self.qualifier
        static, varying = self._static, self._with_variables
        negated, fold = operator.negated, operator.fold

        def holds(context: Context) -> bool:
            actual = context.get(key)
            if actual is None:
                return absent
            tests = _tests(operator, static, varying, context)
            found = (
                negated != any(test(value.lower() if fold else value) for test in tests)
                for value in actual
            )
            if qualifier == "ForAllValues":
                # "… or if the context key value resolves to a null dataset, such as an empty
                # string"
                return not any(actual) or all(found)
            if qualifier == "ForAnyValue":
                return any(found)
            return len(actual) == 1 and next(found)  # as in the plain test

        return holds

    def failure(self, context: Context) -> str | None:
        """Why it does not hold (a reason of ConditionTrace), None if it does."""
        if self.holds(context):
            return None
        actual = context.get(self.key.lower())
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
