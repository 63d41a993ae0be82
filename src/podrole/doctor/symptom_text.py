"""A text that a symptom is recognised by, found in a program's output in one pass.

The work is linear in the output, whatever stands in it: the text itself is searched for, and around
each occurrence no more than `REACH` bytes are looked at, none of them twice by the same word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

#: How far from a text the rest of it may stand, in bytes. Clients write them into one sentence.
REACH = 300


@dataclass(frozen=True)
class SymptomText:
    """One text, in small letters.

    Attributes:
        text: what is searched for.
        near: of these one must stand on the same line, at most `REACH` bytes away; none: no need.
        then: what must follow; at most `REACH` bytes long.
    """

    text: bytes
    near: tuple[bytes, ...] = ()
    then: re.Pattern[bytes] | None = None

    @classmethod
    def read(cls, entry: str | Mapping[str, Any]) -> SymptomText:
        """Read an entry of symptoms.yml: a text, or a mapping of `text`, `near` and `then`."""
        entry = {"text": entry} if isinstance(entry, str) else entry
        then = entry.get("then")
        return cls(
            entry["text"].lower().encode(),
            tuple(word.lower().encode() for word in entry.get("near", ())),
            re.compile(then.encode(), re.IGNORECASE) if then else None,
        )

    def stands_in(self, output: bytes) -> bool:
        """Whether it stands in an output, of which all letters of ASCII are small."""
        if self.near and not any(word in output for word in self.near):
            return False
        searched = 0  # no word of `near` begins before this place, on the lines that were looked at
        at = output.find(self.text)
        while at >= 0:
            end = at + len(self.text)
            if self.near:
                start, stop = self._around(output, at, end)
                start = max(start, searched - self._longest)
                if any(output.find(word, start, stop) >= 0 for word in self.near):
                    return True
                searched = stop
            elif not self.then or self.then.match(output, end, end + REACH):
                return True
            at = output.find(self.text, end)
        return False

    def _around(self, output: bytes, at: int, end: int) -> tuple[int, int]:
        """The part of a text's line that is within reach."""
        start, stop = max(at - REACH, 0), end + REACH
        line_end = output.find(b"\n", end, stop)
        return max(start, output.rfind(b"\n", start, at) + 1), stop if line_end < 0 else line_end

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self.near))
