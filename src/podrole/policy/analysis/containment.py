"""Whether a policy grants nothing that another does not: what `CheckNoNewAccess` asks.

Each Allow of the new policy is taken apart into one action on one resource. Such a part is no new
access if one Allow of the existing policy means its action, its resource and its principals, under
conditions that the new statement's conditions imply, and if no Deny of the existing policy that
may meet it is missing in the new one. All else is reported, also where a finer proof might exist:
a part that only several existing statements cover together, say. So an empty answer is a proof by
the rules of this engine; a finding is a question, and so is what the budget left undecided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from podrole.policy.analysis.grants import (
    Compared,
    Grant,
    action_entries,
    actions_of,
    compared,
    resource_entries,
    resources_of,
    words,
)
from podrole.policy.analysis.implication import all_implied
from podrole.policy.analysis.inclusion import Comparison, PatternSet
from podrole.policy.analysis.principal_set import covers_principals, disjoint_principals
from podrole.policy.budget import Budget, BudgetSpentError
from podrole.policy.document import Policy
from podrole.policy.side_by_side import bits_of
from podrole.policy.statement import Statement

#: Enough for two policies of AWS's largest size: on a laptop below two seconds (2026-11-28).
STEPS = 1_000_000
#: A list of thousands is no answer that anyone reads: each finding costs more than a comparison.
STEPS_OF_A_GRANT = 200
_NOT_ALLOWED = -1
#: The statements that surely hold an entry, and those that it meets, as bits by number.
_Standing = tuple[int, int]


def new_access(new: Policy, existing: Policy, budget: Budget | None = None) -> list[Grant]:
    """What the new policy may allow and the existing one may not; empty if surely nothing.

    What cannot be decided within the budget is reported as well.
    """
    budget = budget or Budget(STEPS)
    allows = [(n, item) for n, item in enumerate(new.statements) if item.effect == "Allow"]
    denies = new.denies
    found: list[Grant] = []
    waiting = allows
    try:
        beside = _Beside([item for _, item in allows], denies, existing.statements, budget)
        for number, (index, statement) in enumerate(allows):
            waiting = allows[number:]
            for reason in beside.new_parts(number):
                budget.spend(STEPS_OF_A_GRANT)
                found.append(Grant(index, statement.sid, reason))
    except BudgetSpentError:
        found += [
            Grant(
                index,
                statement.sid,
                f"{statement.path}: not decided whether the existing policy allows it: too many"
                " combinations to compare",
            )
            for index, statement in waiting
        ]
    return found


class _Beside:
    """The Allow statements of the new policy beside its Deny statements and the existing policy.

    The other statements are numbered: first the own Deny statements, then the existing policy's.
    """

    def __init__(
        self,
        allows: Sequence[Statement],
        denies: Sequence[Statement],
        existing: Sequence[Statement],
        budget: Budget,
    ) -> None:
        self._allows, self._others, self._budget = allows, [*denies, *existing], budget
        self._own = (1 << len(denies)) - 1
        formers = [
            number
            for number, item in enumerate(self._others)
            if number >= len(denies) and item.effect == "Deny"
        ]
        self._formers = sum(1 << number for number in formers)
        self._granting = (1 << len(self._others)) - 1 & ~self._own & ~self._formers
        self._actions = compared(
            [action_entries(item) for item in allows], self._sets(actions_of), budget
        )
        self._resources = compared(
            [resource_entries(item) for item in allows], self._sets(resources_of), budget
        )
        self._kept = self._within_own(formers)

    def _sets(self, of: Callable[[Statement], PatternSet]) -> list[PatternSet]:
        return [of(item) for item in self._others]

    def _within_own(self, formers: Sequence[int]) -> dict[int, tuple[int, int]]:
        """For each Deny of the existing policy, which own ones hold its actions, its resources."""
        actions, resources = (
            Comparison(
                [sets[number] for number in formers], sets[: self._own.bit_length()], self._budget
            ).within
            for sets in (self._sets(actions_of), self._sets(resources_of))
        )
        return dict(zip(formers, zip(actions, resources, strict=True), strict=True))

    def new_parts(self, number: int) -> Iterator[str]:
        """Why parts of an Allow may be new access, each in words."""
        statement = self._allows[number]
        actions, resources = self._actions[number], self._resources[number]
        conditions = _Conditions(statement, self._others, self._budget)
        # Many entries stand alike to all other statements: their parts are decided once.
        verdicts: dict[tuple[_Standing, _Standing], int] = {}
        for one, other in product(
            *({_standing(item): None for item in some} for some in (actions, resources))
        ):
            self._budget.spend(1)
            verdict = self._verdict(conditions, one, other)
            if verdict is not None:
                verdicts[one, other] = verdict
        for action, resource in product(actions, resources) if verdicts else ():
            self._budget.spend(1)
            verdict = verdicts.get((_standing(action), _standing(resource)))
            part = words(statement, action.entry, resource.entry)
            if verdict == _NOT_ALLOWED:
                yield f"no statement of the existing policy is shown to allow {part}"
            elif verdict is not None:
                path = self._others[verdict].path
                yield f"{path} of the existing policy may deny {part}, the new one may not"

    def _verdict(
        self, conditions: _Conditions, action: _Standing, resource: _Standing
    ) -> int | None:
        """The Deny that a part may lose, or that nothing allows the part; None if all is well."""
        (actions, met_actions), (resources, met_resources) = action, resource
        held = actions & resources
        if conditions.holding(held & self._own):
            return None
        if not conditions.holding(held & self._granting):
            return _NOT_ALLOWED
        for former in bits_of(met_actions & met_resources & self._formers):
            more_actions, more_resources = self._kept[former]
            keeping = (actions | more_actions) & (resources | more_resources) & self._own
            if conditions.met_by(former) and not conditions.keeping(former, keeping):
                return former
        return None


def _standing(entry: Compared) -> _Standing:
    return entry.within, entry.meets


class _Conditions:
    """One Allow beside the other statements, by principals and conditions: each pair asked once."""

    def __init__(self, statement: Statement, others: Sequence[Statement], budget: Budget) -> None:
        self._statement, self._others, self._budget = statement, others, budget
        self._held: dict[int, bool] = {}
        self._met: dict[int, bool] = {}
        self._keeping: dict[tuple[int, int], bool] = {}

    def holding(self, numbers: int) -> bool:
        """Whether one of the statements holds all principals and requests of this one."""
        return any(map(self._holds, bits_of(numbers)))

    def _holds(self, number: int) -> bool:
        if number not in self._held:
            other = self._others[number]
            self._held[number] = covers_principals(other, self._statement) and all_implied(
                self._statement.conditions, other.conditions, self._budget
            )
        return self._held[number]

    def met_by(self, former: int) -> bool:
        """Whether a Deny may mean some of the principals."""
        if former not in self._met:
            self._met[former] = not disjoint_principals(self._statement, self._others[former])
        return self._met[former]

    def keeping(self, former: int, numbers: int) -> bool:
        """Whether one of the Deny statements surely takes away all that the former one takes."""
        return any(self._keeps(former, number) for number in bits_of(numbers))

    def _keeps(self, former: int, number: int) -> bool:
        key = (former, number)
        if key not in self._keeping:
            taken, deny = self._others[former], self._others[number]
            named = covers_principals(deny, taken) or covers_principals(deny, self._statement)
            given = (*taken.conditions, *self._statement.conditions)
            self._keeping[key] = named and all_implied(given, deny.conditions, self._budget)
        return self._keeping[key]
