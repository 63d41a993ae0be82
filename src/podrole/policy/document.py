"""Policies, compiled: which of their statements a call concerns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from podrole.policy.index import WORTHWHILE, PatternIndex
from podrole.policy.lazy import lazy
from podrole.policy.statement import Candidates, Statement
from podrole.policy.text_patterns import text_tester

Kind = Literal["identity", "resource", "trust", "session", "boundary", "scp", "rcp"]
#: A policy remembers which statements an action concerns, for this many actions.
_REMEMBERED_ACTIONS = 4096
#: And which of them an action on a resource does, for this many of both: a workload's own.
_REMEMBERED_CALLS = 256


@dataclass
class Policy:
    """A parsed policy. Never changed: to make it `frozen` takes three times as long."""

    document: Mapping[str, Any]
    kind: str
    name: str
    statements: tuple[Statement, ...]
    arn: str = ""  # of a managed policy or an organization's
    _by_call: dict[tuple[str, str], Sequence[Statement]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @lazy
    def allows_something(self) -> bool:
        """Whether any of its statements allows."""
        return any(item.effect == "Allow" for item in self.statements)

    @lazy
    def denies(self) -> tuple[Statement, ...]:
        """Its statements that deny."""
        return tuple(item for item in self.statements if item.effect == "Deny")

    def concerning(self, action: str, resource: str) -> Sequence[Statement]:
        """The statements that mean the action, in lowercase, and for some keys the resource."""
        found = self._by_call.get((action, resource))
        if found is None:
            found = self._found(action, resource)
            if len(self._by_call) >= _REMEMBERED_CALLS:
                self._by_call.clear()
            self._by_call[action, resource] = found
        return found

    def _found(self, action: str, resource: str) -> Sequence[Statement]:
        if len(self.statements) < WORTHWHILE:
            return [one for one in self.statements if one.concerns(action, resource)]
        candidates = self._by_action.get(action)
        if candidates is None:
            numbers = self._action_index.find(action)
            candidates = Candidates([self.statements[number] for number in numbers])
            if len(self._by_action) < _REMEMBERED_ACTIONS:
                self._by_action[action] = candidates
        return [one for one in candidates.among(resource) if one.concerns(action, resource)]

    @lazy
    def _by_action(self) -> dict[str, Candidates]:
        return {}

    @lazy
    def _action_index(self) -> PatternIndex:
        index = PatternIndex()
        for number, statement in enumerate(self.statements):
            if statement.not_action:
                index.add_test(lambda action, item=statement: item.names_action(action), number)  # type: ignore[misc]
                continue
            for wanted in statement.actions:
                index.add(wanted, number, text_tester)
        return index
