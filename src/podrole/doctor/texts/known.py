"""The texts that are known, and the causes that they may have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from podrole.doctor.texts.plain import LONGEST, Passage, squeezed
from podrole.reading.yaml_document import read_one_yaml

#: Where the guide's section for each cause stands.
PAGE = "howto/troubleshoot.md"
#: Letters of a known text at most, and at least where a line's end may have cut it in two.
_LONGEST_PART, _TELLING = 120, 16
#: Tables of causes, the more telling first.
CAUSES = ("causes_credentials", "causes_sessions", "causes_policies")
#: Tables of texts, by who says them.
TABLES = ("sts", "access", "agent", "setup", "kubernetes", "controllers", "sdk")


@dataclass(frozen=True)
class Cause:
    """Why a call fails.

    Attributes:
        id: its name.
        means: the cause in a sentence or two, with places such as {role} for facts.
        decide: the command whose answer tells this cause from others, with places.
        fix: what to do, with places.
        section: the anchor of its proof and fix on the guide's page.
        take: the catalogue's id of the fix.
        common: its place among the commonest, 0 for none.
        rank: its place in the table: of several causes the lower is told first.
        shows: how a reader meets it, in Markdown; empty where its texts say so.
        source, checked, known: as of a text, for a cause that facts tell and no text alone.
    """

    id: str
    means: str
    decide: str
    fix: str
    section: str
    take: str
    common: int = 0
    rank: int = 0
    shows: str = ""
    source: str = ""
    checked: str = ""
    known: str = "cited"


_PLACE = re.compile(r"\{([a-z_]{1,30})\}")
_BRACKETS = re.compile(r" ?\([^(){}]{0,80}\{([a-z_]{1,30})\}[^(){}]{0,80}\)")
#: What stands for a fact that a text does not tell.
_UNKNOWN = {
    "role": "the role",
    "target_role": "another role",
    "user": "the user",
    "action": "the action",
    "resource": "the resource",
    "layer": "policy",
    "host": "the host",
    "policy_arn": "",
    "service_account": "",
}


def filled(text: str, facts: Mapping[str, str]) -> str:
    """A sentence with its places filled in; brackets around an unknown fact are left out."""
    text = _BRACKETS.sub(lambda match: match[0] if facts.get(match[1]) else "", text)
    text = _PLACE.sub(lambda match: facts.get(match[1]) or _UNKNOWN.get(match[1], "…"), text)
    return " ".join(text.replace(" .", ".").split())


#: An error's code, such as `ExpiredToken`: told from the words "expired tokens" by its letters.
_CODE = re.compile(r"[A-Z][a-z]{1,20}(?:[A-Z][A-Za-z]{0,30})")


@dataclass(frozen=True)
class KnownText:
    """A text as programs show it.

    Attributes:
        text: its parts; all of them stand in one error.
        causes: ids of what it may mean, the likeliest first.
        source: where it was read, or the program that was run.
        checked: when, as 2026-11-28.
        without: none of these stands there.
        follows: the text only follows from another failure, which the same error may name.
        noise: no error of AWS.
        exact: its letters count too, as those of a code always do.
        known: `executed` where a test of this repository produces it, else `cited`.
    """

    text: tuple[str, ...]
    causes: tuple[str, ...]
    source: str
    checked: str
    without: tuple[str, ...] = ()
    follows: bool = False
    noise: bool = False
    known: str = "cited"
    exact: bool = False
    parts: tuple[str, ...] = field(init=False)
    never: tuple[str, ...] = field(init=False)
    words: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        words = self.text if self.exact else filter(_CODE.fullmatch, self.text)
        object.__setattr__(self, "words", tuple(words))
        object.__setattr__(self, "parts", tuple(map(squeezed, self.text)))
        object.__setattr__(self, "never", tuple(map(squeezed, self.without)))

    def stands_in(self, passage: Passage) -> bool:
        """Whether an error shows it."""
        text = passage.squeezed
        return (
            all(part in text for part in self.parts)
            and all(word in passage.text for word in self.words)
            and not any(part in text for part in self.never)
        )

    @property
    def shows(self) -> str:
        """The text for a reader."""
        return " … ".join(self.text)


@dataclass(frozen=True)
class Speaker:
    """Whose words: a program, an SDK, a service. marks: in lowercase."""

    name: str
    marks: tuple[str, ...]
    version: str = ""
    permits: str = ""


def _table(name: str) -> Any:
    return read_one_yaml(files(__package__).joinpath(f"{name}.yml").read_text(encoding="utf-8"))


def _strings(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@cache
def causes() -> Mapping[str, Cause]:
    """All causes by id, in the order in which they are told."""
    rows = enumerate(row for name in CAUSES for row in _table(name))
    return {row["id"]: Cause(**row, rank=rank) for rank, row in rows}


@cache
def known_texts() -> tuple[KnownText, ...]:
    """All texts, table after table."""
    found = []
    for name in TABLES:
        for row in _table(name):
            parts = {key: _strings(row[key]) for key in ("text", "causes", "without") if key in row}
            found.append(KnownText(**{**row, **parts}))
    return tuple(found)


@cache
def _longest_parts() -> tuple[tuple[str, KnownText], ...]:
    return tuple((max(one.parts, key=len), one) for one in known_texts())


def texts_in(passage: Passage) -> list[KnownText]:
    """The known texts that an error shows."""
    text = passage.squeezed
    return [one for part, one in _longest_parts() if part in text and one.stands_in(passage)]


def whole(errors: Iterable[Passage]) -> Iterator[Passage]:
    """The errors, with those put together that a line's end has cut a known text in two."""
    before: Passage | None = None
    for one in errors:
        if before is None:
            before = one
        elif len(before.text) < LONGEST and _cut_in_two(before, one):
            before = Passage(f"{before.text}{_between(before, one)}{one.text}", before.lines)
        else:
            yield before
            before = one
    if before is not None:
        yield before


def _cut_in_two(before: Passage, after: Passage) -> bool:
    end, start = before.squeezed[-_LONGEST_PART:], after.squeezed[:_LONGEST_PART]
    both = end + start
    return any(
        part in both and part not in end and part not in start
        for part, _ in _longest_parts()
        if len(part) >= _TELLING
    )


def _between(before: Passage, after: Passage) -> str:
    """A space, but for a word that is cut itself: where the known text has none there."""
    glued = f"{before.text[-_LONGEST_PART:]}{after.text[:_LONGEST_PART]}".lower()
    whole = any(part.lower() in glued for one in known_texts() for part in one.text)
    return "" if whole else " "


@cache
def speakers() -> tuple[Speaker, ...]:
    """All speakers."""
    rows = _table("speakers")
    return tuple(Speaker(**{**one, "marks": tuple(map(str.lower, one["marks"]))}) for one in rows)


@cache
def permits() -> Mapping[str, str]:
    """The catalogue's permissions by an action's prefix."""
    found: dict[str, str] = _table("permits")
    return found
