"""Lint rules for conditions whose values cannot be what the operator compares.

The codes: IAM user guide, "IAM policy validation check reference" (checked 2026-11-29).
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator

from podrole.policy.conditions import Condition
from podrole.policy.document import Policy
from podrole.policy.lint.finding import Finding, Severity
from podrole.policy.operators import bytes_of, instant_of, number_of
from podrole.policy.statement import Statement

_PAGE = "reference/access-analyzer-checks"
_EPOCH = re.compile(r"[0-9]+(\.[0-9]+)?\Z")
#: Addresses that no request from the internet comes from: RFC 1918, and IPv6's unique local ones.
_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
_GREATEST = ("NumericLessThan", "NumericLessThanEquals")
_ORDERED = (*_GREATEST, "NumericGreaterThan", "NumericGreaterThanEquals")
_SOMETIMES_ODD = {"Null", "Bool", *_ORDERED}


def _at(statement: Statement, item: Condition) -> str:
    return f"{statement.path}.Condition.{item.name}.{item.key}"


def types(_: Policy, statement: Statement) -> Iterator[Finding]:
    """A value that is no boolean, date, number, address or base64, under an operator for those."""
    for item in statement.conditions:
        for value in item.values:
            if "${" in value or "{{" in value:
                continue
            found = _type_fault(item, value)
            if found is not None:
                code, fix = found
                message = f"{value!r} never matches under {item.name}"
                yield Finding(code, "warning", _at(statement, item), message, fix, _PAGE)
            elif item.operator.startswith("Date") and _EPOCH.match(value):
                yield Finding(
                    "INVALID_DATE_VALUE",
                    "suggestion",
                    _at(statement, item),
                    f"{value} counts seconds since 1970, which nobody reads as a date",
                    "Write the date as YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ",
                    _PAGE,
                )


def _type_fault(item: Condition, value: str) -> tuple[str, str] | None:
    operator = item.operator
    if operator in ("Bool", "Null") and value.lower() not in ("true", "false"):
        return "TYPE_MISMATCH_BOOLEAN", "Write true or false"
    if operator.startswith("Date") and instant_of(value) is None:
        return "TYPE_MISMATCH_DATE", "Write the date as YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ"
    if operator.startswith("Numeric") and number_of(value) is None:
        return "TYPE_MISMATCH_NUMBER", "Write a number"
    if operator.endswith("IpAddress") and _network(value) is None:
        return "TYPE_MISMATCH_IP_RANGE", "Write a range such as 203.0.113.0/24"
    if operator == "BinaryEquals" and bytes_of(value) is None:
        return "TYPE_MISMATCH_STRING", "Write the value in base64"
    return None


def _network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


def addresses(_: Policy, statement: Statement) -> Iterator[Finding]:
    """Private addresses for `aws:SourceIp`, and ranges with bits behind the mask."""
    for item in statement.conditions:
        if not item.operator.endswith("IpAddress"):
            continue
        networks = {value: found for value in item.values if (found := _network(value))}
        for value, network in networks.items():
            if "/" in value and value.lower() != str(network):
                exact = "/" in value and ipaddress.ip_interface(value).ip != network.network_address
                if exact:
                    yield Finding(
                        "IMPROVE_IP_RANGE",
                        "suggestion",
                        _at(statement, item),
                        f"{value} has bits behind its mask, which are ignored",
                        f"Write {network}",
                        _PAGE,
                    )
        if item.key.lower() == "aws:sourceip" and networks:
            yield from _private(statement, item, list(networks.values()))


def _private(
    statement: Statement,
    item: Condition,
    networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network],
) -> Iterator[Finding]:
    private = [one for one in networks if _is_private(one)]
    if not private:
        return
    negated = item.operator == "NotIpAddress"
    name = "PRIVATE_NOT_IP_ADDRESS" if negated else "PRIVATE_IP_ADDRESS"
    severity: Severity = "error"
    if len(private) < len(networks):
        name, severity = f"{name}_SUBSET", "suggestion"
    yield Finding(
        name,
        severity,
        _at(statement, item),
        f"{private[0]} is private, and aws:SourceIp only ever holds a public address",
        "Use aws:VpcSourceIp for calls through a VPC endpoint, or name the public range",
        _PAGE,
    )


def _is_private(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    return any(
        network.version == one.version and network.subnet_of(one)  # type: ignore[arg-type]
        for one in _PRIVATE
    )


def empty_conditions(policy: Policy) -> Iterator[Finding]:
    """A Condition without a condition."""
    statements = policy.document["Statement"]
    for one, item in zip(
        policy.statements, statements if isinstance(statements, list) else [statements], strict=True
    ):
        if not one.conditions and item.get("Condition") == {}:
            yield Finding(
                "EMPTY_OBJECT_CONDITION",
                "suggestion",
                f"{one.path}.Condition",
                "the condition is empty and restricts nothing",
                "Remove Condition, or write a condition",
                _PAGE,
            )


def shapes(_: Policy, statement: Statement) -> Iterator[Finding]:
    """Conditions that compare twice, or always the same."""
    names = [(item.name, item.key.lower()) for item in statement.conditions]
    folded = Counter(names if len(set(names)) < len(names) else ())
    for item, name in zip(statement.conditions, names, strict=True):
        if folded[name] > 1:
            yield Finding(
                "DUPLICATE_KEYS_WITH_DIFFERENT_CASE",
                "error",
                _at(statement, item),
                f"{item.key} is there twice, in other capitals: names of keys ignore case",
                "Merge their values under one key",
                _PAGE,
            )
        if not item.values:
            yield _without_values(item, _at(statement, item))
        if ":" not in item.key:
            yield Finding(
                "INVALID_CONDITION_KEY_FORMAT",
                "error",
                _at(statement, item),
                f"{item.key} is not a condition key: no request has it",
                "Write service:Key, such as aws:SourceAccount",
                _PAGE,
            )
        if item.operator in _SOMETIMES_ODD or name[1] == "aws:arn":
            yield from _odd(item, _at(statement, item))


def _without_values(item: Condition, path: str) -> Finding:
    code = "EMPTY_ARRAY_CONDITION"
    if item.if_exists:
        code += "_IFEXISTS"
    elif item.qualifier:
        code += f"_{item.qualifier.upper()}"
    return Finding(
        code,
        "suggestion",
        path,
        f"{item.key} has no values, so no value of a request matches",
        "List the values, or use Null to ask whether the key is there",
        _PAGE,
    )


def _odd(item: Condition, path: str) -> Iterator[Finding]:
    if item.operator == "Null" and item.qualifier:
        yield Finding(
            "NULL_WITH_QUALIFIER",
            "suggestion",
            path,
            f"{item.name} does not depend on the request: Null takes no set operator",
            "Remove the set operator",
            _PAGE,
        )
    if item.operator == "Bool" and not item.qualifier and len(item.values) > 1:
        yield Finding(
            "INVALID_CONDITION_MULTIPLE_BOOLEAN",
            "error",
            path,
            "a boolean condition with several values holds for each of them",
            "Keep one of true and false",
            _PAGE,
        )
    if item.key.lower() == "aws:arn":
        yield Finding(
            "DEPRECATED_GLOBAL_CONDITION_KEY",
            "warning",
            path,
            "aws:ARN is deprecated",
            "Use aws:PrincipalArn or aws:SourceArn",
            _PAGE,
        )
    if item.operator in _ORDERED and len(item.values) > 1:
        keep = "greatest" if item.operator in _GREATEST else "least"
        yield Finding(
            "REDUNDANT_CONDITION_VALUE_NUM",
            "suggestion",
            path,
            f"only the {keep} of these numbers decides",
            f"Keep the {keep} value",
            _PAGE,
        )
