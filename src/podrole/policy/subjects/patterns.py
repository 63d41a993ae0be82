"""Patterns over the subjects of service accounts: which fit one, which meet, which cover another.

A token's `sub` is `system:serviceaccount:<namespace>:<name>`. Source of the names: Kubernetes
documentation, "Object names and IDs": a namespace is a DNS label, a service account's name is a DNS
subdomain (checked 2026-11-23). Here a name is any text of their letters, so that a few subjects
count that Kubernetes refuses: what nobody of these fits, no service account fits.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from functools import lru_cache

from podrole.policy.budget import Budget
from podrole.policy.patterns import Tester
from podrole.policy.side_by_side import SideBySide, bits_of
from podrole.policy.text_patterns import text_tester, wild

PREFIX = "system:serviceaccount:"
#: The letters of a namespace; a name has the full stop besides.
LABEL = string.ascii_lowercase + string.digits + "-"
#: Where a reader of a subject stands behind the prefix: before or inside the namespace, before or
#: inside the name.
NAMESPACE, IN_NAMESPACE, NAME, IN_NAME = range(4)
_EXACT = re.compile(rf"{PREFIX}[a-z0-9-]+:[a-z0-9.-]+")
_BELOW_A_NAMESPACE = re.compile(rf"{PREFIX}[a-z0-9-]+:[a-z0-9.-]*\*")
#: A pattern that fits all of these fits every name: they share no letter, and the first are as
#: short as a name can be.
_NAMES = ("a", "0", "qq", "x-9z")
_SAMPLES = [f"{PREFIX}{namespace}:{name}" for namespace in _NAMES for name in _NAMES]
_SHORTEST = min(map(len, _SAMPLES))
_WILDCARDS = re.compile(r"[*?]+")


def fits(pattern: str, subject: str) -> bool:
    """Whether a subject fits a pattern."""
    return pattern == subject or (wild(pattern) and _test(pattern)(subject))


@lru_cache(maxsize=64)
def _test(pattern: str) -> Tester:
    return text_tester(pattern)


@lru_cache(maxsize=512)
def everyone(pattern: str) -> bool:
    """Whether the pattern fits every service account's subject."""
    if "*" not in pattern or len(pattern) - pattern.count("*") > _SHORTEST:
        return False
    test = text_tester(pattern)
    return all(map(test, _SAMPLES))


def possible(pattern: str) -> bool:
    """Whether some service account's subject fits the pattern."""
    if _EXACT.fullmatch(pattern) or _BELOW_A_NAMESPACE.fullmatch(pattern):
        return True
    return wild(pattern) and bool(_Everyone.meeting(pattern))


class SubjectPatterns:
    """Patterns of `sub`, read side by side.

    Attributes:
        places: their places; a run of wildcards is written with its star last, and once.
        star: the places before a star.
        first: the places that are reached behind the prefix of every subject.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self.places = SideBySide([ordered(pattern) for pattern in patterns])
        self.star = self.places.mask("*")
        one = self.places.mask("?")
        self._label = self.places.mask("?", *LABEL)
        self._name = self._label | self.places.mask(".")
        self._takes = {char: one | mask for char, mask in self.places.masks.items()}
        self._one = one
        self.first = self.read(PREFIX, self.places.starts)

    def takes(self, char: str) -> int:
        """The places, those before a star aside, that a letter leaves for the next one."""
        return self._takes.get(char, self._one)

    def read(self, text: str, places: int) -> int:
        """The places behind a text that is read from some places on."""
        places = self.closed(places)
        for char in text:
            places = self._step(places, self.takes(char))
            if not places:
                break
        return places

    def fitting(self, subject: str, budget: Budget) -> int:
        """The ends of the patterns that a whole subject fits. Raises BudgetSpentError."""
        budget.spend(self.places.cost * len(subject))
        return self.read(subject.removeprefix(PREFIX), self.first) & self.places.ends

    def closed(self, places: int) -> int:
        """With the places that are reached because a star takes nothing."""
        return places | (places & self.star) << 1

    def _step(self, places: int, takes: int) -> int:
        return self.closed((places & takes) << 1 | places & self.star)

    def _run(self, places: int, takes: int) -> int:
        """The places behind some letters, or none, each of which the other pattern's star takes."""
        takes |= self.star
        # One carry runs through all places in a row that take a letter.
        return places | ((places & takes) + takes) ^ takes if places & takes else places

    def covering(self, pattern: str, budget: Budget | None = None) -> int:
        """The ends of patterns that surely fit whatever fits this one.

        A walk over the pattern as if it were a text: a star is taken only by a star, a question
        mark only by a star or a question mark. Raises BudgetSpentError.
        """
        text = ordered(pattern)
        if budget:
            budget.spend(self.places.cost * (1 + len(text)))
        begun = text.startswith(PREFIX)
        places = self.first if begun else self.closed(self.places.starts)
        for char in text[len(PREFIX) :] if begun else text:
            if char == "*":
                places = self.closed(places & self.star)
            else:
                places = self._step(places, self.takes(char))
            if not places:
                break
        return places & self.places.ends

    def meeting(self, pattern: str, budget: Budget | None = None) -> int:
        """The ends of the patterns that some subject fits together with this one.

        Both are read along all subjects at once: for each place in `pattern`, and each place in a
        subject, the places that the patterns here may have reached. Raises BudgetSpentError.
        """
        text = ordered(pattern)
        if budget:
            budget.spend(4 * self.places.cost * (1 + len(text)))
        begun = _behind_prefix(text)
        after = [0, 0, 0, 0]
        if not begun:
            return 0
        for place in range(begun[0], len(text)):
            now = after
            if place in begun:
                now[NAMESPACE] |= self.first
            after = self._along(text[place], now)
        return after[IN_NAME] & self.places.ends

    def _along(self, symbol: str, now: list[int]) -> list[int]:
        """What is reached behind one symbol of the other pattern; a star adds to `now` itself."""
        if symbol == "*":
            now[IN_NAMESPACE] |= self._step(now[NAMESPACE], self._label)
            now[IN_NAMESPACE] = self._run(now[IN_NAMESPACE], self._label)
            now[NAME] |= self._step(now[IN_NAMESPACE], self.takes(":"))
            now[IN_NAME] |= self._step(now[NAME], self._name)
            now[IN_NAME] = self._run(now[IN_NAME], self._name)
            return now
        after = [0, 0, 0, 0]
        any_letter = symbol == "?"
        if any_letter or symbol in LABEL:
            takes = self._label if any_letter else self.takes(symbol)
            after[IN_NAMESPACE] = self._step(now[NAMESPACE] | now[IN_NAMESPACE], takes)
        if any_letter or symbol == ":":
            after[NAME] = self._step(now[IN_NAMESPACE], self.takes(":"))
        if any_letter or symbol in LABEL or symbol == ".":
            takes = self._name if any_letter else self.takes(symbol)
            after[IN_NAME] = self._step(now[NAME] | now[IN_NAME], takes)
        return after


def _behind_prefix(text: str) -> list[int]:
    """The places in an ordered pattern that the prefix of every subject leads to, in order."""
    if text.startswith(PREFIX):
        place = len(PREFIX)
        return [place, place + 1] if text[place : place + 1] == "*" else [place]
    return bits_of(SubjectPatterns([text]).first)


def ordered(pattern: str) -> str:
    """The pattern with each run of wildcards written alike: its question marks, then one star."""
    if "*" not in pattern:
        return pattern
    return _WILDCARDS.sub(
        lambda run: "?" * run[0].count("?") + ("*" if "*" in run[0] else ""), pattern
    )


_Everyone = SubjectPatterns(["*"])
