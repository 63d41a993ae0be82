"""Whether a policy may allow certain actions on certain resources: `CheckAccessNotGranted`.

A statement with conditions counts as granting: some request may fulfil them. A Deny counts where it
surely applies to all that the statement and the question have in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .containment import Grant, Part, actions_of, parts, resources_of
from .document import Policy
from .implication import all_implied
from .inclusion import PatternSet, covers, covers_resource, pattern
from .patterns import glob
from .principal_set import covers_principals
from .statement import Statement


def granted(policy: Policy, actions: Sequence[str], resources: Sequence[str]) -> list[Grant]:
    """What the policy may allow of the actions on the resources; empty if surely nothing.

    `actions` and `resources` may hold wildcards. An empty one stands for all.
    """
    found = []
    denies = [item for item in policy.statements if item.effect == "Deny"]
    for index, statement in enumerate(policy.statements):
        if statement.effect != "Allow":
            continue
        for part in parts(statement):
            for words in _asked(part, actions or ["*"], resources or ["*"], denies):
                found.append(Grant(index, statement.sid, words))
    return found


def _asked(
    part: Part, actions: Sequence[str], resources: Sequence[str], denies: Sequence[Statement]
) -> Iterator[str]:
    for action in actions:
        asked = PatternSet((glob(action.lower()),), False, covers)
        if not part.actions.meets(asked):
            continue
        for resource in resources:
            # What is asked for is no policy: a `${` in it is a text.
            wanted = PatternSet((pattern(resource, variables=False),), False, covers_resource)
            if not part.resources.meets(wanted):
                continue
            if not any(_denied(part, asked, wanted, deny) for deny in denies):
                yield f"{part} may allow {action} on {resource}"


def _denied(part: Part, asked: PatternSet, wanted: PatternSet, deny: Statement) -> bool:
    return (
        any(item.within(actions_of(deny)) for item in (part.actions, asked))
        and any(item.within(resources_of(deny)) for item in (part.resources, wanted))
        and covers_principals(deny, part.statement)
        and all_implied(part.statement.conditions, deny.conditions)
    )
