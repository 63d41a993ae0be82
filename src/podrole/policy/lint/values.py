"""Lint rules for values that do not mean what they look like: variables, sets, principals.

Codes without `PODROLE_`: IAM user guide, "IAM policy validation check reference" (2026-11-24).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from podrole.policy.document import Policy
from podrole.policy.lint.finding import Finding
from podrole.policy.statement import Statement
from podrole.policy.text_patterns import wild

_VARIABLE = re.compile(r"\$\{[A-Za-z0-9-]+:[^}]*\}")
#: Keys that hold several values, as far as this guide meets them ("Multivalued context keys").
_MULTIVALUED = re.compile(
    r"(aws:(tagkeys|calledvia|principalorgpaths|resourceorgpaths|sourceorgpaths|"
    r"principalservicenameslist)|sts:transitivetagkeys|dynamodb:(attributes|leadingkeys)|"
    r"kms:encryptioncontextkeys|kms:resourcealiases|.*:amr)\Z"
)
_WITHOUT_VARIABLES = ("Numeric", "Date", "Binary", "IpAddress", "NotIpAddress")


def variables(_: Policy, statement: Statement) -> Iterator[Finding]:
    """A variable that stays a text: by the policy's version, or under its operator."""
    for path, text in () if statement.variables else places_of_variables(statement):
        if _variable(text):
            yield Finding(
                "PODROLE_VARIABLE_WITHOUT_VERSION",
                "error",
                path,
                f"{text} is literal text, not a variable: the policy's Version is not 2012-10-17",
                "Set the policy's Version to 2012-10-17",
                "reference/policy-engine",
            )
    for item in statement.conditions:
        unsupported = item.operator.startswith(_WITHOUT_VARIABLES)
        if unsupported and any(map(_variable, item.values)):
            yield Finding(
                "PODROLE_VARIABLE_UNDER_OPERATOR",
                "error",
                f"{statement.path}.Condition.{item.name}.{item.key}",
                f"{item.operator} does not support variables: the condition never matches",
                "Use a String or Arn operator, or write the value",
                "reference/policy-engine",
            )


def places_of_variables(statement: Statement) -> Iterator[tuple[str, str]]:
    """The texts that begin a variable where one may stand, each with its path."""
    for text in statement.resources or ():
        if "${" in text:
            yield f"{statement.path}.Resource", text
    for item in statement.conditions:
        for text in item.values:
            if "${" in text:
                yield f"{statement.path}.Condition.{item.name}.{item.key}", text


def _variable(text: str) -> bool:
    # Behind the last brace each `${` would be searched to the end, in vain.
    return _VARIABLE.search(text, 0, text.rfind("}") + 1) is not None


def sets(_: Policy, statement: Statement) -> Iterator[Finding]:
    """A key with several values under an operator for one."""
    for item in statement.conditions:
        bare = not item.qualifier and item.operator != "Null"
        if bare and _MULTIVALUED.match(item.key.lower()):
            yield Finding(
                "MISSING_QUALIFIER",
                "error" if statement.effect == "Allow" else "warning",
                f"{statement.path}.Condition.{item.name}.{item.key}",
                f"{item.key} has several values, and {item.operator} compares only one",
                "Prefix the operator with ForAnyValue: or ForAllValues:",
                "reference/policy-engine",
            )


def principals(_: Policy, statement: Statement) -> Iterator[Finding]:
    """A wildcard within a principal, which AWS refuses: only a whole `*` is one."""
    principal = statement.principal
    for kind, values in principal.items() if isinstance(principal, dict) else ():
        for value in values:
            if value != "*" and wild(value):
                yield Finding(
                    "UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
                    "error",
                    f"{statement.path}.Principal.{kind}",
                    f"{value} matches nobody: a principal must be written in full",
                    "Name the account and restrict it with ArnLike on aws:PrincipalArn",
                    "reference/policy-engine",
                )
