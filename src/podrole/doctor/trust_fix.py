"""A trust policy that refuses, corrected: the fewest changes that let the request in, and no other.

Each correction is asked again by the engine; one that does not let the request in is not given.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from podrole.doctor.trust_verdict import Asked, verdict
from podrole.policy import PolicyError, parse_policy
from podrole.policy.decision import ConditionTrace, StatementTrace
from podrole.policy.document import Policy

_FEDERATED = "sts:AssumeRoleWithWebIdentity"
#: What names one service account of one cluster in a call of EKS's.
_OWN_TAGS = (
    "aws:SourceArn",
    "aws:RequestTag/kubernetes-namespace",
    "aws:RequestTag/kubernetes-service-account",
)


@dataclass(frozen=True)
class Fix:
    """What to change, and the policy that comes of it.

    Attributes:
        change: the changes as one sentence.
        line: the line of the policy that is at fault, as JSON; empty for what is missing.
        corrected: the whole policy.
    """

    change: str
    line: str
    corrected: Mapping[str, Any]


def fix_of(trust: Policy, document: Any, asked: Sequence[Asked]) -> Fix | None:
    """The correction that lets all requests in; None where a Deny stands in the way."""
    refused = [verdict(trust, one) for one in asked]
    if any(one.deny for one in refused):
        return None
    said = next(one for one in refused if one.answer == "no")
    near = said.nearest
    attempts = [_edited(trust, document, near, asked)] if near and _is_near(near) else []
    for fix in [*attempts, _added(document, asked)]:
        if fix and _lets_in(fix.corrected, asked):
            return fix
    return None


def _is_near(near: StatementTrace) -> bool:
    """Whether the statement is about the same kind of caller: else a new one is clearer."""
    return "principal" not in near.failed or "action" not in near.failed


def _lets_in(document: Any, asked: Sequence[Asked]) -> bool:
    try:
        trust = parse_policy(document, kind="trust")
    except PolicyError:
        return False
    return all(verdict(trust, one).answer != "no" for one in asked)


def _strangers(asked: Sequence[Asked]) -> list[Asked]:
    """The same requests, of a service account that nobody thought of."""
    found = []
    for one in asked:
        context = dict(one.request.context)
        for key in context:
            if key.endswith(":sub"):
                context[key] = "system:serviceaccount:stranger:stranger"
            elif key.startswith("aws:RequestTag/kubernetes-"):
                context[key] = "stranger"
        found.append(replace(one, request=replace(one.request, context=context)))
    return found


def _edited(
    trust: Policy, document: Any, near: StatementTrace, asked: Sequence[Asked]
) -> Fix | None:
    corrected = copy.deepcopy(document)
    statements = corrected["Statement"]
    # `Statement[3]`, as the engine numbers them; one statement may stand without its list.
    number = int(near.path.removeprefix("Statement[").removesuffix("]"))
    statement = statements[number] if isinstance(statements, list) else statements
    changes: list[str] = []
    line = ""
    request = asked[0].request
    if "principal" in near.failed:
        kind = _kind(request.principal)
        line = _line("Principal", statement.get("Principal"))
        statement["Principal"] = {kind: request.principal}
        changes.append(f"change Principal to {json.dumps(statement['Principal'])}")
    actions = list(dict.fromkeys(one.request.action for one in asked))
    if _refused_actions(document, number, asked):
        line = line or _line("Action", statement.get("Action", statement.get("NotAction")))
        statement.pop("NotAction", None)
        kept = _texts(statement.get("Action"))
        wanted = (
            actions
            if "principal" in near.failed
            else [*kept, *(a for a in actions if a not in kept)]
        )
        statement["Action"] = wanted[0] if len(wanted) == 1 else wanted
        changes.append(f"change Action to {json.dumps(statement['Action'])}")
    for failed in near.conditions:
        changed = _condition(statement, failed, asked)
        if changed is None:
            return None
        line = line or changed[1]
        changes.append(changed[0])
    if not changes:
        return None
    strangers = _strangers(asked)
    if (
        any(change.startswith("remove ") for change in changes)
        and _lets_in(corrected, strangers)
        and not all(verdict(trust, one).answer != "no" for one in strangers)
    ):
        return None  # what kept all others out was the condition that is gone
    return Fix("; ".join(changes), line, corrected)


def _refused_actions(document: Any, number: int, asked: Sequence[Asked]) -> bool:
    """Whether the statement leaves one of the wanted actions out."""
    statements = parse_policy(document, kind="trust").statements
    return any(not statements[number].names_action(one.request.folded_action) for one in asked)


def _condition(
    statement: dict[str, Any], failed: ConditionTrace, asked: Sequence[Asked]
) -> tuple[str, str] | None:
    """Correct one condition in place; what was changed, and the line that was at fault."""
    block = statement.get("Condition", {})
    of_operator = block.get(failed.operator)
    if not isinstance(of_operator, dict) or failed.key not in of_operator:
        return None
    value = of_operator[failed.key]
    line = f"{failed.operator}: {_line(failed.key, value)}"
    known = {key.lower(): key for one in asked for key in one.request.context}
    actual = {key.lower(): found for one in asked for key, found in one.request.context.items()}
    key = failed.key
    if key.lower() not in known:
        right = _claim_key(key, known)
        if right is None:
            del of_operator[key]
            if not of_operator:
                del block[failed.operator]
            if not block:
                statement.pop("Condition", None)
            return f"remove the condition on `{key}`: this request never has that key", line
        del of_operator[key]
        of_operator[right] = value
        texts = _texts(value)
        if actual[right.lower()] in texts or _wild(failed.operator):
            return f"change the key `{key}` to `{right}`", line
        of_operator[right] = actual[right.lower()]
        return f"change `{key}` to `{right}` and its value to `{actual[right.lower()]}`", line
    wanted = actual[key.lower()]
    if isinstance(wanted, list):
        return None
    negated = "Not" in failed.operator
    if negated:
        del of_operator[key]
        if not of_operator:
            del block[failed.operator]
        return f"remove {failed.operator} on `{key}`: it excludes `{wanted}`", line
    texts = _texts(value)
    if len(texts) > 1:
        of_operator[key] = [*texts, wanted]
        return f"add `{wanted}` to the values of `{key}`", line
    of_operator[key] = wanted
    return f"change `{key}` to `{wanted}`", line


def _claim_key(key: str, known: Mapping[str, str]) -> str | None:
    """The key of the same claim that the request has: of another issuer, or without https://."""
    claim = key.rpartition(":")[2].lower()
    if claim not in ("sub", "aud") or key.lower().startswith(("aws:", "sts:")):
        return None
    return next((right for folded, right in known.items() if folded.endswith(f":{claim}")), None)


def _wild(operator: str) -> bool:
    return "Like" in operator


def _added(document: Any, asked: Sequence[Asked]) -> Fix | None:
    """The policy with a statement of its own for the requests."""
    request = asked[0].request
    corrected = copy.deepcopy(document) if isinstance(document, dict) else {}
    actions = list(dict.fromkeys(one.request.action for one in asked))
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {_kind(request.principal): request.principal},
        "Action": actions[0] if len(actions) == 1 else actions,
    }
    if actions == [_FEDERATED]:
        claims = {k: v for k, v in request.context.items() if k.endswith((":sub", ":aud"))}
        statement["Condition"] = {"StringEquals": claims}
    elif own := {k: v for k, v in request.context.items() if k in _OWN_TAGS}:
        statement["Condition"] = {"StringEquals": own}
    statements = corrected.get("Statement")
    several = statements if isinstance(statements, list) else [statements] if statements else []
    corrected["Statement"] = [*several, statement]
    return Fix(
        f"add a statement that allows {request.principal} {' and '.join(actions)}", "", corrected
    )


def _kind(principal: str) -> str:
    if ":oidc-provider/" in principal:
        return "Federated"
    return "AWS" if principal.startswith("arn:") else "Service"


def _texts(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _line(key: str, value: Any) -> str:
    return f"{json.dumps(key)}: {json.dumps(value)}"
