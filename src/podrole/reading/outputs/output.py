"""One thing that a tool has printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Output:
    """An output within a text.

    Attributes:
        form: what it is written in, such as `JSON` or `kubectl describe`.
        tree: plain data in the shape of the tool's JSON; None where nothing could be read.
        line: where it begins in the text, counted from 1.
        start: the offset where it begins.
        end: the offset where it ends.
        shows: the command that shows what this form leaves out; empty where it is whole.
        reason: why nothing could be read; empty where something was.
    """

    form: str
    tree: Any = None
    line: int = 1
    start: int = 0
    end: int = 0
    shows: str = ""
    reason: str = ""
