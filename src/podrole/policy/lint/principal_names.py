"""Lint rules for principals that mean nobody, or someone else tomorrow.

The codes: IAM user guide, "IAM policy validation check reference" (checked 2026-11-29).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from podrole.policy.document import Policy
from podrole.policy.lint.finding import Finding
from podrole.policy.statement import Statement

_PAGE = "reference/access-analyzer-checks"
_OPEN = re.compile(r"[*?${}<>]|%\(")
_AWS = re.compile(r"(\*|[0-9]{12}|arn:[^:]+:(iam|sts)::[^:]*:.+|A[A-Z0-9]{15,})\Z")
_SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)\Z|\*\Z")


def principal_names(_: Policy, statement: Statement) -> Iterator[Finding]:
    """A principal's text that is no account, ARN, unique ID or service."""
    if not isinstance(statement.principal, dict):
        return
    element = "NotPrincipal" if statement.not_principal else "Principal"
    for kind, names in statement.principal.items():
        path = f"{statement.path}.{element}.{kind}"
        for name in names:
            if kind == "AWS":
                yield from _account_or_arn(name, path)
            elif kind == "Service" and not _OPEN.search(name) and not _SERVICE.match(name):
                yield Finding(
                    "INVALID_SERVICE_PRINCIPAL_FORMAT",
                    "error",
                    path,
                    f"{name} is not a service principal: it matches no one",
                    "Write the service's name with its suffix, such as ec2.amazonaws.com",
                    _PAGE,
                )


def _account_or_arn(name: str, path: str) -> Iterator[Finding]:
    if name.startswith(("AROA", "AIDA")):
        kind = "ROLE" if name.startswith("AROA") else "USER"
        yield Finding(
            f"INVALID_{kind}_REFERENCE",
            "warning",
            path,
            f"{name} is the ID of a {kind.lower()} that was probably deleted: AWS shows the ID"
            " when the ARN no longer leads anywhere",
            f"Write the {kind.lower()}'s ARN; a recreated one needs the policy saved again",
            _PAGE,
        )
    elif not _OPEN.search(name) and not _AWS.match(name):
        yield Finding(
            "INVALID_PRINCIPAL_FORMAT",
            "error",
            path,
            f"{name} is neither an account ID nor an ARN of IAM or STS: AWS refuses the policy",
            "Write the account's 12 digits or the principal's ARN",
            _PAGE,
        )
