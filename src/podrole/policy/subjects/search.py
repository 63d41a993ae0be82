"""Whether any service account fits some patterns and keeps clear of others: a search for one.

The patterns' automata are made into one, state by state as the search comes to it (a product of
subset constructions, built lazily; refused sets are complements). In theory such a search is
exponential in the number of patterns, so it has a budget.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from podrole.policy.budget import Budget
from podrole.policy.side_by_side import mask_of
from podrole.policy.subjects.patterns import (
    IN_NAME,
    IN_NAMESPACE,
    LABEL,
    NAME,
    NAMESPACE,
    PREFIX,
    SubjectPatterns,
    ordered,
)

Choice = tuple[str, ...]


@dataclass(frozen=True)
class Clause:
    """The subjects that fit one pattern of each choice, and none of `unless`."""

    choices: tuple[Choice, ...]
    unless: Choice = ()


def find_subject(wanted: Clause, refused: Sequence[Clause], budget: Budget) -> str | None:
    """A subject of the wanted clause that no refused clause holds; None if there surely is none.

    Raises BudgetSpentError if neither was found.
    """
    return _Search(wanted, refused).run(budget)


class _Search:
    """States are a place in the subject and the places that all patterns have reached."""

    def __init__(self, wanted: Clause, refused: Sequence[Clause]) -> None:
        clauses = (wanted, *refused)
        number: dict[str, int] = {}
        for clause in clauses:
            for pattern in (
                *(item for choice in clause.choices for item in choice),
                *clause.unless,
            ):
                number.setdefault(pattern, len(number))
        self.patterns = SubjectPatterns(number)
        self.number = number
        places = self.patterns.places
        self.wanted = [self._ends(choice) for choice in wanted.choices]
        self.alive = [self._field(choice) for choice in wanted.choices]
        self.refused = [
            ([self._ends(choice) for choice in clause.choices], self._ends(clause.unless))
            for clause in refused
        ]
        never = {*wanted.unless}
        for clause in refused:
            if len(clause.choices) == 1 and not clause.unless:
                never.update(clause.choices[0])
        self.never = self._ends(never)
        # A star at the end takes whatever comes: who has reached it will not leave the pattern.
        self.lost = self.never >> 1 & self.patterns.star
        self.remaining = _remaining(list(number))
        self.start_of = [
            start
            for start, end in zip(places.start_of, places.end_of, strict=True)
            for _ in range(start, end + 1)
        ]
        self.moves = self._moves()

    def _ends(self, patterns: Iterable[str]) -> int:
        places = self.patterns.places
        return mask_of([places.end_of[self.number[item]] for item in patterns], places.width)

    def _field(self, patterns: Iterable[str]) -> int:
        places = self.patterns.places
        found = 0
        for item in patterns:
            which = self.number[item]
            found |= (2 << places.end_of[which]) - (1 << places.start_of[which])
        return found

    def _moves(self) -> list[list[tuple[int, str, int]]]:
        """For each place in a subject: what each letter leaves, the letter, the place behind it.

        Letters that no pattern tells apart count once. The last move is tried first: a letter that
        no pattern names leads out of the most refused sets.
        """

        def letters(chars: str, then: int) -> list[tuple[int, str, int]]:
            by_takes = {self.patterns.takes(char): char for char in chars}
            found = [(takes, char, then) for takes, char in by_takes.items()]
            return sorted(found, key=lambda move: move[0].bit_count(), reverse=True)

        in_namespace, in_name = letters(LABEL, IN_NAMESPACE), letters(LABEL + ".", IN_NAME)
        colon = letters(":", NAME)
        moves: list[list[tuple[int, str, int]]] = [[], [], [], []]
        moves[NAMESPACE], moves[IN_NAMESPACE] = in_namespace, [*colon, *in_namespace]
        moves[NAME] = moves[IN_NAME] = in_name
        return moves

    def run(self, budget: Budget) -> str | None:
        cost = self.patterns.places.cost
        budget.spend(cost * len(self.number))
        first = (NAMESPACE, self._trimmed(self.patterns.first, self.patterns.first))
        if not self._viable(first[1]):
            return None
        seen: dict[tuple[int, int], tuple[tuple[int, int], str] | None] = {first: None}
        waiting = [(self._distance(first[1]), 0, first)]
        star = self.patterns.star
        while waiting:
            _, _, state = heapq.heappop(waiting)
            place, reached = state
            moves = self.moves[place]
            budget.spend(cost * 2 * len(moves))
            for takes, char, then in moves:
                after = (reached & takes) << 1 | reached & star
                after |= (after & star) << 1
                new = after & star & ~reached
                if new:
                    after = self._trimmed(after, new)
                following = (then, after)
                if following in seen or not self._viable(after):
                    continue
                seen[following] = (state, char)
                if then == IN_NAME and self._accepted(after):
                    return _spelled(seen, following)
                heapq.heappush(waiting, (self._distance(after), -len(seen), following))
        return None

    def _trimmed(self, reached: int, stars: int) -> int:
        """Without what lies before a star that was just reached: the star takes all of that."""
        stars &= self.patterns.star
        while stars:
            place = stars.bit_length() - 1
            start = self.start_of[place]
            below = (1 << place) - (1 << start)
            reached &= ~below
            stars &= (1 << start) - 1
        return reached

    def _viable(self, reached: int) -> bool:
        return not reached & self.lost and all(reached & field for field in self.alive)

    def _accepted(self, reached: int) -> bool:
        if reached & self.never or not all(reached & ends for ends in self.wanted):
            return False
        return not any(
            all(reached & ends for ends in choices) and not reached & unless
            for choices, unless in self.refused
        )

    def _distance(self, reached: int) -> int:
        """About how many letters are missing."""
        return sum(self.remaining[(reached & field).bit_length() - 1] for field in self.alive)


def _remaining(patterns: Sequence[str]) -> list[int]:
    """For each place of the patterns, side by side: the letters from there to the end."""
    found: list[int] = []
    for pattern in patterns:
        text = ordered(pattern)
        left = len(text) - text.count("*")
        for symbol in text:
            found.append(left)
            left -= symbol != "*"
        found.append(0)
    return found


def _spelled(
    seen: dict[tuple[int, int], tuple[tuple[int, int], str] | None], state: tuple[int, int]
) -> str:
    """The subject whose letters led to a state."""
    letters = []
    step = seen[state]
    while step is not None:
        state, char = step
        letters.append(char)
        step = seen[state]
    return PREFIX + "".join(reversed(letters))
