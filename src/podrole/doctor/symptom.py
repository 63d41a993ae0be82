"""Symptoms: what a program shows, what it means, and where the fix stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from podrole.doctor.symptom_text import REACH, SymptomText
from podrole.reading.yaml_document import read_one_yaml

#: Where the guide's section for each stands.
PAGE = "howto/troubleshoot.md"


@dataclass(frozen=True)
class Symptom:
    """One text, or one silent fault.

    Attributes:
        id: its name.
        shows: the text as the clients word it, in Markdown.
        texts: of which one stands in the program's output.
        means: the cause.
        section: the anchor of its proof and fix on the guide's page.
        fix: the catalogue's id of what fixes it.
        known: `executed`, a test produces it, or `cited`.
        source: where the text is from.
        checked: when that was read, as 2026-11-24.
    """

    id: str
    shows: str
    texts: tuple[SymptomText, ...]
    means: str
    section: str
    fix: str
    known: str
    source: str
    checked: str

    def __str__(self) -> str:
        return (
            f"{self.id}: {self.means}\n"
            f"        read: {PAGE}#{self.section}\n"
            f"        take: podrole snippet show {self.fix}"
        )


@cache
def symptoms() -> tuple[Symptom, ...]:
    """All that are known, the more telling first."""
    entries = read_one_yaml(files(__package__).joinpath("symptoms.yml").read_text(encoding="utf-8"))
    return tuple(
        Symptom(**{**entry, "texts": tuple(map(SymptomText.read, entry["texts"]))})
        for entry in entries
    )


def symptom_of(text: str) -> Symptom | None:
    """The first symptom that a program's output shows, None for what nobody has described."""
    return symptom_in([text.encode(errors="replace")])


def symptom_in(blocks: Iterable[bytes]) -> Symptom | None:
    """As `symptom_of`, for an output that comes in blocks: at no time is all of it in memory."""
    best = len(symptoms())
    end = b""
    for block in blocks:
        output = end + block.lower()
        best = next(
            (number for number, one in enumerate(symptoms()[:best]) if _shows(one, output)), best
        )
        if best == 0:
            break  # none tells more
        end = output[-2 * REACH :]
    return symptoms()[best] if best < len(symptoms()) else None


def _shows(symptom: Symptom, output: bytes) -> bool:
    return any(text.stands_in(output) for text in symptom.texts)
