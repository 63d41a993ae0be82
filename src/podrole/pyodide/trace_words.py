"""A decision's trace in words: of each statement, what did not fit, and on which line it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from podrole.policy import ConditionTrace, Decision, Policy, Request, StatementTrace
from podrole.policy.source_map import SourceMap

_ELEMENTS = {
    "action": ("Action", "NotAction"),
    "resource": ("Resource", "NotResource"),
    "principal": ("Principal", "NotPrincipal"),
}
_REASONS = {
    "key_absent": "the request has no such key",
    "needs_set_operator": "several values need ForAnyValue or ForAllValues",
    "variable_without_value": "a variable in it has no value in this request",
    "value_differs": "no value fits",
}


#: From an element's path below its statement to its `line` and `span`.
Place = Callable[[str], dict[str, Any]]


def place_of(source_map: SourceMap, path: str) -> dict[str, Any]:
    """Where an element stands: `line` and `lastLine`, and `span`, its offsets in characters."""
    span = source_map.find(path)[1]
    start, end = span.start, span.end
    return {"line": start.line, "lastLine": end.line, "span": [start.offset, end.offset]}


def trace_words(
    decision: Decision, request: Request, policy: Policy, prefix: str, source_map: SourceMap
) -> list[dict[str, Any]]:
    """Each statement that was asked, the most telling first.

    `decision`: made with `explain`. `request`: what was asked. `policy`: the pasted one; only its
    statements have lines. `prefix`: where in the pasted text the policy stands, empty or ending
    with a dot. `source_map`: of the pasted text.
    """
    rows = [
        _statement(trace, request, policy, prefix, source_map)
        for trace in decision.trace
        if trace.policy != ASSUMED
    ]
    return sorted(rows, key=lambda row: (_telling(row, decision.effect), bool(row["policy"])))


#: The name of the policy that stands for the caller's own; nobody has written it.
ASSUMED = "assumed: the caller's own policies allow everything"


def _telling(row: Mapping[str, Any], effect: str) -> int:
    """0 for what decided, then what one edit would make decide, then the rest."""
    decides = "Allow" if effect == "allow" else "Deny"
    if row["applies"]:
        return 0 if row["effect"] == decides else 1
    if row["effect"] == "Deny":
        return 4
    return 2 if row["nearMiss"] else 3


def _statement(
    trace: StatementTrace, request: Request, policy: Policy, prefix: str, source_map: SourceMap
) -> dict[str, Any]:
    own = trace.policy == policy.name
    statement = _written(policy, trace.path) if own else {}
    path = prefix + trace.path

    def place(below: str) -> dict[str, Any]:
        return place_of(source_map, path + below) if own else {"line": None}

    parts = [
        *_parts(trace, request, statement, place),
        *(_condition(one, place) for one in trace.conditions),
    ]
    return {
        "layer": trace.layer,
        "policy": "" if own else trace.policy,
        "path": trace.path,
        "sid": statement.get("Sid") or "",
        "effect": trace.effect,
        "applies": trace.applies,
        "nearMiss": trace.near_miss,
        **place(""),
        "parts": parts,
        "text": str(trace),
    }


def _written(policy: Policy, path: str) -> Mapping[str, Any]:
    """The statement as it was written: `Statement[0]`, or the only one."""
    statements = policy.document["Statement"]
    found = statements[int(path[10:-1])] if isinstance(statements, list) else statements
    return found if isinstance(found, Mapping) else {}


def _parts(
    trace: StatementTrace, request: Request, statement: Mapping[str, Any], place: Place
) -> Iterator[dict[str, Any]]:
    asked = {
        "action": request.action,
        "resource": request.resource,
        "principal": request.principal,
    }
    for part in trace.failed:
        if part == "condition":
            continue
        element = next((name for name in _ELEMENTS[part] if name in statement), _ELEMENTS[part][0])
        wanted = list(_texts(statement.get(element)))
        yield {
            "part": part,
            "element": element,
            "wanted": wanted,
            "actual": [asked[part]],
            "reason": "is left out by it" if element.startswith("Not") else "does not match",
            **place(f".{element}"),
        }


def _condition(condition: ConditionTrace, place: Place) -> dict[str, Any]:
    return {
        "part": "condition",
        "element": f"{condition.operator} {condition.key}",
        "operator": condition.operator,
        "key": condition.key,
        "wanted": list(condition.wanted),
        "actual": None if condition.actual is None else list(condition.actual),
        "reason": _REASONS.get(condition.reason, condition.reason),
        **place(f".Condition.{condition.operator}.{condition.key}"),
    }


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for kind, item in value.items():
            yield from (f"{kind} {text}" for text in _texts(item))
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif value is not None:
        yield str(value)
