"""Lint rule for what a template should have filled in: the policy means the placeholder itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from podrole.policy.document import Policy
from podrole.policy.lint.finding import Finding
from podrole.policy.statement import Statement

UNRENDERED = "PODROLE_UNRENDERED_TEMPLATE"
#: `${name}` of a shell, Terraform or CloudFormation; `{{name}}`; `<name>`; `$name`. A variable of
#: IAM's has a key with a colon, such as ${aws:username}.
_PLACEHOLDERS = (
    re.compile(r"\$\{[A-Za-z_][\w.\[\]-]*\}|\$\{AWS::\w+\}"),
    re.compile(r"\{\{[^{}]{1,200}\}\}"),
    re.compile(r"<[A-Za-z_][\w -]{0,60}>"),
    re.compile(r"%[sv](?![0-9A-Za-z])"),
    re.compile(r"(?:^|[:/])\$[A-Z_][A-Z0-9_]*(?=[:/]|$)"),
    re.compile(r"__[A-Z][A-Z0-9_]*__"),
)


def placeholders(_: Policy, statement: Statement) -> Iterator[Finding]:
    """A placeholder that nobody has filled in, each once for a place."""
    seen: set[tuple[str, str]] = set()
    for path, text in _texts(statement):
        for pattern in _PLACEHOLDERS:
            found = pattern.search(text)
            if found is None or (path, found[0]) in seen:
                continue
            seen.add((path, found[0]))
            yield Finding(
                "PODROLE_UNRENDERED_TEMPLATE",
                "warning",
                path,
                f"{found[0]} is a template placeholder that was not filled in",
                "Render the template, or write the value",
                "reference/policy-engine",
            )


def _texts(statement: Statement) -> Iterator[tuple[str, str]]:
    principal = statement.principal
    for kind, values in principal.items() if isinstance(principal, dict) else ():
        for value in values:
            yield f"{statement.path}.Principal.{kind}", value
    for text in statement.resources or ():
        yield f"{statement.path}.Resource", text
    for condition in statement.conditions:
        path = f"{statement.path}.Condition.{condition.name}.{condition.key}"
        yield path, condition.key
        for value in condition.values:
            yield path, value
