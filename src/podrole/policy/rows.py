"""The row format of `podrole decide`: a request and the policies that speak, as plain data."""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from podrole.policy.authorize import authorize
from podrole.policy.decision import Decision
from podrole.policy.document import Policy
from podrole.policy.error import PolicyError
from podrole.policy.parser import OBJECTS, parse_policy
from podrole.policy.request import PolicySet, Request

_REQUEST = {"principal", "action", "resource", "resource_account", "context"}
_LAYERS = {"identity", "resource", "boundary", "session", "scp", "rcp", "endpoint"}


def decide_row(row: Any, *, explain: bool = False) -> Decision:
    """Decide a row: `{"request": {…}, "policies": {…}}`.

    `request.action` may be a list: all must pass, and the first that does not decides. A layer is a
    policy or a list of policies; in `scp` and `rcp` each entry is a level, a policy or a list.
    Raises PolicyError with the path of what is wrong.
    """
    if not isinstance(row, OBJECTS):
        raise PolicyError("", "a row must be a JSON object")
    request = _object(row.get("request"), "request", _REQUEST)
    policies = _object(row.get("policies", {}), "policies", _LAYERS)
    actions = request.get("action")
    actions = [actions] if isinstance(actions, str) else actions
    if not isinstance(actions, list) or not actions:
        raise PolicyError("request.action", "must be an action or a list of actions")
    principal, resource = _text(request, "principal"), _text(request, "resource")
    account = request.get("resource_account")
    if account is not None and not isinstance(account, str):
        raise PolicyError("request.resource_account", "must be a string")
    context = _context(request.get("context") or {})
    policy_set = _policy_set(policies, actions)
    decision = None
    for action in actions:
        if not isinstance(action, str):
            raise PolicyError("request.action", f"{action!r} must be a string")
        decision = authorize(
            Request(principal, action, resource, context, account), policy_set, explain=explain
        )
        if not decision.allowed:
            break
    assert decision is not None
    return decision


def _object(value: Any, name: str, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, OBJECTS):
        raise PolicyError(name, "must be an object")
    if not value.keys() <= known:
        key = next(key for key in value if key not in known)
        raise PolicyError(f"{name}.{key}", f"unknown; known: {', '.join(sorted(known))}")
    return value


def _text(request: Mapping[str, Any], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise PolicyError(f"request.{name}", "must be a string")
    return value


def _context(context: Any) -> dict[str, Any]:
    if not isinstance(context, OBJECTS):
        raise PolicyError("request.context", "must be an object")
    return {
        key: value if isinstance(value, str) else _context_value(value, key)
        for key, value in context.items()
    }


def _context_value(value: Any, key: str) -> Any:
    if isinstance(value, list):
        return [_context_value(item, key) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        raise PolicyError(f"request.context.{key}", "must be a string or a list of strings")
    return value


def _policy_set(policies: Mapping[str, Any], actions: list[Any]) -> PolicySet:
    resource = _layer(policies.get("resource"), _kind(actions), "resource")
    if len(resource) > 1:
        raise PolicyError("policies.resource", "a resource has only one policy")
    endpoint = _layer(policies.get("endpoint"), "resource", "endpoint")
    if len(endpoint) > 1:
        raise PolicyError("policies.endpoint", "an endpoint has only one policy")
    return PolicySet(
        identity=_layer(policies.get("identity"), "identity", "identity"),
        resource=resource[0] if resource else None,
        boundary=_layer(policies.get("boundary"), "boundary", "boundary"),
        session=_layer(policies.get("session"), "session", "session"),
        scp=_levels(policies.get("scp"), "scp"),
        rcp=_levels(policies.get("rcp"), "rcp"),
        endpoint=endpoint[0] if endpoint else None,
    )


def _kind(actions: list[Any]) -> str:
    """What the resource's policy is: a role's, where every action is one of STS."""
    for action in actions:
        if not isinstance(action, str) or action[:4].lower() != "sts:":
            return "resource"
    return "trust"


def _layer(value: Any, kind: str, name: str) -> list[Policy]:
    if value is None:
        return []
    documents = value if isinstance(value, list) else [value]
    found = []
    for index, document in enumerate(documents):
        try:
            found.append(_policy(document, kind))
        except PolicyError as error:
            place = f"policies.{name}[{index}]" if isinstance(value, list) else f"policies.{name}"
            path = f"{place}.{error.path}" if error.path else place
            raise PolicyError(path, error.reason, error.suggestion, code=error.code) from error
    return found


def _levels(value: Any, kind: str) -> list[list[Policy]]:
    if value is None:
        return []
    levels = value if isinstance(value, list) else [value]
    return [_layer(level, kind, kind) for level in levels]


def _policy(document: Any, kind: Any) -> Policy:
    if not isinstance(document, OBJECTS):
        raise PolicyError("", "a policy must be a JSON object")
    try:
        # A sixth of the time that json takes. Version 2 has no references: equal policies are
        # written alike.
        written = marshal.dumps(document, 2)  # type: ignore[arg-type]
    except ValueError:  # no plain data
        return parse_policy(document, kind=kind)
    return _parsed(written, kind)


@lru_cache(maxsize=1024)
def _parsed(written: bytes, kind: Any) -> Policy:
    """Rows often share policies: each is parsed once."""
    return parse_policy(marshal.loads(written), kind=kind)  # noqa: S302  (our own bytes)
