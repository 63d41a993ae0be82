"""Sets of service accounts, as conditions on a token's `sub` draw them, and their words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from podrole.policy.conditions import Condition
from podrole.policy.subjects.patterns import PREFIX, everyone, fits, possible
from podrole.policy.subjects.search import Choice, Clause
from podrole.policy.text_patterns import wild
from podrole.policy.variables import Context

#: Conditions on the request itself, not on the token: who comes must fulfil them besides.
Provided = tuple[Condition, ...]


@dataclass(frozen=True)
class Subjects:
    """The service accounts of a clause, where the request fulfils further conditions.

    Attributes:
        clause: patterns of `sub`; without a choice, every service account.
        provided: conditions on other keys that the request must fulfil.
        decided: whether it is shown that someone is in the set.
    """

    clause: Clause
    provided: Provided = ()
    decided: bool = True

    @property
    def patterns(self) -> tuple[str, ...]:
        """What a subject must fit, all of it."""
        return tuple(" or ".join(item) for item in self.clause.choices) or (f"{PREFIX}*",)

    @property
    def name(self) -> str | None:
        """The one subject of a set that names it in full."""
        choices = self.clause.choices
        single = len(choices) == 1 and len(choices[0]) == 1 and not wild(choices[0][0])
        return choices[0][0] if single else None

    def __contains__(self, subject: str) -> bool:
        return all(
            any(fits(item, subject) for item in choice) for choice in self.clause.choices
        ) and not any(fits(item, subject) for item in self.clause.unless)

    def admits(self, subject: str, context: Context) -> bool:
        """Whether a subject is in the set and its request fulfils what is provided."""
        return subject in self and all(item.holds(context) for item in self.provided)

    def __str__(self) -> str:
        text = " that is also ".join(map(_choice, self.clause.choices)) or _EVERYONE
        if self.clause.unless:
            text += ", except " + " and ".join(map(_sentence, self.clause.unless))
        if self.provided:
            text += ", if " + " and ".join(map(provision, self.provided))
        return text if self.decided else f"{text} (whether that leaves anyone: too long to decide)"


def simplified(choices: Iterable[Iterable[str]], unless: Iterable[str]) -> Clause | None:
    """The clause without patterns that say nothing; None if nobody can be in it."""
    kept: list[Choice] = []
    for choice in choices:
        patterns = tuple(dict.fromkeys(choice))
        if any(map(everyone, patterns)):
            continue
        patterns = tuple(filter(possible, patterns))
        if not patterns:
            return None
        if patterns not in kept:
            kept.append(patterns)
    refused = tuple(filter(possible, dict.fromkeys(unless)))
    return None if any(map(everyone, refused)) else Clause(tuple(kept), refused)


_EVERYONE = "every pod of the cluster"


def _choice(patterns: Choice) -> str:
    sentences = [_sentence(item) for item in patterns]
    return sentences[0] if len(sentences) == 1 else f"one of ({' or '.join(sentences)})"


def _sentence(pattern: str) -> str:
    if everyone(pattern):
        return _EVERYONE
    if not wild(pattern):
        return f"exactly {pattern}"
    namespace, colon, name = pattern.removeprefix(PREFIX).partition(":")
    if not pattern.startswith(PREFIX) or not colon:
        return f"any subject like {pattern}"
    if not wild(namespace):
        if name == "*":
            return f"any service account in namespace {namespace}"
        return f"service accounts named {name} in namespace {namespace}"
    if namespace == "*":
        where = "any namespace"
    elif namespace.endswith("*") and not wild(namespace[:-1]):
        where = f"any namespace that begins with {namespace[:-1]}"
    else:
        where = f"any namespace like {namespace}"
    what = "any service account" if name == "*" else f"service account {name}"
    return f"{what} in {where}"


def provision(condition: Condition) -> str:
    """A condition on the request, in words."""
    key = condition.key
    if condition.operator == "Null":
        return f"the request {'does not bring' if condition.holds_without_key else 'brings'} {key}"
    text = f"{key} passes {condition.name} {' or '.join(condition.values)}"
    return f"{text}, or is absent" if condition.holds_without_key else text
