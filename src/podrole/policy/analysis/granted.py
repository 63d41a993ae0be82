"""Whether a policy may allow certain actions on certain resources: `CheckAccessNotGranted`.

A statement with conditions counts as granting: some request may fulfil them. A Deny counts where it
surely applies to all that the statement and the question have in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from podrole.policy.analysis.containment import STEPS, STEPS_OF_A_GRANT
from podrole.policy.analysis.grants import (
    Entry,
    Grant,
    action_entries,
    actions_of,
    compared,
    resource_entries,
    resources_of,
    words,
)
from podrole.policy.analysis.implication import all_implied
from podrole.policy.analysis.inclusion import Comparison, PatternSet, Shape, pattern
from podrole.policy.analysis.principal_set import covers_principals
from podrole.policy.budget import Budget, BudgetSpentError
from podrole.policy.document import Policy
from podrole.policy.patterns import glob
from podrole.policy.side_by_side import bits_of
from podrole.policy.statement import Statement


def granted(
    policy: Policy,
    actions: Sequence[str],
    resources: Sequence[str],
    budget: Budget | None = None,
) -> list[Grant]:
    """What the policy may allow of the actions on the resources; empty if surely nothing.

    `actions` and `resources` may hold wildcards. An empty one stands for all. What cannot be
    decided within the budget is reported as well.
    """
    budget = budget or Budget(STEPS)
    denies = policy.denies
    asked_actions = [Entry(_one(glob(item.lower()), Shape.TEXT), item) for item in actions or ["*"]]
    # What is asked for is no policy: a `${` in it is a text.
    asked_resources = [
        Entry(_one(pattern(item, variables=False), Shape.RESOURCE), item)
        for item in resources or ["*"]
    ]
    allows = [(n, item) for n, item in enumerate(policy.statements) if item.effect == "Allow"]
    found: list[Grant] = []
    waiting = allows
    try:
        by_action = _Asked(
            asked_actions,
            [action_entries(item) for _, item in allows],
            [actions_of(item) for item in denies],
            budget,
        )
        by_resource = _Asked(
            asked_resources,
            [resource_entries(item) for _, item in allows],
            [resources_of(item) for item in denies],
            budget,
        )
        for number, (index, statement) in enumerate(allows):
            waiting = allows[number:]
            applying = _applying(statement, denies, budget)
            for reason in _reasons(
                statement, by_action.met[number], by_resource.met[number], applying, budget
            ):
                budget.spend(STEPS_OF_A_GRANT)
                found.append(Grant(index, statement.sid, reason))
    except BudgetSpentError:
        found += [
            Grant(
                index,
                statement.sid,
                f"{statement.path}: not decided whether it allows some of it: too many combinations"
                " to compare",
            )
            for index, statement in waiting
        ]
    return found


#: What a statement and the question may have in common: an entry of the statement, one that is
#: asked for, and the Deny statements that surely hold all of it, as bits by number.
_Met = tuple[Entry, Entry, int]


class _Asked:
    """The actions, or the resources, that are asked for, beside those of each Allow.

    Attributes:
        met: for each Allow and each of its entries, what it and the question may have in common.
    """

    def __init__(
        self,
        asked: Sequence[Entry],
        allowed: Sequence[Sequence[Entry]],
        denied: Sequence[PatternSet],
        budget: Budget,
    ) -> None:
        # The denied sets first, then those asked for, in one comparison.
        others = [*denied, *(item.texts for item in asked)]
        count, held = len(denied), Comparison([item.texts for item in asked], denied, budget)
        self.met: list[list[list[_Met]]] = [
            [
                [
                    (one.entry, asked[number], one.within & (1 << count) - 1 | held.within[number])
                    for number in bits_of(one.meets >> count)
                ]
                for one in entries
            ]
            for entries in compared(allowed, others, budget)
        ]


def _applying(statement: Statement, denies: Sequence[Statement], budget: Budget) -> int:
    """The Deny statements that mean all principals and requests of an Allow, as bits."""
    return sum(
        1 << number
        for number, deny in enumerate(denies)
        if covers_principals(deny, statement)
        and all_implied(statement.conditions, deny.conditions, budget)
    )


def _reasons(
    statement: Statement,
    actions: Sequence[Sequence[_Met]],
    resources: Sequence[Sequence[_Met]],
    applying: int,
    budget: Budget,
) -> Iterator[str]:
    for some_actions, some_resources in product(actions, resources):
        budget.spend(1)
        for (action, asked, held), (resource, target, there) in product(
            some_actions, some_resources
        ):
            budget.spend(1)
            if not held & there & applying:
                part = words(statement, action, resource)
                yield f"{part} may allow {asked.words} on {target.words}"


def _one(symbols: tuple[object, ...], shape: Shape) -> PatternSet:
    return PatternSet((symbols,), False, shape)
