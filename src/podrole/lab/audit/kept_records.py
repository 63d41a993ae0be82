"""The newest records of a lab, packed: a served lab makes thousands a minute, and few are read.

A record has 2.5 KB as an object and a tenth of it packed together with others.
"""

from __future__ import annotations

import pickle
import zlib
from collections import deque
from collections.abc import Iterator
from typing import Any

Record = dict[str, Any]
_BLOCK = 64


class KeptRecords:
    """Records in the order in which they came, each with its number since the lab began."""

    def __init__(self, most: int) -> None:
        """`most` is about how many are kept: the oldest go in blocks."""
        self._blocks: deque[bytes] = deque(maxlen=max(1, most // _BLOCK))
        self._open: list[Record] = []
        #: How many records there ever were.
        self._count = 0

    def append(self, record: Record) -> None:
        """Keep one more record; nobody changes it from now on."""
        self._open.append(record)
        self._count += 1
        if len(self._open) == _BLOCK:
            self._blocks.append(zlib.compress(pickle.dumps(self._open, protocol=5), 1))
            self._open = []

    def __iter__(self) -> Iterator[Record]:
        """The oldest first."""
        for block in list(self._blocks):
            yield from _unpacked(block)
        yield from list(self._open)

    def newest_first(self, before: int | None = None) -> Iterator[tuple[int, Record]]:
        """Number and record; `before` passes over those with this number and later ones."""
        number = self._count
        blocks: list[list[Record] | bytes] = [self._open, *reversed(self._blocks)]
        for block in blocks:
            size = len(block) if isinstance(block, list) else _BLOCK
            if before is not None and number - size >= before:
                number -= size  # not looked at, so that a page far back costs what the first does
                continue
            for record in reversed(block if isinstance(block, list) else _unpacked(block)):
                number -= 1
                if before is None or number < before:
                    yield number, record


def _unpacked(block: bytes) -> list[Record]:
    # Made by this process and never out of it.
    found: list[Record] = pickle.loads(zlib.decompress(block))  # noqa: S301
    return found
