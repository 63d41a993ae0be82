"""What cannot be read, and how much is read at most."""

from __future__ import annotations

from dataclasses import dataclass


class ReadingError(ValueError):
    """Why a text cannot be read, in one line.

    Attributes:
        reason: what is wrong, without the place.
        line: where, counted from 1; None where no line is to blame.
        column: counted from 1; None as `line`.
    """

    def __init__(self, reason: str, line: int | None = None, column: int | None = None) -> None:
        self.reason, self.line, self.column = reason, line, column
        place = "" if line is None else f"line {line}, column {column}: "
        super().__init__(f"{place}{reason}")


@dataclass(frozen=True)
class Limits:
    """How much is read at most.

    Attributes:
        characters: of the text; a file may hold as many bytes.
        nodes: values in all documents of a text.
        aliased: values that aliases of YAML stand for, on top of those.
        depth: lists and mappings within one another.
    """

    characters: int = 32_000_000
    nodes: int = 2_000_000
    aliased: int = 50_000
    depth: int = 64

    def check_length(self, text: str) -> None:
        """Raise ReadingError for a text that is too long."""
        if len(text) > self.characters:
            raise ReadingError(f"{len(text):,} characters; the limit is {self.characters:,}")

    def too_deep(self, line: int | None = None, column: int | None = None) -> ReadingError:
        """The error for a text that is nested too deeply."""
        return ReadingError(f"nested deeper than {self.depth} levels", line, column)
