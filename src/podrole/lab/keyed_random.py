"""Random numbers of a secret: whoever has seen some of them cannot tell the next."""

from __future__ import annotations

import hashlib
from random import Random
from typing import Any

_UNIT = 2.0**-53


class KeyedRandom(Random):
    """A stream that a key and a purpose decide, each draw a SHAKE256 of key and counter (FIPS 202).

    `random.Random` itself gives its state away after 624 numbers.
    """

    _secret: bytes = b""
    _key: bytes = b""
    _drawn: int = 0

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._secret = secret
        super().__init__(purpose)

    def seed(self, a: Any = None, version: int = 2) -> None:
        """Begin the stream of a purpose."""
        # The secret has a fixed length: no other secret and purpose make the same text.
        self._key = hashlib.sha3_256(self._secret + str(a).encode()).digest()
        self._drawn = 0

    def getrandbits(self, k: int, /) -> int:
        """The next `k` bits."""
        size = (k + 7) // 8
        text = self._key + self._drawn.to_bytes(8, "big")
        self._drawn += 1
        return int.from_bytes(hashlib.shake_256(text).digest(size), "big") >> (size * 8 - k)

    def random(self) -> float:
        """The next number of at least 0 and below 1."""
        return self.getrandbits(53) * _UNIT

    def getstate(self) -> tuple[Any, ...]:
        """Where the stream stands."""
        return self._key, self._drawn

    def setstate(self, state: tuple[Any, ...]) -> None:
        """Let the stream stand there again."""
        self._key, self._drawn = state
