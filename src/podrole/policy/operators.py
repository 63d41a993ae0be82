"""Condition operators. Source: IAM user guide, "Condition operators" (checked 2026-11-23)."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from podrole.policy.patterns import Pattern, Tester, arn_tester, tester
from podrole.policy.text_patterns import any_tester, arn_text_tester, text_tester

_YEAR_AND_MONTH = re.compile(r"[0-9]{4}-[0-9][0-9]")


def _exactly(wanted: str) -> Tester:
    return wanted.__eq__


def _never(_: str) -> bool:
    return False


def _numbers(compare: Callable[[Decimal, Decimal], bool]) -> Callable[[str], Tester]:
    def make(wanted: str) -> Tester:
        number = number_of(wanted)
        if number is None:
            return _never

        def test(actual: str) -> bool:
            found = number_of(actual)
            return found is not None and compare(found, number)

        return test

    return make


def number_of(text: str) -> Decimal | None:
    """The finite number that a text says, None for another text."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _dates(compare: Callable[[datetime, datetime], bool]) -> Callable[[str], Tester]:
    def make(wanted: str) -> Tester:
        instant = instant_of(wanted)
        if instant is None:
            return _never

        def test(actual: str) -> bool:
            found = instant_of(actual)
            return found is not None and compare(found, instant)

        return test

    return make


def instant_of(text: str) -> datetime | None:
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
    data = bytes_of(wanted)
    return lambda actual: data is not None and bytes_of(actual) == data


def bytes_of(text: str) -> bytes | None:
    """What a text says in Base64, None for another text."""
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
