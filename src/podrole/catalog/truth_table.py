"""Run a policy's truth table through the decision engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from podrole.catalog.formats.document import filled
from podrole.catalog.parameters import fill
from podrole.catalog.snippet import Case, Snippet
from podrole.policy import Decision, Policy, PolicySet, Request, authorize, parse_policy


@dataclass(frozen=True)
class Verdict:
    """One row, decided."""

    name: str
    principal: str
    actions: tuple[str, ...]
    resource: str
    context: Mapping[str, Any]
    expected: str
    effect: str
    why: str  # the author's reason
    decision: Decision  # of the first action that is not allowed, else of the last

    @property
    def holds(self) -> bool:
        """Whether the engine decides as the row expects."""
        return self.effect == self.expected

    @property
    def allowed(self) -> bool:
        """Whether the request is allowed."""
        return self.effect == "allow"


def compiled(
    snippet: Snippet, values: Mapping[str, str], document: Mapping[str, Any] | None = None
) -> Policy:
    """The snippet's policy, or a changed `document` of it, filled and parsed.

    Raises PolicyError for what is no policy.
    """
    kind: Any = snippet.layer
    body = filled(document or snippet.body, values)
    return parse_policy(body, kind=kind, name=snippet.id)


def requests(case: Case, values: Mapping[str, str]) -> list[Request]:
    """What a case asks, an action at a time."""
    request = filled(case.request, values)
    return [
        Request(
            principal=request["principal"],
            action=action,
            resource=request["resource"],
            resource_account=request.get("resource_account"),
            context=request["context"],
        )
        for action in request["actions"]
    ]


def holds(
    snippet: Snippet,
    case: Case,
    asked: Sequence[Request],
    policy_of: Callable[[str], Policy],
) -> bool:
    """Whether the engine decides a case's `requests` as the table says; no trace is kept."""
    return _decided(snippet, case, asked, policy_of, explain=False).effect == case.expect


def decide(
    snippet: Snippet,
    case: Case,
    values: Mapping[str, str],
    policy_of: Callable[[str], Policy],
) -> Verdict:
    """Decide one case; all of its actions must pass. `policy_of` gives a companion by its id."""
    asked = requests(case, values)
    decision = _decided(snippet, case, asked, policy_of, explain=True)
    return Verdict(
        name=fill(case.name, values),
        principal=asked[0].principal,
        actions=tuple(request.action for request in asked),
        resource=asked[0].resource,
        context=asked[0].context,
        expected=case.expect,
        effect=decision.effect,
        why=case.why,
        decision=decision,
    )


def _decided(
    snippet: Snippet,
    case: Case,
    asked: Sequence[Request],
    policy_of: Callable[[str], Policy],
    *,
    explain: bool,
) -> Decision:
    """The decision on the first request that is not allowed, else on the last."""
    policies = _policy_set(snippet, case, policy_of)
    for request in asked:
        decision = authorize(request, policies, explain=explain)
        if not decision.allowed:
            break
    return decision


def _policy_set(snippet: Snippet, case: Case, policy_of: Callable[[str], Policy]) -> PolicySet:
    layers: dict[str, list[Policy]] = {}
    for layer, names in [*case.companions.items(), (snippet.layer or "", (snippet.id,))]:
        slot = "resource" if layer == "trust" else layer
        layers.setdefault(slot, []).extend(policy_of(name) for name in names)
    return PolicySet(
        identity=layers.get("identity", ()),
        resource=layers["resource"][0] if layers.get("resource") else None,
        boundary=layers.get("boundary") or None,
        session=layers.get("session") or None,
        scp=[[policy] for policy in layers.get("scp", ())],
        rcp=[[policy] for policy in layers.get("rcp", ())],
    )
