"""Lint rules for the ARNs in Resource: what no resource's ARN looks like.

The codes: IAM user guide, "IAM policy validation check reference" (checked 2026-11-29).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from podrole.policy.document import Policy
from podrole.policy.lint.finding import Finding
from podrole.policy.statement import Statement
from podrole.policy.text_patterns import wild

_PAGE = "reference/access-analyzer-checks"
#: Where a template or a wildcard stands, the part may be anything.
_OPEN = re.compile(r"[*?${}<>]|%\(")
_PARTITION = re.compile(r"aws(-[a-z]+)*\Z")
_ACCOUNT = re.compile(r"[0-9]{12}\Z")
_NO_REGION = {"iam", "s3"}


def arns(_: Policy, statement: Statement) -> Iterator[Finding]:
    """A resource that is neither `*` nor shaped like an ARN of its service."""
    element = "NotResource" if statement.not_resource else "Resource"
    for text in statement.resources or ():
        if text == "*":
            continue
        fault = _fault(text)
        if fault is not None:
            code, message, fix = fault
            yield Finding(code, "error", f"{statement.path}.{element}", message, fix, _PAGE)
        elif _open_service(text):
            yield Finding(
                "WILDCARD_IN_SERVICE_NAME",
                "suggestion",
                f"{statement.path}.{element}",
                f"{text} means every service whose name fits, also those that AWS adds later",
                "Write the service's name in full",
                _PAGE,
            )


def _open_service(text: str) -> bool:
    parts = text.split(":", 5)
    return len(parts) == 6 and parts[2] != "*" and wild(parts[2])


def _fault(text: str) -> tuple[str, str, str] | None:
    """Code, message and fix for what is wrong with an ARN, None if nothing is."""
    if _OPEN.match(text):
        return None
    parts = text.split(":", 5)
    if parts[0] != "arn":
        if _OPEN.search(parts[0].partition("/")[0]):
            return None
        return "INVALID_ARN_PREFIX", f"{text} is not an ARN: it matches nothing", "Begin with arn:"
    if len(parts) < 6:
        if _OPEN.search(text):
            return None
        return (
            "MISSING_ARN_FIELD",
            f"{text} has {len(parts)} of an ARN's six fields: it matches nothing",
            "Write arn:partition:service:region:account:resource; fields may be empty",
        )
    return _wrong_part(text, parts)


def _wrong_part(text: str, parts: list[str]) -> tuple[str, str, str] | None:
    _, partition, service, region, account, resource = parts
    if not _OPEN.search(partition) and not _PARTITION.match(partition):
        return "INVALID_PARTITION", f"{partition!r} is not a partition of AWS", "Write aws"
    if service != service.lower() and not _OPEN.search(service):
        fix = f"Write {service.lower()}"
        return "INVALID_ARN_SERVICE_CASE", f"{service} in {text} matches nothing", fix
    if service in _NO_REGION and region and not _OPEN.search(region) and _plain(service, resource):
        fix = "Leave the Region empty"
        return "ARN_REGION_NOT_ALLOWED", f"ARNs of {service} have no Region: {text}", fix
    if account and not _OPEN.search(account) and not _ACCOUNT.match(account) and account != "aws":
        fix = "Write the account ID's 12 digits"
        return "INVALID_ARN_ACCOUNT", f"{account!r} in {text} is not an account ID", fix
    if service == "s3" and _ACCOUNT.match(account) and _plain(service, resource):
        fix = "Leave the account empty"
        return "ARN_ACCOUNT_NOT_ALLOWED", f"ARNs of buckets have no account: {text}", fix
    return None


def _plain(service: str, resource: str) -> bool:
    """Whether the resource is of a kind without Region: of S3, buckets and objects alone."""
    others = ("accesspoint", "job/", "storage-lens", "async-request", "access-grants")
    return service != "s3" or not resource.startswith((*others, "*", "$"))
