"""What the policy simulator answers: one result an action, with one part for each resource.

Source: botocore 1.44.8's model of IAM, EvaluationResult and ResourceSpecificResult, and outputs
that users show (checked 2026-11-23): SourcePolicyType is `IAM Policy` there, which the model's
enumeration does not list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from podrole.lab.access.iam_state import Attachment
from podrole.lab.services.iam import simulation_context
from podrole.lab.services.iam.simulation_positions import Position, statement_positions
from podrole.policy import Policy
from podrole.policy.statement import Statement

_DECISIONS = {"allow": "allowed", "implicit_deny": "implicitDeny", "explicit_deny": "explicitDeny"}
_STRICTNESS = ("allowed", "implicitDeny", "explicitDeny")
#: ARN templates of what the lab carries, by the beginning of the action; others show `*`.
_TEMPLATES = {
    "s3:listallmybuckets": "*",
    "s3:listbucket": "arn:${Partition}:s3:::${BucketName}",
    "s3:getbucket": "arn:${Partition}:s3:::${BucketName}",
    "s3:putbucket": "arn:${Partition}:s3:::${BucketName}",
    "s3:deletebucket": "arn:${Partition}:s3:::${BucketName}",
    "s3:createbucket": "arn:${Partition}:s3:::${BucketName}",
    "s3:": "arn:${Partition}:s3:::${BucketName}/${KeyName}",
    "secretsmanager:listsecrets": "*",
    "secretsmanager:": "arn:${Partition}:secretsmanager:${Region}:${Account}:secret:${SecretId}",
    "sts:assumerole": "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}",
    "iam:passrole": "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}",
}


@dataclass(frozen=True)
class Source:
    """A policy, its text, and how the simulator names it."""

    policy: Policy
    text: str
    id: str
    type: str

    @classmethod
    def attached(cls, item: Attachment) -> Source:
        """An attached policy: inline ones are `role_NAME_POLICY`, managed ones their name."""
        name = item.policy.name
        shown = f"{item.to}_{item.name}_{name}" if item.kind == "inline" else name
        return cls(item.policy, item.document, shown, "IAM Policy")


@dataclass(frozen=True)
class Evaluation:
    """One action on one resource."""

    resource: str
    effect: str  # of a Decision
    matched: Sequence[tuple[Source, Statement]]
    missing: Sequence[str]
    by_boundary: bool | None  # None where there is no boundary
    by_organization: bool | None
    details: Mapping[str, str]

    @property
    def decision(self) -> str:
        """allowed, explicitDeny or implicitDeny."""
        return _DECISIONS[self.effect]

    @property
    def statements(self) -> list[dict[str, Any]]:
        """MatchedStatements: those that made the decision; nothing made an implicit denial."""
        effect = {"allowed": "Allow", "explicitDeny": "Deny"}.get(self.decision)
        return [_matched(source, item) for source, item in self.matched if item.effect == effect]


def evaluation_result(action: str, evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    """The members of EvaluationResult; over several resources, the strictest decision."""
    everything = [item.resource for item in evaluations] == ["*"]
    first = evaluations[0]
    result: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": "*" if everything else _template(action),
        "EvalDecision": max((item.decision for item in evaluations), key=_STRICTNESS.index),
        "MatchedStatements": _union(evaluations),
        "MissingContextValues": simulation_context.unique(
            key for item in evaluations for key in item.missing
        ),
    }
    if first.by_organization is not None:
        allowed = all(item.by_organization for item in evaluations)
        result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": allowed}
    if first.by_boundary is not None:
        allowed = all(item.by_boundary for item in evaluations)
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    if not everything:
        result["EvalDecisionDetails"] = {
            name: max(
                (item.details[name] for item in evaluations if name in item.details),
                key=_STRICTNESS.index,
            )
            for item in evaluations
            for name in item.details
        }
        result["ResourceSpecificResults"] = [_specific(item) for item in evaluations]
    return result


def _specific(item: Evaluation) -> dict[str, Any]:
    result: dict[str, Any] = {
        "EvalResourceName": item.resource,
        "EvalResourceDecision": item.decision,
        "MatchedStatements": item.statements,
        "MissingContextValues": list(item.missing),
        "EvalDecisionDetails": dict(item.details),
    }
    if item.by_boundary is not None:
        detail = {"AllowedByPermissionsBoundary": item.by_boundary}
        result["PermissionsBoundaryDecisionDetail"] = detail
    return result


def _union(evaluations: Sequence[Evaluation]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    strictest = max((item.decision for item in evaluations), key=_STRICTNESS.index)
    for item in evaluations:
        if item.decision == strictest:
            found += [statement for statement in item.statements if statement not in found]
    return found


def _matched(source: Source, statement: Statement) -> dict[str, Any]:
    number = source.policy.statements.index(statement)
    start, end = statement_positions(source.text)[number]
    return {
        "SourcePolicyId": source.id,
        "SourcePolicyType": source.type,
        "StartPosition": _position(start),
        "EndPosition": _position(end),
    }


def _position(position: Position) -> dict[str, int]:
    return {"Line": position[0], "Column": position[1]}


def _template(action: str) -> str:
    folded = action.lower()
    return next((arn for begin, arn in _TEMPLATES.items() if folded.startswith(begin)), "*")
