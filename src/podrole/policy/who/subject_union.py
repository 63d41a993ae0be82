"""A list of sets of service accounts, without those that others of the list hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from podrole.policy.budget import Budget, BudgetSpentError
from podrole.policy.subjects.patterns import SubjectPatterns
from podrole.policy.subjects.search import Clause
from podrole.policy.subjects.subjects import Subjects


def widest(listed: Sequence[Subjects], budget: Budget) -> list[Subjects]:
    """The sets, each once, without those that are surely within another one."""
    if len(listed) == 1:
        return list(listed)
    items = list(dict.fromkeys(listed))
    if _EVERYONE in items:
        return [_EVERYONE]
    wide = [
        number
        for number, item in enumerate(items)
        if not item.clause.unless and len(item.clause.choices) < 2 and item.name is None
    ]
    if not wide:
        return items
    patterns = _Wide([_patterns(items[number])[0] for number in wide], budget)
    provided = [frozenset(item.provided) for item in items]
    within: list[set[int]] = []
    try:
        for number, item in enumerate(items):
            found = {wide[other] for one in _patterns(item) for other in patterns.covering(one)}
            within.append({other for other in found if provided[other] <= provided[number]})
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


_EVERYONE = Subjects(Clause(()))


def _patterns(item: Subjects) -> list[str]:
    """The patterns of a set, of which a subject fits all."""
    return [choice[0] for choice in item.clause.choices] or ["*"]


class _Wide:
    """Patterns that may cover others: told apart by the text before their first wildcard."""

    def __init__(self, patterns: Sequence[str], budget: Budget) -> None:
        self._patterns, self._budget = patterns, budget
        self._same: dict[str, list[int]] = {}
        self._by_head: Counter[str] = Counter()
        for number, item in enumerate(patterns):
            self._same.setdefault(item, []).append(number)
            self._by_head[_head(item)] += 1
        self._lengths = sorted(set(map(len, self._by_head)))

    def covering(self, pattern: str) -> set[int]:
        """The numbers of the patterns that surely fit what fits this one."""
        head = _head(pattern)
        found, others = set(self._same.get(pattern, ())), 0
        for length in self._lengths:
            if length > len(head):
                break
            found.update(self._same.get(f"{head[:length]}*", ()))
            others += self._by_head[head[:length]]
        if others > len(found):
            ends = self._side_by_side.covering(pattern, self._budget)
            found.update(self._side_by_side.places.ended(ends))
        self._budget.spend(1 + len(found))
        return found

    @cached_property
    def _side_by_side(self) -> SubjectPatterns:
        return SubjectPatterns(self._patterns)


def _head(pattern: str) -> str:
    return _WILDCARD.split(pattern, maxsplit=1)[0]


_WILDCARD = re.compile("[*?]")
