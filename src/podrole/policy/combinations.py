"""Several conditions on `sub` at once: which of their patterns, one of each, some subject fits.

A statement with conditions of 14 values under each of four operators has 38,416 combinations. Most
of them nobody fits, or others hold them: those are never made. Where too many remain, the list
ends, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .budget import Budget, BudgetSpentError
from .side_by_side import bits_of
from .subject_patterns import SubjectPatterns, wild
from .subject_search import Choice, Clause, find_subject
from .subjects import Provided, Subjects

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
    """The set, None if surely nobody is in it and in none of the refused; marked if undecided."""
    if any(not clause.choices and not clause.unless for clause in refused):
        return None
    share = budget.part(STEPS_OF_A_SEARCH)
    try:
        found = find_subject(wanted.clause, refused, share)
    except BudgetSpentError:
        return replace(wanted, decided=False)
    finally:
        budget.spent += share.spent
    return None if found is None else wanted


class _Refusing:
    """What the exceptions of a statement leave of its combinations."""

    def __init__(self, unless: Choice, budget: Budget) -> None:
        self._unless, self._budget = unless, budget
        self._patterns = SubjectPatterns(unless)

    def rest(self, fits: Choice, provided: Provided) -> Subjects | None:
        """The combination with the exceptions that concern it; None if nobody is left."""
        whole = Subjects(Clause(tuple((item,) for item in fits)), provided)
        name = whole.name
        if not self._unless and (name is not None or len(fits) < 3):
            return whole
        try:
            if name is not None:
                return None if self._patterns.fitting(name, self._budget) else whole
            if len(fits) > 2:
                decided = decide(whole, (), self._budget)
                if decided is None:
                    return None
                whole = decided
            if not self._unless:
                return whole
            met = self._patterns.places.ends
            for item in fits:
                if self._patterns.covering(item, self._budget):
                    return None
                met &= self._patterns.meeting(item, self._budget)
        except BudgetSpentError:
            return replace(whole, clause=replace(whole.clause, unless=self._unless), decided=False)
        if not met:
            return whole
        unless = tuple(self._unless[number] for number in self._patterns.places.ended(met))
        whole = replace(whole, clause=replace(whole.clause, unless=unless))
        return decide(whole, (), self._budget)


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
    """A combination that is not yet complete.

    Attributes:
        level: how many choices it has.
        chosen: the patterns of it, by number.
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
        self._patterns = list(dict.fromkeys(item for choice in choices for item in choice))
        number = {item: index for index, item in enumerate(self._patterns)}
        side_by_side = SubjectPatterns(self._patterns)
        ended = side_by_side.places.ended
        self._meets, self._covers = (
            [sum(1 << index for index in ended(find(item, budget))) for item in self._patterns]
            for find in (side_by_side.meeting, side_by_side.covering)
        )
        masks = [sum(1 << number[item] for item in dict.fromkeys(choice)) for choice in choices]
        # Few branches first.
        self._choices = sorted(map(self._widest, masks), key=int.bit_count)

    def _widest(self, choice: int) -> int:
        """A choice without the patterns that another one of it covers."""
        for number in bits_of(choice):
            others = self._covers[number] & choice & ~(1 << number)
            # Of two that cover each other, the first stays.
            if any(
                other < number or not self._covers[other] >> number & 1 for other in bits_of(others)
            ):
                choice &= ~(1 << number)
        return choice

    def combinations(self) -> Iterator[Choice]:
        """Patterns that meet two by two, one of each choice; what covers another is left out."""
        waiting = [_Partial(0, (), (1 << len(self._patterns)) - 1)]
        while waiting:
            partial = waiting.pop()
            self._budget.spend(1 + len(partial.chosen))
            if partial.level == len(self._choices):
                yield tuple(self._patterns[number] for number in sorted(partial.chosen))
                continue
            waiting += reversed(list(self._longer(partial)))

    def _longer(self, partial: _Partial) -> Iterator[_Partial]:
        choice, level = self._choices[partial.level], partial.level + 1
        if any(self._covers[number] & choice for number in partial.chosen):
            yield _Partial(level, partial.chosen, partial.may)
            return
        for number in bits_of(choice & partial.may):
            may = partial.may & self._meets[number]
            if all(other & may for other in self._choices[level:]):
                kept = [one for one in partial.chosen if not self._covers[number] >> one & 1]
                yield _Partial(level, (*kept, number), may)
