"""Many patterns read at once: each place in a pattern is one bit of an integer.

A set of places is then a number, and one symbol moves all patterns by a few operations on it,
however many they are ("bit-parallel" simulation of an automaton: G. Navarro, M. Raffinot, "Flexible
Pattern Matching in Strings", chapter 2).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

#: One operation on so many bits costs about as much as the step of Python around it.
_BITS_OF_A_STEP = 4096


class SideBySide:
    """Patterns one after the other; each has a bit for each symbol and one more for its end.

    Attributes:
        masks: symbol to the places that hold it.
        starts, ends: the first and the last place of every pattern.
        width: bits in all.
    """

    def __init__(self, patterns: Iterable[Sequence[Hashable]]) -> None:
        found: dict[Hashable, list[int]] = {}
        self.start_of: list[int] = []
        self.end_of: list[int] = []
        place = 0
        for pattern in patterns:
            self.start_of.append(place)
            for symbol in pattern:
                found.setdefault(symbol, []).append(place)
                place += 1
            self.end_of.append(place)
            place += 1
        self.width = place
        self.masks = {symbol: mask_of(places, place) for symbol, places in found.items()}
        self.starts, self.ends = mask_of(self.start_of, place), mask_of(self.end_of, place)
        #: What one move of all patterns costs.
        self.cost = 1 + place // _BITS_OF_A_STEP
        self._number = {end: number for number, end in enumerate(self.end_of)}

    def mask(self, *symbols: Hashable) -> int:
        """The places that hold one of the symbols."""
        found = 0
        for symbol in symbols:
            found |= self.masks.get(symbol, 0)
        return found

    def ended(self, places: int) -> list[int]:
        """The numbers of the patterns whose end is among the places, in order."""
        return [self._number[place] for place in bits_of(places & self.ends)]


def mask_of(places: Sequence[int], width: int) -> int:
    """The number whose bits stand at the places."""
    if len(places) == 1:
        return 1 << places[0]
    found = bytearray(width // 8 + 1)
    for place in places:
        found[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(found, "little")


#: So few bits are faster found one by one than by writing all of the number.
_FEW = 16


def bits_of(number: int) -> list[int]:
    """The places of a number's bits, from the lowest."""
    found = []
    if number.bit_count() <= _FEW:
        while number:
            lowest = number & -number
            found.append(lowest.bit_length() - 1)
            number ^= lowest
        return found
    digits = bin(number)[:1:-1]
    place = digits.find("1")
    while place >= 0:
        found.append(place)
        place = digits.find("1", place + 1)
    return found
