"""The policies in a paste, each with its findings and whom it lets in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from podrole.policy import PolicyError, parse_policy
from podrole.policy.lint import lint
from podrole.policy.policy_file import kind_of
from podrole.policy.who import others, who
from podrole.reading.outputs import policies_in

#: A role has 20 managed policies at most (IAM quotas, checked 2026-11-29).
MOST = 25


def pasted_policies(trees: Iterable[Any]) -> list[dict[str, Any]]:
    """What there is to say of each policy in plain data, of `MOST` at most.

    Each has `name`, `kind` and `text` (the document), and either `who` (lines, of a trust policy
    alone) and `findings` (code, severity, message and fix), or `fault`: why it is no policy.
    """
    held = [one for tree in trees for one in policies_in(tree)][:MOST]
    return [_told(one.document, one.trust, one.name) for one in held]


def _told(document: Any, trust: bool, name: str) -> dict[str, Any]:
    kind = "trust" if trust else kind_of(document)
    told = {"name": name, "kind": kind, "text": json.dumps(document, indent=2, default=str)}
    try:
        policy = parse_policy(document, kind=kind, name=name or "this policy")
    except PolicyError as error:
        return {**told, "fault": str(error)}
    findings = [
        {"code": one.code, "severity": one.severity, "message": one.message, "fix": one.fix}
        for one in lint(policy)
    ]
    admitted = [*map(str, who(policy)), *others(policy)] if kind == "trust" else []
    return {**told, "who": admitted, "findings": findings}
