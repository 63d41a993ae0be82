"""Sets of service accounts, as conditions on a token's `sub` draw them.

Source of the names: Kubernetes documentation, "Object names and IDs": a namespace is a DNS label, a
service account's name is a DNS subdomain (checked 2026-11-23).
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass

from .patterns import glob, tester

_PREFIX = "system:serviceaccount:"
_LABEL = string.ascii_lowercase + string.digits + "-"
#: A pattern that fits all of these fits every name: they share no letter, and the first are as
#: short as a name can be.
_NAMES = ("a", "0", "qq", "x-9z")


@dataclass(frozen=True)
class Subjects:
    """Service accounts whose `sub` fits each pattern of `fits`, and none of `unless`."""

    fits: tuple[str, ...]
    unless: tuple[str, ...] = ()
    provided: tuple[str, ...] = ()  # what else must hold, in words

    @staticmethod
    def of(
        fits: Iterable[str], unless: Iterable[str], provided: tuple[str, ...]
    ) -> Subjects | None:
        """The set in its shortest words; None if nobody is in it."""
        wanted = tuple(dict.fromkeys(text for text in fits if not everybody(text)))
        exact = [text for text in wanted if not _wild(text)]
        if exact:
            if not all(_fits(text, exact[0]) for text in wanted) or not possible((exact[0],)):
                return None
            wanted = (exact[0],)
        if not possible(wanted):
            return None
        refused = tuple(dict.fromkeys(text for text in unless if possible((*wanted, text))))
        if any(covers(text, item) for text in refused for item in (wanted or ("*",))):
            return None
        return Subjects(wanted or (f"{_PREFIX}*",), refused, provided)

    def __contains__(self, subject: str) -> bool:
        return all(_fits(text, subject) for text in self.fits) and not any(
            _fits(text, subject) for text in self.unless
        )

    def within(self, other: Subjects) -> bool:
        """Whether all of these surely are in the other set."""
        return not other.unless and all(
            any(covers(wide, narrow) for narrow in self.fits) for wide in other.fits
        )

    def meets(self, other: Subjects) -> bool:
        """Whether somebody may be in both sets."""
        return possible((*self.fits, *other.fits))

    def __str__(self) -> str:
        text = " that is also ".join(_sentence(item) for item in self.fits)
        if self.unless:
            text += ", except " + " and ".join(_sentence(item) for item in self.unless)
        if self.provided:
            text += ", if " + " and ".join(self.provided)
        return text


def everybody(pattern: str) -> bool:
    """Whether the pattern fits every service account's subject."""
    return all(_fits(pattern, f"{_PREFIX}{ns}:{name}") for ns in _NAMES for name in _NAMES)


def covers(wide: str, narrow: str) -> bool:
    """Whether all that fits the one surely fits the other; never said where it is not so."""
    if everybody(wide) or wide == narrow:
        return True
    if not _wild(narrow):
        return _fits(wide, narrow)
    # A trailing star in `wide` takes all that follows a literal beginning.
    head = wide[:-1]
    return wide.endswith("*") and not _wild(head) and narrow.startswith(head)


def possible(patterns: Iterable[str]) -> bool:
    """Whether some service account's subject fits all patterns: a walk over their states."""
    globs = tuple(patterns)
    # One letter that no pattern names stands for all such letters.
    named = set("".join(globs))
    other = next((char for char in _LABEL if char not in named), "")
    states = {(0, tuple(_closed(item, frozenset({0})) for item in globs))}
    seen = set(states)
    while states:
        following = set()
        for place, positions in states:
            if place == _END and all(len(g) in p for g, p in zip(globs, positions, strict=True)):
                return True
            for char, then in _letters(place):
                if place >= _NAMESPACE and char not in named and char not in (other, ":"):
                    continue
                moved = tuple(
                    _closed(g, _step(g, p, char)) for g, p in zip(globs, positions, strict=True)
                )
                if all(moved) and (then, moved) not in seen:
                    seen.add((then, moved))
                    following.add((then, moved))
        states = following
    return False


#: Places in a subject: inside the prefix (its letters), then before and inside each name.
_NAMESPACE = len(_PREFIX)
_IN_NAMESPACE, _NAME, _END = _NAMESPACE + 1, _NAMESPACE + 2, _NAMESPACE + 3


def _letters(place: int) -> Iterable[tuple[str, int]]:
    if place < _NAMESPACE:
        return [(_PREFIX[place], place + 1)]
    if place in (_NAMESPACE, _IN_NAMESPACE):
        inside = [(char, _IN_NAMESPACE) for char in _LABEL]
        return [*inside, (":", _NAME)] if place == _IN_NAMESPACE else inside
    return [(char, _END) for char in _LABEL + "."]


def _closed(pattern: str, positions: Iterable[int]) -> frozenset[int]:
    found = set()
    for position in positions:
        found.add(position)
        while position < len(pattern) and pattern[position] == "*":
            position += 1
            found.add(position)
    return frozenset(found)


def _step(pattern: str, positions: Iterable[int], char: str) -> set[int]:
    found = set()
    for position in positions:
        if position < len(pattern):
            if pattern[position] == "*":
                found.add(position)
            elif pattern[position] in ("?", char):
                found.add(position + 1)
    return found


def _fits(pattern: str, text: str) -> bool:
    return tester(glob(pattern))(text)


def _wild(text: str) -> bool:
    return bool(set("*?") & set(text))


def _sentence(pattern: str) -> str:
    if everybody(pattern):
        return "every pod of the cluster"
    if not _wild(pattern):
        return f"exactly {pattern}"
    namespace, colon, name = pattern.removeprefix(_PREFIX).partition(":")
    if not pattern.startswith(_PREFIX) or not colon:
        return f"any subject like {pattern}"
    if not _wild(namespace):
        if name == "*":
            return f"any service account in namespace {namespace}"
        return f"service accounts named {name} in namespace {namespace}"
    if namespace == "*":
        where = "any namespace"
    elif namespace.endswith("*") and not _wild(namespace[:-1]):
        where = f"any namespace that begins with {namespace[:-1]}"
    else:
        where = f"any namespace like {namespace}"
    what = "any service account" if name == "*" else f"service account {name}"
    return f"{what} in {where}"
