"""One pasted policy, checked: the decision in words, the findings, and who gets in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from podrole.policy import Decision, Policy, PolicyError, PolicySet, authorize, parse_policy
from podrole.policy.lint import lint
from podrole.policy.who import others, who
from podrole.pyodide.pasted_policy import PastedPolicy, PasteError, read_paste
from podrole.pyodide.trace_words import ASSUMED, place_of, trace_words
from podrole.pyodide.who_asks import Asked, FormError, Unfilled, asked, suggested

_NAME = "pasted"
_EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}
#: Such a policy only limits what another allows.
_LIMITS = {
    "boundary": "a permissions boundary",
    "session": "a session policy",
    "scp": "a service control policy",
    "rcp": "a resource control policy",
}
_SLOTS = {"trust": "resource"}
_PODS = "pods.eks.amazonaws.com"


def check_policy(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Check it.

    `wanted`: `policy` (text), `kind`, `ask` (a form of `who_asks`) and `beside`: layer to a list of
    `{"id": …, "kind": …, "document": …}`, the policies that speak beside the pasted one. Returns
    `kind`, `why`, `mode` (the form that fits), `answer` (None with `unfilled` or `fault` where the
    form gives none), `findings` and `who`. Raises PasteError: the text is no policy.
    """
    text, kind = wanted.get("policy"), wanted.get("kind") or "auto"
    if not isinstance(text, str) or not text.strip():
        raise PasteError("paste a policy, or pick one")
    pasted = read_paste(text, str(kind), _NAME)
    told: dict[str, Any] = {
        "kind": pasted.policy.kind,
        "why": pasted.why,
        "mode": suggested(pasted.policy),
        "answer": None,
        "findings": _findings(pasted),
        "who": _who(pasted.policy),
    }
    form = wanted.get("ask")
    try:
        found = asked(form if isinstance(form, Mapping) else {}, pasted.policy)
        return {**told, "answer": _answer(pasted, found, wanted.get("beside"))}
    except Unfilled as error:
        return {**told, "unfilled": {"field": error.field, "what": str(error)}}
    except FormError as error:
        return {**told, "fault": {"field": error.field, "message": str(error)}}


def _answer(pasted: PastedPolicy, found: Asked, beside: Any) -> dict[str, Any]:
    policies, notes = _policy_set(pasted.policy, found, beside)
    for request in found.requests:
        decision = authorize(request, policies, explain=True)
        if not decision.allowed:
            break
    notes += _hints(decision, pasted.policy.kind)
    reason = decision.reason.replace(f"{_NAME} Statement", "Statement")
    if pasted.policy.kind == "trust":
        reason = reason.replace("resource policy", "trust policy")
    return {
        "effect": decision.effect,
        "allowed": decision.allowed,
        "decidedBy": decision.decided_by,
        "reason": reason,
        "action": request.action,
        "actions": [one.action for one in found.requests],
        "request": {
            "principal": request.principal,
            "resource": request.resource,
            "context": dict(request.context),
        },
        "notes": [*found.notes, *notes],
        "trace": trace_words(decision, request, pasted.policy, pasted.prefix, pasted.source_map),
    }


def _policy_set(policy: Policy, found: Asked, beside: Any) -> tuple[PolicySet, list[str]]:
    layers: dict[str, list[Policy]] = {}
    notes = []
    for layer, entries in (beside if isinstance(beside, Mapping) else {}).items():
        for entry in entries:
            kind, name = str(entry["kind"]), str(entry["id"])
            try:
                other = parse_policy(entry["document"], kind=kind, name=name)  # type: ignore[arg-type]
            except PolicyError as error:
                raise PasteError(f"{name}: {error}") from error
            layers.setdefault(_SLOTS.get(str(layer), str(layer)), []).append(other)
            notes.append(f"decided together with {name} ({kind})")
    kind = policy.kind
    if (kind in _LIMITS or found.own) and "identity" not in layers:
        layers["identity"] = [parse_policy(_EVERYTHING, name=ASSUMED)]
        because = f"; {_LIMITS[kind]} only limits them" if kind in _LIMITS else ""
        notes.append(f"{ASSUMED}{because}")
    layers.setdefault(_SLOTS.get(kind, kind), []).append(policy)
    resource = layers.get("resource", [])
    if len(resource) > 1:
        raise PasteError("two resource policies, but a resource has only one")
    return (
        PolicySet(
            identity=layers.get("identity", ()),
            resource=resource[0] if resource else None,
            boundary=layers.get("boundary") or None,
            session=layers.get("session") or None,
            scp=[[one] for one in layers.get("scp", ())],
            rcp=[[one] for one in layers.get("rcp", ())],
        ),
        notes,
    )


def _hints(decision: Decision, kind: str) -> list[str]:
    """What is decided by a policy that is not here."""
    if decision.allowed or decision.effect == "explicit_deny":
        return []
    if kind == "identity" and decision.decided_by == "resource":
        return ["the resource's own policy must also allow this; you have not given it"]
    if kind in ("trust", "resource") and decision.decided_by == "identity":
        return ["the caller's own policies must also allow this; you have given none"]
    return []


def _findings(pasted: PastedPolicy) -> list[dict[str, Any]]:
    found = []
    for finding in lint(pasted.policy):
        place = place_of(pasted.source_map, pasted.prefix + finding.path)
        found.append({**asdict(finding), **place})
    return found


def _who(policy: Policy) -> dict[str, Any] | None:
    """Whom a trust policy admits; None for another kind."""
    if policy.kind != "trust":
        return None
    admitted = who(policy)
    return {
        "providers": [{"provider": one.provider, "sentence": one.sentence} for one in admitted],
        "pods": any(
            _PODS in statement.principal.get("Service", ())
            for statement in policy.statements
            if isinstance(statement.principal, Mapping) and statement.effect == "Allow"
        ),
        "text": "\n".join([*map(str, admitted), *others(policy)]),
    }
