"""What one Allow statement grants, taken apart: one entry of Action on one entry of Resource."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from podrole.policy.analysis.inclusion import Comparison, PatternSet, Shape, pattern
from podrole.policy.budget import Budget
from podrole.policy.patterns import ANY, glob
from podrole.policy.statement import Statement


@dataclass(frozen=True)
class Grant:
    """One action on one resource that a statement of a policy allows, and what is said of it."""

    index: int  # of the statement, from 0
    sid: str | None
    reason: str


@dataclass(frozen=True)
class Entry:
    """One entry of Action or Resource; a complement (NotAction, NotResource) stays whole."""

    texts: PatternSet
    words: str


def action_entries(statement: Statement) -> list[Entry]:
    """The entries of Action, or NotAction as one."""
    return _entries(actions_of(statement), statement.actions, "NotAction")


def resource_entries(statement: Statement) -> list[Entry]:
    """The entries of Resource, or NotResource as one; a trust policy means its role."""
    entries = statement.resources or ("the role",)
    return _entries(resources_of(statement), entries, "NotResource")


@dataclass(frozen=True)
class Compared:
    """An entry, and how it stands to some other sets, as bits by their number.

    Attributes:
        entry: of Action or of Resource.
        within: the sets that surely hold all of it.
        meets: the sets that it may have a text in common with.
    """

    entry: Entry
    within: int
    meets: int


def compared(
    entries: Sequence[Sequence[Entry]], others: Sequence[PatternSet], budget: Budget
) -> list[list[Compared]]:
    """The entries of each of several statements beside the same other sets.

    Raises BudgetSpentError.
    """
    flat = [entry for some in entries for entry in some]
    comparison = Comparison([entry.texts for entry in flat], others, budget)
    answers = iter(map(Compared, flat, comparison.within, comparison.meets))
    return [[next(answers) for _ in some] for some in entries]


def words(statement: Statement, action: Entry, resource: Entry) -> str:
    """What is granted, for a reader."""
    everyone = " for everyone but those listed" if statement.not_principal else ""
    return f"{action.words} on {resource.words}{everyone}"


def _entries(whole: PatternSet, entries: tuple[str, ...], inverse: str) -> list[Entry]:
    if whole.complement:
        return [Entry(whole, f"{inverse} {', '.join(entries)}")]
    return [
        Entry(PatternSet((one,), False, whole.shape), entry)
        for one, entry in zip(whole.patterns, entries, strict=True)
    ]


def actions_of(statement: Statement) -> PatternSet:
    """The actions that a statement means, in lowercase."""
    patterns = tuple(glob(action) for action in statement.actions)
    return PatternSet(patterns, statement.not_action, Shape.TEXT)


def resources_of(statement: Statement) -> PatternSet:
    """The resources that a statement means; a trust policy means its role."""
    if statement.resources is None:
        return PatternSet(((ANY,),), False, Shape.RESOURCE)
    patterns = tuple(pattern(item, variables=statement.variables) for item in statement.resources)
    return PatternSet(patterns, statement.not_resource, Shape.RESOURCE)
