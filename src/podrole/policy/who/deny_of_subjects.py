"""What the Deny statements of a trust policy take from those whom others admit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from podrole.policy.budget import Budget, BudgetSpentError
from podrole.policy.side_by_side import mask_of
from podrole.policy.subjects.patterns import SubjectPatterns
from podrole.policy.subjects.search import Clause
from podrole.policy.subjects.subjects import Subjects
from podrole.policy.who.combinations import combinations, decide, someone


class Denied:
    """Deny statements, each a set of subjects, against the sets that other statements admit."""

    def __init__(self, denied: Sequence[Subjects], budget: Budget) -> None:
        self._denied, self._budget = denied, budget
        number: dict[str, int] = {}
        for item in denied:
            for pattern in _patterns(item.clause):
                number.setdefault(pattern, len(number))
        self._patterns = SubjectPatterns(number)
        ends = self._patterns.places.end_of
        self._end = {pattern: ends[index] for pattern, index in number.items()}
        sure = [item.clause for item in denied if not item.provided]
        self._sure = [(clause, *self._masks(clause)) for clause in sure]
        self._left: list[Subjects] = []
        #: The ends of the patterns that someone who is left may fit.
        self._met = 0

    def left(self, subjects: Sequence[Subjects]) -> list[Subjects]:
        """The sets that are not surely denied whole."""
        self._left = [left for item in subjects if (left := self._rest(item)) is not None]
        return self._left

    def _rest(self, item: Subjects) -> Subjects | None:
        name = item.name
        try:
            if name is not None:
                met = covered = self._patterns.fitting(name, self._budget)
            else:
                met, covered = self._patterns.places.ends, 0
                for choice in item.clause.choices or (("*",),):
                    covered |= self._patterns.covering(choice[0], self._budget)
                    met &= self._patterns.meeting(choice[0], self._budget)
        except BudgetSpentError:
            self._met = self._patterns.places.ends
            return replace(item, decided=False)
        refused = []
        for clause, choices, unless in self._sure:
            if _each(choices, covered) and not (unless & met):
                return None
            # Of one subject that is all; several may be denied by several statements together.
            if name is None and _each(choices, met):
                refused.append(clause)
        left = item if not refused or self._spares(item) else decide(item, refused, self._budget)
        if left is not None:
            self._met |= met
        return left

    def _spares(self, item: Subjects) -> bool:
        """Whether the first subject of a set that comes to mind is denied by none."""
        name = someone(item.clause, self._budget)
        try:
            fitted = 0 if name is None else self._patterns.fitting(name, self._budget)
        except BudgetSpentError:
            return False
        return name is not None and not any(
            _each(choices, fitted) and not unless & fitted for _, choices, unless in self._sure
        )

    def concerning(self) -> Iterator[Subjects]:
        """The denied sets that may take someone from those that were left, each once."""
        found: dict[Subjects, None] = {}
        for statement in self._denied:
            if _each(self._masks(statement.clause)[0], self._met):
                listed, complete = combinations(statement, self._budget)
                found.update(dict.fromkeys(listed if complete else (statement,)))
        for item in found:
            if _each(self._masks(item.clause)[0], self._met) and self._takes(item):
                yield item

    def _takes(self, denied: Subjects) -> bool:
        """Whether someone who is left may be in a denied set; False only where that is shown."""
        if not denied.clause.unless:
            return True
        for item in self._left:
            choices = item.clause.choices + denied.clause.choices
            both = Subjects(Clause(choices, item.clause.unless + denied.clause.unless))
            if decide(both, (), self._budget) is not None:
                return True
        return False

    def _masks(self, clause: Clause) -> tuple[list[int], int]:
        """The ends of the patterns of each choice, and of those that except someone."""
        return [self._ends(choice) for choice in clause.choices], self._ends(clause.unless)

    def _ends(self, patterns: Sequence[str]) -> int:
        return mask_of([self._end[item] for item in patterns], self._patterns.places.width)


def _each(choices: Sequence[int], ends: int) -> bool:
    return all(choice & ends for choice in choices)


def _patterns(clause: Clause) -> Iterator[str]:
    for choice in clause.choices:
        yield from choice
    yield from clause.unless
