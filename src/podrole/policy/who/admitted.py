"""Who can assume a role: the service accounts of a cluster that a trust policy admits.

Source of the claims: EKS user guide, "IAM roles for service accounts" (checked 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from podrole.policy.budget import Budget
from podrole.policy.conditions import Condition, normalised
from podrole.policy.document import Policy
from podrole.policy.operators import OPERATORS
from podrole.policy.subjects.patterns import possible
from podrole.policy.subjects.subjects import Subjects
from podrole.policy.who.combinations import combinations
from podrole.policy.who.deny_of_subjects import Denied
from podrole.policy.who.subject_union import widest
from podrole.policy.who.token_conditions import ACTION, TokenConditions

#: For all providers of one policy: on a laptop below two seconds (measured 2026-11-28).
STEPS = 400_000
_WITH_SCHEME = (
    "a provider's ARN never contains https://, and condition keys with https:// match no token"
)
_TOO_MANY = "too many combinations to list"


@dataclass(frozen=True)
class Admitted:
    """What one provider's tokens open: a sentence, and the sets of `sub` behind it.

    Attributes:
        provider: the issuer, without `https://`.
        sentence: who is admitted, in words.
        subjects: the sets of subjects that Allow statements admit.
        refused: the sets that Deny statements take from them.
        complete: whether `subjects` are all; if not, there may be more, and these hold.
        audience: of the tokens.
    """

    provider: str
    sentence: str
    subjects: tuple[Subjects, ...] = ()
    refused: tuple[Subjects, ...] = ()
    complete: bool = True
    audience: str = "sts.amazonaws.com"

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns of `sub` that open the role, exceptions left out."""
        return tuple(dict.fromkeys(" and ".join(item.patterns) for item in self.subjects))

    def admits(
        self, subject: str, context: Mapping[str, str | Sequence[str]] | None = None
    ) -> bool:
        """Whether a token with this `sub` is in what is listed, and opens the role.

        `context` holds what else the request brings: keys that begin with `aws:` or `sts:`.
        """
        token = {f"{self.provider}:sub": subject, f"{self.provider}:aud": self.audience}
        keys = normalised({**(context or {}), **token})
        return any(item.admits(subject, keys) for item in self.subjects) and not any(
            item.admits(subject, keys) for item in self.refused
        )

    def __str__(self) -> str:
        return f"{self.provider}: {self.sentence}"


def who(
    trust: Policy,
    provider: str | None = None,
    audience: str = "sts.amazonaws.com",
    budget: Budget | None = None,
) -> list[Admitted]:
    """Who may assume the role with a token of each provider that the trust policy names.

    `provider` is an issuer, with or without `https://`, to ask for one cluster only; `audience` is
    that of the tokens. `budget` bounds the work; what is not decided within it says so.
    """
    conditions = TokenConditions(trust, audience)
    budget = budget or Budget(STEPS)
    named = conditions.providers
    if provider is not None:
        wanted = provider.removeprefix("https://")
        of_all = conditions.every
        named = {arn: name for arn, name in named.items() if name == wanted}
        if not named and of_all:
            named = {of_all: wanted}
        if not named:
            return [Admitted(wanted, "nobody: the trust policy does not name this provider")]
    why_nobody = cache(partial(_why_nobody, trust))
    return [
        _admitted(name, conditions.subjects(arn), audience, budget, why_nobody)
        for arn, name in named.items()
    ]


def _admitted(
    provider: str,
    said: tuple[list[Subjects], list[Subjects]],
    audience: str,
    budget: Budget,
    why_nobody: Callable[[], str],
) -> Admitted:
    if provider.startswith("https://"):
        return Admitted(provider, f"nobody: {_WITH_SCHEME}")
    allowed, denied = said
    found: list[Subjects] = []
    complete = True
    for statement in allowed:
        listed, all_of_it = combinations(statement, budget)
        found += listed
        complete = complete and all_of_it
    if not found and complete:
        return Admitted(provider, f"nobody: {why_nobody()}")
    subjects = widest(found, budget)
    refusing = Denied(denied, budget) if denied else None
    if refusing:
        subjects = refusing.left(subjects)
    if not subjects:
        if complete:
            return Admitted(provider, "nobody: a Deny refuses everyone whom the rest admits")
        return Admitted(provider, f"not decided: {_TOO_MANY}", complete=False, audience=audience)
    sentence = "" if complete else f"at least these; {_TOO_MANY}: "
    sentence += "; ".join(map(str, subjects))
    for item in refusing.concerning() if refusing else ():
        sentence += f"; but a Deny refuses {item}"
    return Admitted(provider, sentence, tuple(subjects), tuple(denied), complete, audience)


def _why_nobody(trust: Policy) -> str:
    allowing = [item for item in trust.statements if item.effect == "Allow"]
    if not any(item.names_action(ACTION.lower()) for item in allowing):
        return f"no statement allows {ACTION}"
    for statement in allowing:
        for condition in statement.conditions:
            if reason := _why_never(condition):
                return reason
    return "its conditions never match together for a service account's token"


def _why_never(condition: Condition) -> str | None:
    key = condition.key
    if key.startswith("https://"):
        return f"{key} never matches: condition keys do not contain https://"
    operator = OPERATORS.get(condition.operator)
    if operator is None or operator.negated or not condition.operator.startswith("String"):
        return None
    for value in condition.values:
        if not operator.wild and "*" in value:
            return f"{value} never matches: * is a literal character under {condition.name}"
        if key.lower().endswith(":sub") and not possible(value):
            return f"{value} never matches: a subject is system:serviceaccount:<namespace>:<name>"
    return None
