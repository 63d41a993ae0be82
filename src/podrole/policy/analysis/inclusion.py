"""Sets of texts that patterns draw: whether one surely holds another, whether two may meet.

Both answers lean to one side. `within` says yes only where it is shown, `meets` says no only where
that is shown; so what is built on them may call a policy wider than it is, never narrower.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import groupby

from podrole.policy.budget import Budget
from podrole.policy.patterns import ANY, ONE, Pattern, glob, literal, split
from podrole.policy.side_by_side import SideBySide
from podrole.policy.variables import variables_in

_ALL: Pattern = (ANY,)
#: In the first five parts of an ARN: wildcards that stay within their part.
_ANY_IN_PART = object()
_ONE_IN_PART = object()
_WITHIN_PART = {ANY: _ANY_IN_PART, ONE: _ONE_IN_PART}
_PARTS = 6


class Shape(Enum):
    """How texts are compared with a pattern."""

    TEXT = "as a whole"
    ARN = "six parts, each by itself: the Arn operators"
    RESOURCE = "as an ARN, but a star at the end may run past colons: the Resource element"


@dataclass(frozen=True)
class Variable:
    """A policy variable in a pattern: some text, the same wherever it stands in one request."""

    text: str


def pattern(text: str, *, wild: bool = True, variables: bool = True) -> Pattern:
    """The pattern of a policy's text, its variables kept as they are.

    `wild` says whether `*` and `?` are wildcards, `variables` whether `${…}` is a variable.
    """
    make = glob if wild else literal
    found: list[object] = []
    end = 0
    for match in variables_in(text) if variables else ():
        found += [*make(text[end : match.start()]), Variable(match[0])]
        end = match.end()
    found += make(text[end:])
    return tuple(found)


class Patterns:
    """Several patterns of one shape, compared with others all at once."""

    def __init__(self, patterns: Sequence[Pattern], shape: Shape) -> None:
        self._patterns, self._shape = patterns, shape

    def covering(self, narrow: Pattern, budget: Budget) -> set[int]:
        """The numbers of the patterns that surely fit whatever fits this one.

        A walk over `narrow` as if that were a text: its star is taken only by a star, its question
        mark only by a star or a question mark, a variable by a star or by the same variable.
        Raises BudgetSpentError.
        """
        found = set(self._same.get(narrow, ()))
        if self._literal:
            budget.spend(1)
            return found  # a pattern without wildcards covers itself alone
        if self._shape is Shape.RESOURCE:
            found.update(self._same.get(_ALL, ()))
        symbols = _compared(narrow, self._shape, wide=False)
        if symbols is None:
            return found
        walk, numbers = self._covering
        budget.spend(walk.side_by_side.cost * (1 + len(symbols)))
        return found.union(numbers[number] for number in walk.along(symbols))

    @cached_property
    def _covering(self) -> tuple[_Walk, list[int]]:
        found = [
            (_compared(item, self._shape, wide=True), n) for n, item in enumerate(self._patterns)
        ]
        comparable = [(symbols, number) for symbols, number in found if symbols is not None]
        return _Walk([symbols for symbols, _ in comparable]), [number for _, number in comparable]

    @cached_property
    def _literal(self) -> bool:
        return not any(ANY in item or ONE in item for item in self._patterns)

    @cached_property
    def _same(self) -> dict[Pattern, list[int]]:
        found: dict[Pattern, list[int]] = {}
        for number, item in enumerate(self._patterns):
            found.setdefault(item, []).append(number)
        return found

    def meeting(self, other: Pattern, budget: Budget) -> set[int]:
        """The numbers of the patterns that some text may fit together with this one.

        A variable may be any text; parts count for nothing. Raises BudgetSpentError.
        """
        symbols = _loose(other)
        budget.spend(self._meeting.side_by_side.cost * (1 + len(symbols)))
        return self._meeting.along(symbols)

    @cached_property
    def _meeting(self) -> _Meeting:
        return _Meeting([_loose(item) for item in self._patterns])


class _Walk:
    """Patterns that another one is read by, as if it were a text."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.side_by_side = SideBySide(patterns)
        mask = self.side_by_side.mask
        self._star, self._long = mask(ANY, _ANY_IN_PART), mask(ANY)
        self._one, self._any_one = mask(ONE), mask(ONE, _ONE_IN_PART)

    def along(self, symbols: Pattern) -> set[int]:
        star = self._star
        places = self.side_by_side.starts
        places |= (places & star) << 1
        for symbol in symbols:
            takes, loops = self._taking(symbol)
            places = (places & takes) << 1 | places & loops
            places |= (places & star) << 1
            if not places:
                break
        return set(self.side_by_side.ended(places))

    def _taking(self, symbol: object) -> tuple[int, int]:
        """The places that a symbol leads to the next one from, and the stars that it stays at."""
        if symbol is ANY:
            return 0, self._long
        if symbol is _ANY_IN_PART:
            return 0, self._star
        if symbol is ONE:
            return self._one, self._long
        if symbol is _ONE_IN_PART:
            return self._any_one, self._star
        same = self.side_by_side.masks.get(symbol, 0)
        if isinstance(symbol, Variable):
            return same, self._long
        if symbol == ":":
            return same | self._one, self._long
        return same | self._any_one, self._star


class _Meeting:
    """Patterns that are read together with another one, along all texts at once."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.side_by_side = SideBySide(patterns)
        self._star, self._one = self.side_by_side.mask(ANY), self.side_by_side.mask(ONE)
        self._symbols = (1 << self.side_by_side.width) - 1 & ~self.side_by_side.ends

    def along(self, symbols: Pattern) -> set[int]:
        star, all_of_them = self._star, self._symbols
        places = self.side_by_side.starts
        places |= (places & star) << 1
        for symbol in symbols:
            if symbol is ANY:
                # It takes what the others hold from here on: one carry runs to each one's end.
                places |= ((places & all_of_them) + all_of_them) ^ all_of_them
                continue
            takes = (
                all_of_them if symbol is ONE else self.side_by_side.masks.get(symbol, 0) | self._one
            )
            places = (places & takes & ~star) << 1 | places & star
            places |= (places & star) << 1
            if not places:
                break
        return set(self.side_by_side.ended(places))


def _compared(pattern: Pattern, shape: Shape, *, wide: bool) -> Pattern | None:
    """The symbols to compare; None where nothing but the same pattern, or a star, may be said."""
    if shape is Shape.TEXT:
        return _ordered(pattern)
    pieces = split(pattern, _PARTS)
    if any(isinstance(symbol, Variable) for piece in pieces[:-1] for symbol in piece):
        return None  # a variable may bring colons of its own before the last part
    if len(pieces) < _PARTS:
        # `*` has one part: it means calls without a resource too, so that only itself covers it.
        open_end = bool(pieces[-1]) and pieces[-1][-1] is ANY
        if not (wide and shape is Shape.RESOURCE and open_end):
            return None
    found: list[object] = []
    for piece in pieces[:-1]:
        found += [*(_WITHIN_PART.get(symbol, symbol) for symbol in _ordered(piece)), ":"]
    return (*found, *_ordered(pieces[-1]))


def _ordered(pattern: Pattern) -> Pattern:
    """The pattern with `*?` and `?*` written alike, the star last and once."""
    found: list[object] = []
    for wild, run in groupby(pattern, key=lambda symbol: symbol is ANY or symbol is ONE):
        symbols = list(run)
        if wild and ANY in symbols:
            symbols = [*(symbol for symbol in symbols if symbol is ONE), ANY]
        found += symbols
    return tuple(found)


def _loose(pattern: Pattern) -> Pattern:
    """The pattern with a star for each variable."""
    return _ordered(tuple(ANY if isinstance(item, Variable) else item for item in pattern))


@dataclass(frozen=True)
class PatternSet:
    """The texts that fit one of the patterns; as a complement, all the others."""

    patterns: tuple[Pattern, ...]
    complement: bool
    shape: Shape


class Comparison:
    """Sets, each compared with each of some others; all of one shape.

    `within`: for each of the sets, the others that surely hold all of it, as bits by number.
    `meets`: for each of the sets, the others that it may have a text in common with. Raises
    BudgetSpentError: it was not decided.
    """

    def __init__(
        self, ones: Sequence[PatternSet], others: Sequence[PatternSet], budget: Budget
    ) -> None:
        self.within: list[int] = []
        self.meets: list[int] = []
        everyone = (1 << len(others)) - 1
        complements = _bits(others, lambda item: item.complement)
        with_all = _bits(others, lambda item: _ALL in item.patterns)
        theirs = _Owned(others, budget)
        mine = _Owned([item if item.complement else _NOTHING for item in ones], budget)
        for one in ones:
            within, meets = everyone, 0
            if one.complement:
                within, meets = with_all & ~complements, complements & ~with_all
                if _ALL in one.patterns:
                    meets = 0
                self.within.append(within)
                self.meets.append(meets)
                continue
            for item in one.patterns:
                covering, meeting = theirs.covering(item), theirs.meeting(item)
                within &= covering & ~complements | complements & ~meeting
                meets |= meeting & ~complements | complements & ~covering
            self.within.append(within)
            self.meets.append(meets)
        if not any(item.complement for item in ones):
            return
        for index, other in enumerate(others):
            # The exceptions of the sets that hold all, or not all, of the other's patterns.
            all_of_them, some_left = -1, 0
            for item in other.patterns:
                covering = mine.covering(item)
                all_of_them &= covering
                some_left |= ~covering
            for number, one in enumerate(ones):
                if not one.complement:
                    continue
                if other.complement and all_of_them >> number & 1:
                    self.within[number] |= 1 << index
                if not other.complement and some_left >> number & 1:
                    self.meets[number] |= 1 << index


class _Owned:
    """The patterns of several sets, side by side; answers are bits by the number of the set."""

    def __init__(self, sets: Sequence[PatternSet], budget: Budget) -> None:
        self._budget = budget
        self._owner = [number for number, item in enumerate(sets) for _ in item.patterns]
        shape = next((item.shape for item in sets if item.patterns), Shape.TEXT)
        self._patterns = Patterns([one for item in sets for one in item.patterns], shape)

    def covering(self, narrow: Pattern) -> int:
        return self._owners(self._patterns.covering(narrow, self._budget))

    def meeting(self, other: Pattern) -> int:
        return self._owners(self._patterns.meeting(other, self._budget))

    def _owners(self, numbers: set[int]) -> int:
        self._budget.spend(len(numbers))
        found = 0
        for number in numbers:
            found |= 1 << self._owner[number]
        return found


_NOTHING = PatternSet((), False, Shape.TEXT)


def _bits(sets: Sequence[PatternSet], test: Callable[[PatternSet], bool]) -> int:
    return sum(1 << number for number, item in enumerate(sets) if test(item))
