"""ValidatePolicy's findings: the parser's fault, or what lint says, in Access Analyzer's shape.

Source of the issue codes and their types: IAM user guide, "IAM policy validation check reference"
(checked 2026-11-24).
"""

from __future__ import annotations

import json
from typing import Any

from podrole.lab.aws_error import AwsError
from podrole.policy import PolicyError, parse_policy
from podrole.policy.lint import lint
from podrole.policy.lint.finding import Finding
from podrole.policy.lint.issue_types import ISSUE_TYPES
from podrole.policy.source_map import Position, SourceMap, Span, json_source_map

_TRUST = "AWS::IAM::AssumeRolePolicyDocument"
_KINDS = {
    "IDENTITY_POLICY": "identity",
    "RESOURCE_POLICY": "resource",
    "SERVICE_CONTROL_POLICY": "scp",
    "RESOURCE_CONTROL_POLICY": "rcp",
}
#: Codes of lint for what does not work as it is written; the other errors let too much through.
_INEFFECTIVE = {
    "PODROLE_LITERAL_WILDCARD",
    "PODROLE_MISSING_TAG_SESSION",
    "PODROLE_OBJECT_ACTION_ON_BUCKET",
    "PODROLE_OIDC_DUAL_STACK_ISSUER",
    "PODROLE_OIDC_KEY_OF_ANOTHER_ISSUER",
    "PODROLE_OIDC_KEY_WITH_SCHEME",
    "PODROLE_OIDC_SUBJECT_NEVER_MATCHES",
    "PODROLE_SOURCE_ARN_OF_ASSOCIATION",
}
_TYPES = {"error": "SECURITY_WARNING", "warning": "WARNING", "suggestion": "SUGGESTION"}


def validate(text: str, policy_type: str, resource_type: str | None) -> list[dict[str, Any]]:
    """The findings for a policy's text, in Access Analyzer's shape.

    A policy that the parser refuses has one finding: the parser stops at the first fault.
    """
    kind: Any = "trust" if resource_type == _TRUST else kind_of(text, policy_type)
    try:
        policy = parse_policy(text, kind=kind)
    except PolicyError as error:
        return [_fault(text, error)]
    source_map = json_source_map(text)
    return [_finding(item, source_map) for item in lint(policy)]


def kind_of(text: str, policy_type: str) -> str:
    """The engine's kind for a policy type. Without Resource, RESOURCE_POLICY is a trust policy.

    Raises AwsError (ValidationException) for another type.
    """
    if policy_type not in _KINDS:
        known = ", ".join(_KINDS)
        raise AwsError(
            "ValidationException", f"lab: policyType {policy_type!r} is not one of {known}"
        )
    kind = _KINDS[policy_type]
    return "trust" if kind == "resource" and not _has_resources(text) else kind


def _has_resources(text: str) -> bool:
    """Whether a statement names resources; also true of what is no policy at all."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return True
    found = document.get("Statement") if isinstance(document, dict) else None
    statements = found if isinstance(found, list) else [found]
    objects = [item for item in statements if isinstance(item, dict)]
    return not objects or any({"Resource", "NotResource"} & set(item) for item in objects)


def _fault(text: str, error: PolicyError) -> dict[str, Any]:
    cause = error.__cause__
    if isinstance(cause, json.JSONDecodeError):
        position = Position(cause.lineno, cause.colno - 1, cause.pos)
        source_map = SourceMap({(): Span(position, position)})
    elif error.code == "JSON_SYNTAX_ERROR":
        source_map = SourceMap({(): Span(Position(1, 0, 0), Position(1, 0, 0))})
    else:
        source_map = json_source_map(text)
    kind = ISSUE_TYPES.get(error.code, "ERROR")
    return _shaped(error.code, kind, str(error), "reference/policy-engine", source_map, error.path)


def _finding(finding: Finding, source_map: SourceMap) -> dict[str, Any]:
    if finding.code in ISSUE_TYPES:
        kind = ISSUE_TYPES[finding.code]  # as AWS has them, whatever this guide makes of them
    elif finding.code in _INEFFECTIVE:
        kind = "WARNING"
    else:
        kind = _TYPES[finding.severity]
    details = f"{finding.message}. {finding.fix}"
    return _shaped(finding.code, kind, details, finding.page, source_map, finding.path)


def _shaped(
    code: str, kind: str, details: str, page: str, source_map: SourceMap, path: str
) -> dict[str, Any]:
    steps, span = source_map.find(path)
    start, end = span.start, span.end
    return {
        "findingDetails": f"lab: {details}",
        "findingType": kind,
        "issueCode": code,
        "learnMoreLink": f"/{page}/",  # on this guide's site
        "locations": [
            {
                "path": [
                    {"index": step} if isinstance(step, int) else {"value": step} for step in steps
                ],
                "span": {"start": vars(start), "end": vars(end)},
            }
        ],
    }
