"""Several conditions on `sub` at once: which of their patterns, one of each, some subject fits.

A statement with conditions of 14 values under each of four operators has 38,416 combinations. Most
of them nobody fits, or others hold them: those are never made. Where too many remain, the list
ends, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from podrole.policy.budget import Budget, BudgetSpentError
from podrole.policy.side_by_side import bits_of, mask_of
from podrole.policy.subjects.patterns import SubjectPatterns
from podrole.policy.subjects.search import Choice, Clause, find_subject
from podrole.policy.subjects.subjects import Provided, Subjects
from podrole.policy.text_patterns import wild

#: A longer list nobody reads, and a script asks `authorize`.
MOST_COMBINATIONS = 256
#: For one combination, whether anyone is in it.
STEPS_OF_A_SEARCH = 20_000


def combinations(subjects: Subjects, budget: Budget) -> tuple[list[Subjects], bool]:
    """The set as sets of one pattern for each choice, and whether these are all of it."""
    choices, unless = subjects.clause.choices, subjects.clause.unless
    if len(choices) < 2 and not unless:
        single = [((item,),) for item in choices[0]] if choices else [()]
        return [Subjects(Clause(item), subjects.provided) for item in single], True
    found, complete = _expanded(choices, budget)
    refusing = _Refusing(unless, budget)
    listed = (refusing.rest(fits, subjects.provided) for fits in found)
    return [item for item in listed if item is not None], complete


def decide(wanted: Subjects, refused: Sequence[Clause], budget: Budget) -> Subjects | None:
    """The set; None if surely nobody is in it and in none of the refused; marked if undecided."""
    if any(not clause.choices and not clause.unless for clause in refused):
        return None
    try:
        found = _search(wanted.clause, refused, budget)
    except BudgetSpentError:
        return replace(wanted, decided=False)
    return None if found is None else wanted


def someone(clause: Clause, budget: Budget) -> str | None:
    """A subject of a clause, found without much ado; None where that is not so easy."""
    try:
        return _search(clause, (), budget)
    except BudgetSpentError:
        return None


def _search(wanted: Clause, refused: Sequence[Clause], budget: Budget) -> str | None:
    share = budget.part(STEPS_OF_A_SEARCH)
    try:
        return find_subject(wanted, refused, share)
    finally:
        budget.spent += share.spent


class _Refusing:
    """What the exceptions of a statement leave of its combinations."""

    def __init__(self, unless: Choice, budget: Budget) -> None:
        self._unless, self._budget = unless, budget
        self._patterns = SubjectPatterns(unless)

    def rest(self, fits: Choice, provided: Provided) -> Subjects | None:
        """The combination with the exceptions that concern it; None if nobody is left."""
        clause = Clause(tuple((item,) for item in fits))
        try:
            met = self._met(fits)
        except BudgetSpentError:
            return Subjects(replace(clause, unless=self._unless), provided, decided=False)
        if met is None:
            return None
        if not met and (len(fits) < 3 or not wild(fits[0])):
            return Subjects(clause, provided)  # of two it is known that they meet
        unless = tuple(self._unless[number] for number in self._patterns.places.ended(met))
        left = Subjects(replace(clause, unless=unless), provided)
        name = someone(clause, self._budget) if unless else None
        try:
            if name is not None and not self._patterns.fitting(name, self._budget):
                return left
        except BudgetSpentError:
            pass
        return decide(left, (), self._budget)

    def _met(self, fits: Choice) -> int | None:
        """The ends of the exceptions that concern a combination; None if one holds all of it."""
        if not self._unless:
            return 0
        if fits and not wild(fits[0]):
            return None if self._patterns.fitting(fits[0], self._budget) else 0
        met = self._patterns.places.ends
        for item in fits:
            if self._patterns.covering(item, self._budget):
                return None
            met &= self._patterns.meeting(item, self._budget)
        return met


def _expanded(choices: Sequence[Choice], budget: Budget) -> tuple[list[Choice], bool]:
    if len(choices) < 2:
        return ([(item,) for item in choices[0]] if choices else [()]), True
    found: dict[Choice, None] = {}
    try:
        for name in _names(choices, budget):
            found[(name,)] = None
        patterns = [tuple(filter(wild, choice)) for choice in choices]
        most = len(found) + MOST_COMBINATIONS
        for combination in _Product(patterns, budget).combinations() if all(patterns) else ():
            if len(found) == most and combination not in found:
                return list(found), False
            found[combination] = None
    except BudgetSpentError:
        return list(found), False
    return list(found), True


def _names(choices: Sequence[Choice], budget: Budget) -> Iterator[str]:
    """The subjects that one choice names in full and all choices admit."""
    names = [item for choice in choices for item in choice if not wild(item)]
    if names:
        patterns = [SubjectPatterns(choice) for choice in choices]
        for name in dict.fromkeys(names):
            if all(item.fitting(name, budget) for item in patterns):
                yield name


@dataclass(frozen=True)
class _Partial:
    """A combination that is not yet complete; patterns are told by their ends.

    Attributes:
        level: how many choices it has.
        chosen: its patterns.
        may: the patterns that each of them meets.
    """

    level: int
    chosen: tuple[int, ...]
    may: int


class _Product:
    """The product of choices of patterns with wildcards, made as it is asked for.

    Two tables say of each pattern which others it meets and which cover it, so that what cannot be,
    and what adds nothing, is left out before its successors are made.
    """

    def __init__(self, choices: Sequence[Choice], budget: Budget) -> None:
        self._budget = budget
        patterns = list(dict.fromkeys(item for choice in choices for item in choice))
        side_by_side = SubjectPatterns(patterns)
        places = side_by_side.places
        self._pattern = dict(zip(places.end_of, patterns, strict=True))
        self._meets, self._covers = (
            {end: find(item, budget) for end, item in self._pattern.items()}
            for find in (side_by_side.meeting, side_by_side.covering)
        )
        end_of = {item: end for end, item in self._pattern.items()}
        masks = [mask_of([end_of[item] for item in choice], places.width) for choice in choices]
        # Few branches first.
        self._choices = sorted(map(self._widest, masks), key=int.bit_count)
        self._all = places.ends

    def _widest(self, choice: int) -> int:
        """A choice without the patterns that another one of it covers."""
        for end in bits_of(choice):
            others = bits_of(self._covers[end] & choice & ~(1 << end))
            self._budget.spend(len(others))
            # Of two that cover each other, the first stays.
            if any(other < end or not self._covers[other] >> end & 1 for other in others):
                choice &= ~(1 << end)
        return choice

    def combinations(self) -> Iterator[Choice]:
        """Patterns that meet two by two, one of each choice; what covers another is left out.

        Raises BudgetSpentError.
        """
        waiting = [_Partial(0, (), self._all)]
        while waiting:
            partial = waiting.pop()
            self._budget.spend(1 + len(partial.chosen))
            if partial.level == len(self._choices):
                yield tuple(self._pattern[end] for end in sorted(partial.chosen))
                continue
            waiting += reversed(list(self._longer(partial)))

    def _longer(self, partial: _Partial) -> Iterator[_Partial]:
        choice, level = self._choices[partial.level], partial.level + 1
        if any(self._covers[end] & choice for end in partial.chosen):
            yield _Partial(level, partial.chosen, partial.may)
            return
        for end in bits_of(choice & partial.may):
            self._budget.spend(1)
            may = partial.may & self._meets[end]
            if all(other & may for other in self._choices[level:]):
                kept = [one for one in partial.chosen if not self._covers[end] >> one & 1]
                yield _Partial(level, (*kept, end), may)
