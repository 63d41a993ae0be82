"""Whether a policy grants nothing that another does not: what `CheckNoNewAccess` asks.

Each Allow of the new policy is taken apart into one action on one resource. Such a part is no new
access if one Allow of the existing policy means its action, its resource and its principals, under
conditions that the new statement's conditions imply, and if no Deny of the existing policy that
may meet it is missing in the new one. All else is reported, also where a finer proof might exist:
a part that only several existing statements cover together, say. So an empty answer is a proof by
the rules of this engine; a finding is a question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .document import Policy
from .implication import all_implied
from .inclusion import PatternSet, covers, covers_resource, pattern
from .patterns import ANY, glob
from .principal_set import covers_principals, disjoint_principals
from .statement import Statement


@dataclass(frozen=True)
class Grant:
    """One action on one resource that a statement of a policy allows, and what is said of it."""

    index: int  # of the statement, from 0
    sid: str | None
    reason: str


def new_access(new: Policy, existing: Policy) -> list[Grant]:
    """What the new policy may allow and the existing one may not; empty if surely nothing."""
    found = []
    denies = [item for item in new.statements if item.effect == "Deny"]
    for index, statement in enumerate(new.statements):
        if statement.effect != "Allow":
            continue
        for part in parts(statement):
            if any(part.denied_by(deny) for deny in denies):
                continue
            reason = _why_new(part, denies, existing)
            if reason:
                found.append(Grant(index, statement.sid, reason))
    return found


def _why_new(part: Part, denies: list[Statement], existing: Policy) -> str | None:
    allows = [item for item in existing.statements if item.effect == "Allow"]
    if not any(part.allowed_by(item) for item in allows):
        return f"no statement of the existing policy is shown to allow {part}"
    for item in existing.statements:
        if item.effect != "Deny" or not part.met_by(item):
            continue
        if not any(part.keeps(item, deny) for deny in denies):
            return f"{item.path} of the existing policy may deny {part}, the new one may not"
    return None


@dataclass(frozen=True)
class Part:
    """A part of a statement's grant: one entry of Action on one entry of Resource."""

    statement: Statement
    actions: PatternSet
    resources: PatternSet
    words: str

    def __str__(self) -> str:
        return self.words

    def within(self, other: Statement) -> bool:
        """Whether another statement surely means all of it, its conditions set aside."""
        return (
            self.actions.within(actions_of(other))
            and self.resources.within(resources_of(other))
            and covers_principals(other, self.statement)
        )

    def allowed_by(self, other: Statement) -> bool:
        """Whether an Allow grants all of it."""
        return self.within(other) and all_implied(self.statement.conditions, other.conditions)

    #: A Deny that means all of it leaves nothing to grant: the same question.
    denied_by = allowed_by

    def met_by(self, deny: Statement) -> bool:
        """Whether a Deny may take something of it away."""
        return (
            self.actions.meets(actions_of(deny))
            and self.resources.meets(resources_of(deny))
            and not disjoint_principals(self.statement, deny)
        )

    def keeps(self, former: Statement, deny: Statement) -> bool:
        """Whether a Deny surely takes away all that the former Deny takes of it."""
        return (
            any(item.within(actions_of(deny)) for item in (self.actions, actions_of(former)))
            and any(
                item.within(resources_of(deny)) for item in (self.resources, resources_of(former))
            )
            and (covers_principals(deny, former) or covers_principals(deny, self.statement))
            and all_implied((*former.conditions, *self.statement.conditions), deny.conditions)
        )


def parts(statement: Statement) -> Iterator[Part]:
    """The parts of a statement; a complement (NotAction, NotResource) stays whole."""
    named = "everybody but those listed" if statement.not_principal else ""
    for actions, action in _single(actions_of(statement), statement.actions, "NotAction"):
        entries = statement.resources or ("the role",)
        for resources, resource in _single(resources_of(statement), entries, "NotResource"):
            words = f"{action} on {resource}" + (f" for {named}" if named else "")
            yield Part(statement, actions, resources, words)


def _single(
    whole: PatternSet, entries: tuple[str, ...], inverse: str
) -> Iterator[tuple[PatternSet, str]]:
    if whole.complement:
        yield whole, f"{inverse} {', '.join(entries)}"
        return
    for one, entry in zip(whole.patterns, entries, strict=True):
        yield PatternSet((one,), False, whole.covers), entry


def actions_of(statement: Statement) -> PatternSet:
    """The actions that a statement means, in small letters."""
    patterns = tuple(glob(action) for action in statement.actions)
    return PatternSet(patterns, statement.not_action, covers)


def resources_of(statement: Statement) -> PatternSet:
    """The resources that a statement means; a trust policy means its role."""
    if statement.resources is None:
        return PatternSet(((ANY,),), False, covers_resource)
    patterns = tuple(pattern(item, variables=statement.variables) for item in statement.resources)
    return PatternSet(patterns, statement.not_resource, covers_resource)
