"""A list of sets of service accounts, without those that others of the list hold."""

from __future__ import annotations

from collections.abc import Sequence

from .budget import Budget, BudgetSpentError
from .subject_patterns import SubjectPatterns
from .subject_search import Clause
from .subjects import Subjects


def widest(listed: Sequence[Subjects], budget: Budget) -> list[Subjects]:
    """The sets, each once, without those that are surely within another one."""
    if len(listed) == 1:
        return list(listed)
    items = list(dict.fromkeys(listed))
    if _EVERYBODY in items:
        return [_EVERYBODY]
    wide = [
        number
        for number, item in enumerate(items)
        if not item.clause.unless and len(item.clause.choices) < 2 and item.name is None
    ]
    if not wide:
        return items
    patterns = SubjectPatterns(_pattern(items[number]) for number in wide)
    provided = [frozenset(item.provided) for item in items]
    within: list[set[int]] = []
    try:
        for number, item in enumerate(items):
            ends = 0
            for choice in item.clause.choices or (("*",),):
                ends |= patterns.covering(choice[0], budget)
            found = (wide[other] for other in patterns.places.ended(ends))
            within.append({other for other in found if provided[other] <= provided[number]})
            budget.spend(len(within[-1]))
    except BudgetSpentError:
        return items
    return [
        item
        for number, item in enumerate(items)
        # Of two that hold each other, the first stays.
        if not any(
            other < number or number not in within[other] for other in within[number] - {number}
        )
    ]


_EVERYBODY = Subjects(Clause(()))


def _pattern(item: Subjects) -> str:
    return item.clause.choices[0][0] if item.clause.choices else "*"
