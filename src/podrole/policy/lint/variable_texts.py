"""Lint rules for policy variables that AWS refuses or leaves as plain text.

The codes: IAM user guide, "IAM policy validation check reference" (checked 2026-11-29).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from podrole.policy.document import Policy
from podrole.policy.lint.finding import Finding
from podrole.policy.lint.values import places_of_variables
from podrole.policy.statement import Statement

_PAGE = "reference/access-analyzer-checks"
_KEY = r"[A-Za-z0-9-]+:[A-Za-z0-9/._-]+"
_OPENED = re.compile(r"\$\{" + _KEY + r"\Z")
_SPACED = re.compile(r"\$\{(\s+" + _KEY + r"\s*|" + _KEY + r"\s+)\}")
_UNQUOTED = re.compile(r"\$\{" + _KEY + r"\s*,\s*([^'\s}][^}]*|'[^'}]*)\}")
_ANY = re.compile(r"\$\{" + _KEY + r"\}")


def variable_texts(_: Policy, statement: Statement) -> Iterator[Finding]:
    """An empty, spaced or unclosed variable; one in an element without variables."""
    for path, text in places_of_variables(statement) if statement.variables else ():
        if fault := _fault(text):
            code, fix = fault
            message = f"the variable in {text} is not written as AWS reads it"
            yield Finding(code, "error", path, message, fix, _PAGE)
    element = "NotAction" if statement.not_action else "Action"
    for action in statement.actions if "${" in "".join(statement.actions) else ():
        if _ANY.search(action):
            yield Finding(
                "VARIABLE_UNSUPPORTED_IN_ELEMENT",
                "error",
                f"{statement.path}.{element}",
                f"{action} has a variable, and {element} takes none: it matches no action",
                "Write the action's name",
                _PAGE,
            )


def _fault(text: str) -> tuple[str, str] | None:
    if "${}" in text:
        return "EMPTY_VARIABLE", "Write the variable's key, such as ${aws:PrincipalTag/team}"
    if _OPENED.search(text, text.rfind("${")):
        return "MISSING_BRACE_IN_VARIABLE", "Close the variable with }"
    if "}" in text and _SPACED.search(text, 0, text.rfind("}") + 1):
        return "UNSUPPORTED_SPACE_IN_VARIABLE", "Remove the spaces within the braces"
    if "}" in text and _UNQUOTED.search(text, 0, text.rfind("}") + 1):
        return "MISSING_QUOTE_IN_VARIABLE", "Put the default value in single quotes"
    return None
