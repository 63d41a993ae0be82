"""The causes that fit an error, ranked, each with the fact that speaks for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from podrole.doctor.texts.facts import Facts, read_identity, read_rest
from podrole.doctor.texts.known import (
    PAGE,
    Cause,
    causes,
    filled,
    permits,
    speakers,
    texts_in,
    whole,
)
from podrole.doctor.texts.log import novel_text
from podrole.doctor.texts.plain import Passage, passages
from podrole.doctor.texts.rules import general, identity, network
from podrole.terminal import one_line, shell_word

#: Causes that are told of one error, and errors of one output.
_MOST_CAUSES, _MOST_ANSWERS = 3, 12
_PLACE = re.compile(r"\{([a-z_]{1,30})\}")
#: Told only of a role that is denied with its own identity; the first that fits is enough.
_DENIED = ("denied", "pass-role")
#: The metadata service comes last in every chain, so its silence follows from something else.
_FOLLOWING = ("metadata-blocked",)


@dataclass(frozen=True)
class Finding:
    """A cause that fits, with the text's own names in it.

    Attributes:
        cause: the cause. because: the fact that speaks for it.
        means, decide, fix: the cause's, filled in.
        take: the catalogue's id of the fix, empty where none fits this action.
    """

    cause: Cause
    because: str
    means: str
    decide: str
    fix: str
    take: str

    def to_json(self) -> dict[str, str]:
        """The finding as plain data."""
        return {
            "id": self.cause.id,
            "means": self.means,
            "because": self.because,
            "decide": self.decide,
            "fix": self.fix,
            "section": self.cause.section,
            "take": self.take,
        }


@dataclass(frozen=True)
class Answer:
    """One error of an output.

    Attributes:
        facts: what its text says.
        findings: its causes, the likeliest first.
        follows: nothing but a chain's own end: the cause may stand elsewhere.
        times: how often the output shows it.
    """

    facts: Facts
    findings: tuple[Finding, ...]
    follows: bool = False
    times: int = 1

    def to_json(self) -> dict[str, object]:
        """The answer as plain data."""
        return {
            "facts": self.facts.to_json(),
            "causes": [one.to_json() for one in self.findings],
            "follows": self.follows,
            "times": self.times,
        }

    def __str__(self) -> str:
        lines = [one_line(said) for said in _said(self)]
        for number, one in enumerate(self.findings):
            lines.append(one_line(f"{'or ' if number else ''}{one.cause.id}: {one.means}"))
            lines += [
                one_line(f"        because: {one.because}"),
                one_line(f"        decide: {one.decide}"),
                one_line(f"        fix: {one.fix}"),
                f"        read: {PAGE}#{one.cause.section}",
            ]
            if one.take:
                lines.append(f"        take: podrole snippet show {one.take}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Reply:
    """What an output means.

    Attributes:
        answers: its errors, those first that others may follow from.
        noise: what looks like an error of AWS and is none.
        empty: there was no text at all.
        facts: of an output that shows nothing known: what could be read from it.
        left_out: how many errors more there are.
        cut: the log has more kinds of lines that could be errors than are read.
    """

    answers: tuple[Answer, ...] = ()
    noise: tuple[Finding, ...] = ()
    empty: bool = False
    facts: Facts = field(default_factory=Facts)
    left_out: int = 0
    cut: bool = False

    @property
    def known(self) -> bool:
        """Whether something in it is known."""
        return bool(self.answers or self.noise)

    @property
    def causes(self) -> list[str]:
        """The ids of the first causes, error by error; of noise where there is nothing else."""
        found = [one.findings[0].cause.id for one in self.answers]
        return found or [one.cause.id for one in self.noise]

    def to_json(self) -> dict[str, object]:
        """The reply as plain data."""
        return {
            "answers": [one.to_json() for one in self.answers],
            "noise": [one.to_json() for one in self.noise],
            "facts": self.facts.to_json(),
            "leftOut": self.left_out,
            "cut": self.cut,
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        if self.cut:
            yield (
                "the log has too many different lines, so its end was not read: give a shorter part"
            )
        if self.empty:
            yield "it contains no text; give a program's output, or its last lines"
            return
        if not self.known:
            read = ", ".join(f"{key} {value}" for key, value in _shown(self.facts))
            yield f"no known error text found; start with {PAGE}#first-of-all-who-is-it"
            if read:
                yield one_line(f"found in it: {read}")
            return
        several = len(self.answers) > 1
        for number, one in enumerate(self.answers, start=1):
            if several:
                times = f", {one.times} times" if one.times > 1 else ""
                follows = ", possibly only a consequence of another" if one.follows else ""
                yield f"{'' if number == 1 else chr(10)}error {number}{times}{follows}"
            yield str(one)
        if self.left_out:
            yield f"\n{self.left_out} more errors are not shown; give a shorter part of the output"
        for one_noise in self.noise:
            yield one_line(f"not an AWS error: {one_noise.means} [{one_noise.cause.id}]")


def explain(output: str) -> Reply:
    """What an output of a program means. Linear in its length."""
    return _reply(passages(output))


def explain_log(blocks: Iterable[bytes]) -> Reply:
    """As `explain`, for an output that comes in blocks: at no time is all of it in memory.

    A long log is read for the lines that could be errors, and of those that are alike for one.
    """
    text, cut = novel_text(blocks)
    return replace(_reply(passages(text)), cut=cut)


def _reply(errors: Iterable[Passage]) -> Reply:
    answers: dict[tuple[object, ...], Answer] = {}
    noise: dict[str, Finding] = {}
    first: Passage | None = None
    for passage in whole(errors):
        first = first or passage
        facts = read_identity(passage)
        strong, weak, noises = _told(facts, passage)
        found = strong or weak
        who = facts.role or facts.caller  # a session of its own is no error of its own
        key = (tuple(one for one, _ in found), who, facts.action, facts.host)
        if found and key in answers:
            answers[key] = replace(answers[key], times=answers[key].times + 1)
        elif found:
            facts = read_rest(facts, passage)
            findings = tuple(_finding(one, because, facts) for one, because in found)
            answers[key] = Answer(facts, findings, follows=not strong)
        elif noises:
            noise |= {one: _finding(one, because, facts) for one, because in noises}
    # What only follows stands behind what it may follow from.
    ordered = sorted(answers.values(), key=lambda one: one.follows)
    return Reply(
        tuple(ordered[:_MOST_ANSWERS]),
        tuple(noise.values()),
        empty=first is None,
        facts=read_rest(read_identity(first), first) if first and not ordered else Facts(),
        left_out=max(0, len(ordered) - _MOST_ANSWERS),
    )


Told = list[tuple[str, str]]


def _told(facts: Facts, passage: Passage) -> tuple[Told, Told, Told]:
    """The causes of one error: what speaks for itself, what only follows, and noise."""
    by_identity = list(identity(facts, passage))
    strong: list[tuple[int, str, str]] = []
    weak: list[tuple[int, str, str]] = []
    noise: Told = []
    for one, because in network(facts, passage):
        (weak if one in _FOLLOWING else strong).append((causes()[one].rank, one, because))
    for text in texts_in(passage):
        because = f"it says: {text.shows}"
        if text.noise:
            noise += [(one, because) for one in text.causes]
            continue
        rank = causes()[text.causes[0]].rank
        (weak if text.follows else strong).extend((rank, one, because) for one in text.causes)
    if by_identity:
        strong = [one for one in strong if not one[1].startswith(_DENIED)]
        weak = [one for one in weak if not one[1].startswith(_DENIED)]
    found = by_identity + [(one, because) for _, one, because in sorted(strong, key=_rank)]
    following = [(one, because) for _, one, because in sorted(weak, key=_rank)]
    if not (found or following or noise):
        following = [*general(passage)]
    return _distinct(found, facts), _distinct(following, facts), noise


def _rank(one: tuple[int, str, str]) -> int:
    return one[0]


def _distinct(told: Iterable[tuple[str, str]], facts: Facts) -> Told:
    """Each cause once, of a denial the first kind, and no more than a reader can weigh."""
    found: dict[str, str] = {}
    for one, because in told:
        if one == "denied" and not facts.caller:
            one = "denied-unnamed"
        denied = one.startswith(_DENIED)
        if not (denied and any(other.startswith(_DENIED) for other in found)):
            found.setdefault(one, because)
    return list(found.items())[:_MOST_CAUSES]


def _finding(id: str, because: str, facts: Facts) -> Finding:
    cause = causes()[id]
    words = {key: str(value) for key, value in facts.to_json().items()}
    words["role_arn"] = facts.role_arn

    def command(text: str) -> str:
        return _PLACE.sub(lambda match: _word(words.get(match[1], ""), match[1]), text)

    take = cause.take if id != "denied" else _permits(facts)
    means, fix = filled(cause.means, words), filled(cause.fix, words)
    return Finding(cause, because, means, command(cause.decide), fix, take)


def _word(value: str, name: str) -> str:
    """A fact as one word of a command; what a reader has to fill in where there is none."""
    fits = bool(value) and not value.startswith("-") and "*" not in value
    if fits:
        return shell_word(value)
    return "" if name == "policy_arn" else f"<{name.replace('_', '-')}>"


def _permits(facts: Facts) -> str:
    """The catalogue's permissions for what was denied, as a pattern to begin with."""
    said_by = {one.name: one.permits for one in speakers() if one.permits}
    own = next((said_by[one] for one in facts.speakers if one in said_by), "")
    prefix, _, name = facts.action.partition(":")
    if prefix == "s3" and name.startswith(("Put", "Delete", "Abort")):
        return "identity-s3-write"
    return own or permits().get(prefix, "")


def _said(answer: Answer) -> Iterator[str]:
    shown = list(_shown(answer.facts))
    if shown:
        yield "read: " + ", ".join(f"{key} {value}" for key, value in shown)


def _shown(facts: Facts) -> Iterator[tuple[str, str]]:
    if facts.speakers:
        version = f" {facts.version}" if facts.version else ""
        yield "words of", " in ".join(facts.speakers[:3]) + version
    for name in ("code", "status", "operation", "action", "resource", "caller", "layer", "host"):
        value = getattr(facts, name)
        if value:
            yield name, value
