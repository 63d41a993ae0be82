"""Find the few of many patterns that can match a text, without trying each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from podrole.policy.patterns import Tester
from podrole.policy.text_patterns import wild

#: Below this many, trying each one is faster than looking up.
WORTHWHILE = 16


class PatternIndex:
    """Patterns by number: exact texts and `prefix*` by look-up, the others one by one."""

    def __init__(self) -> None:
        self._exact: dict[str, list[int]] = {}
        self._prefixes: dict[str, list[int]] = {}
        self._lengths: list[int] = []
        self._others: list[tuple[Tester, int]] = []
        self._always: list[int] = []

    def add_always(self, number: int) -> None:
        """Something that any text may match."""
        self._always.append(number)

    def add_test(self, test: Tester, number: int) -> None:
        """Something that only a test can tell."""
        self._others.append((test, number))

    def add(self, text: str, number: int, make: Callable[[str], Tester]) -> None:
        """A pattern; `make` gives its test, if it has to be tried."""
        if not wild(text):
            self._exact.setdefault(text, []).append(number)
        elif text == "*":
            self._always.append(number)
        elif text[-1] == "*" and not wild(text[:-1]):
            self._prefixes.setdefault(text[:-1], []).append(number)
            if len(text) - 1 not in self._lengths:
                self._lengths.append(len(text) - 1)
        else:
            self._others.append((make(text), number))

    def find(self, text: str) -> Iterable[int]:
        """The numbers of the patterns that match the text, in order, each once."""
        found = list(self._always)
        found += self._exact.get(text, ())
        for length in self._lengths:
            found += self._prefixes.get(text[:length], ())
        found += [number for test, number in self._others if test(text)]
        return sorted(set(found))
