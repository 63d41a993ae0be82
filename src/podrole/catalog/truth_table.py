"""Run a policy's truth table through the decision engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from podrole.policy import (
    Decision,
    Policy,
    PolicyError,
    PolicySet,
    Request,
    authorize,
    parse_policy,
)

from .error import CatalogError
from .formats import filled
from .snippet import Case, Snippet


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


def compiled(snippet: Snippet, values: Mapping[str, str]) -> Policy:
    """The snippet's policy, filled and parsed. Raises CatalogError with the file and the place."""
    kind: Any = snippet.layer
    try:
        return parse_policy(filled(snippet.body, values), kind=kind, name=snippet.id)
    except PolicyError as error:
        raise CatalogError(f"policies/{snippet.path.name}: {error}") from error


def decide(
    snippet: Snippet,
    case: Case,
    values: Mapping[str, str],
    policy_of: Callable[[str], Policy],
) -> Verdict:
    """Decide one case; all of its actions must pass. `policy_of` gives a companion by its id."""
    request = filled(case.request, values)
    policies = _policy_set(snippet, case, policy_of)
    actions: Sequence[str] = request["actions"]
    decision = None
    for action in actions:
        decision = authorize(
            Request(
                principal=request["principal"],
                action=action,
                resource=request["resource"],
                resource_account=request.get("resource_account"),
                context=request["context"],
            ),
            policies,
            explain=True,
        )
        if not decision.allowed:
            break
    assert decision is not None
    return Verdict(
        name=case.name,
        principal=request["principal"],
        actions=tuple(actions),
        resource=request["resource"],
        context=request["context"],
        expected=case.expect,
        effect=decision.effect,
        why=case.why,
        decision=decision,
    )


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
