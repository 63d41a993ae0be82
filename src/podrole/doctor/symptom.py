"""Symptoms: what a program shows, what it means, and where the mend stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

#: Where the guide's section for each stands.
PAGE = "howto/troubleshoot.md"


@dataclass(frozen=True)
class Symptom:
    """One text, or one silent fault.

    Attributes:
        id: its name.
        shows: the text as the clients word it, in Markdown.
        texts: regular expressions, of which one fits it.
        means: the cause.
        section: the anchor of its proof and mend on the guide's page.
        mend: the catalogue's id of what mends it.
        known: `executed`, a test produces it, or `cited`.
        source: where the text is from.
        checked: when that was read, as 2026-11-24.
    """

    id: str
    shows: str
    texts: tuple[str, ...]
    means: str
    section: str
    mend: str
    known: str
    source: str
    checked: str

    def fits(self, text: str) -> bool:
        """Whether a program's output shows it."""
        return any(re.search(pattern, text, re.IGNORECASE) for pattern in self.texts)

    def __str__(self) -> str:
        return (
            f"{self.id}: {self.means}\n"
            f"        read: {PAGE}#{self.section}\n"
            f"        take: podrole snippet show {self.mend}"
        )


@cache
def symptoms() -> tuple[Symptom, ...]:
    """All that are known, the more telling first."""
    text = files(__package__).joinpath("symptoms.yml").read_text(encoding="utf-8")
    return tuple(
        Symptom(**{**entry, "texts": tuple(entry["texts"])}) for entry in yaml.safe_load(text)
    )


def symptom_of(text: str) -> Symptom | None:
    """The first symptom that a program's output shows, None for what nobody has described."""
    return next((symptom for symptom in symptoms() if symptom.fits(text)), None)
