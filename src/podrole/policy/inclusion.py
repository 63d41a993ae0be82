"""Sets of texts that patterns draw: whether one surely holds another, whether two may meet.

Both answers lean to one side. `within` says yes only where it is shown, `meets` says no only where
that is shown; so what is built on them may call a policy wider than it is, never narrower.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from .patterns import ANY, ONE, Pattern, glob, literal, split

_VARIABLE = re.compile(r"\$\{[^}]*\}")
_ALL: Pattern = (ANY,)


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
    for match in _VARIABLE.finditer(text) if variables else ():
        found += [*make(text[end : match.start()]), Variable(match[0])]
        end = match.end()
    found += make(text[end:])
    return tuple(found)


def covers(wide: Pattern, narrow: Pattern) -> bool:
    """Whether all that fits `narrow` surely fits `wide`.

    A walk of `wide` over `narrow` as if that were a text: its star is taken only by a star, its
    question mark only by a star or a question mark, a variable by a star or by the same variable.
    """
    wide = _ordered(wide)
    places = _skip_stars(wide, {0})
    for symbol in _ordered(narrow):
        after = set()
        for place in places:
            wanted = wide[place] if place < len(wide) else None
            if wanted is ANY:
                after.add(place)
            elif wanted is ONE:
                if symbol is ONE or isinstance(symbol, str):
                    after.add(place + 1)
            elif wanted is not None and wanted == symbol:
                after.add(place + 1)
        places = _skip_stars(wide, after)
    return len(wide) in places


def _skip_stars(wide: Pattern, places: set[int]) -> set[int]:
    found = set()
    for place in places:
        found.add(place)
        while place < len(wide) and wide[place] is ANY:
            place += 1
            found.add(place)
    return found


def _ordered(pattern: Pattern) -> Pattern:
    """The pattern with `*?` and `?*` written alike, the star last and once."""
    found: list[object] = []
    for wild, run in groupby(pattern, key=lambda symbol: symbol is ANY or symbol is ONE):
        symbols = list(run)
        if wild and ANY in symbols:
            symbols = [*(symbol for symbol in symbols if symbol is ONE), ANY]
        found += symbols
    return tuple(found)


def overlap(one: Pattern, other: Pattern) -> bool:
    """Whether some text may fit both patterns; a variable may be any text."""
    # Whether the rest of `one` from here and each rest of `other` have a text in common.
    row = [True] * (len(other) + 1)
    for place in range(len(other) - 1, -1, -1):
        row[place] = row[place + 1] and _any(other[place])
    for symbol in reversed(one):
        below, row = row, [False] * (len(other) + 1)
        row[-1] = below[-1] and _any(symbol)
        for place in range(len(other) - 1, -1, -1):
            facing = other[place]
            if _any(symbol) or _any(facing):  # one of them takes nothing, or the other's symbol
                row[place] = below[place] or row[place + 1]
            else:
                same = symbol is ONE or facing is ONE or symbol == facing
                row[place] = same and below[place + 1]
    return row[0]


def _any(symbol: object) -> bool:
    return symbol is ANY or isinstance(symbol, Variable)


def covers_arn(wide: Pattern, narrow: Pattern) -> bool:
    """`covers` for the Arn operators: six parts, each matched by itself."""
    pieces, narrower = split(wide, 6), split(narrow, 6)
    if len(pieces) != 6 or len(narrower) != 6 or _shifted(pieces) or _shifted(narrower):
        return wide == narrow
    return all(covers(*pair) for pair in zip(pieces, narrower, strict=True))


def covers_resource(wide: Pattern, narrow: Pattern) -> bool:
    """`covers` for the Resource element, where a star at the end may run past colons."""
    if wide in (_ALL, narrow):
        return True
    pieces, narrower = split(wide, 6), split(narrow, 6)
    # `*` has one part: it means calls without a resource too, so that only itself covers it.
    if len(narrower) != 6 or _shifted(pieces) or _shifted(narrower):
        return False
    if len(pieces) < 6 and (not pieces[-1] or pieces[-1][-1] is not ANY):
        return False
    head = len(pieces) - 1
    rest = narrower[head]
    for piece in narrower[head + 1 :]:
        rest = (*rest, ":", *piece)
    pairs = zip(pieces, [*narrower[:head], rest], strict=True)
    return all(covers(*pair) for pair in pairs)


def _shifted(pieces: list[Pattern]) -> bool:
    """Whether a variable may bring colons of its own before the last part."""
    return any(isinstance(symbol, Variable) for piece in pieces[:-1] for symbol in piece)


@dataclass(frozen=True)
class PatternSet:
    """The texts that fit one of the patterns; as a complement, all the others."""

    patterns: tuple[Pattern, ...]
    complement: bool
    covers: Callable[[Pattern, Pattern], bool]

    def within(self, other: PatternSet) -> bool:
        """Whether all of these surely are in the other set."""
        if not self.complement and not other.complement:
            return all(any(self.covers(w, n) for w in other.patterns) for n in self.patterns)
        if not self.complement:
            return not any(overlap(w, n) for w in other.patterns for n in self.patterns)
        if other.complement:
            return all(any(self.covers(n, w) for n in self.patterns) for w in other.patterns)
        return _ALL in other.patterns

    def meets(self, other: PatternSet) -> bool:
        """Whether some text may be in both sets."""
        if self.complement and other.complement:
            return _ALL not in self.patterns + other.patterns
        if self.complement:
            return other.meets(self)
        if other.complement:
            return any(not any(self.covers(w, n) for w in other.patterns) for n in self.patterns)
        return any(overlap(w, n) for w in other.patterns for n in self.patterns)
