"""Who can assume a role: the service accounts of a cluster that a trust policy admits.

Source of the claims: EKS user guide, "IAM roles for service accounts" (checked 2026-11-23).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .authorize import authorize
from .conditions import OPERATORS, Condition
from .document import Policy
from .request import PolicySet, Request
from .statement import Statement
from .subjects import Subjects, possible

_ACTION = "sts:AssumeRoleWithWebIdentity"
_PROVIDER = re.compile(r"(arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/)(.+)\Z")
_ANY_SUBJECT = "system:serviceaccount:any:any"


@dataclass(frozen=True)
class Admitted:
    """What one provider's tokens open: a sentence, and the sets of `sub` behind it."""

    provider: str
    sentence: str
    subjects: tuple[Subjects, ...] = ()
    refused: tuple[Subjects, ...] = ()

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns of `sub` that open the role, exceptions left out."""
        return tuple(dict.fromkeys(" and ".join(item.fits) for item in self.subjects))

    def admits(self, subject: str) -> bool:
        """Whether a token with this `sub`, and nothing else to show, opens the role."""
        return not any(subject in item for item in self.refused) and any(
            subject in item and not item.provided for item in self.subjects
        )

    def __str__(self) -> str:
        return f"{self.provider}: {self.sentence}"


def who(
    trust: Policy, provider: str | None = None, audience: str = "sts.amazonaws.com"
) -> list[Admitted]:
    """Who may assume the role with a token of each provider that the policy names.

    `provider` (an issuer with or without `https://`) asks for one cluster only. Conditions on `sub`
    become sets; what the other parts of a statement say is asked of `authorize`.
    """
    named = _providers(trust)
    if provider is not None:
        wanted = provider.removeprefix("https://")
        named = [(prefix, name) for prefix, name in named if name == wanted]
        if not named:
            return [Admitted(wanted, "nobody: the trust policy does not name this provider")]
    return [_admitted(trust, prefix + name, name, audience) for prefix, name in named]


def _providers(trust: Policy) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for statement in trust.statements:
        principal = statement.principal
        if principal is None or isinstance(principal, str):
            continue
        for value in principal.get("Federated", ()):
            if match := _PROVIDER.match(value):
                found[match[1], match[2]] = None
    return list(found)


def _admitted(trust: Policy, arn: str, provider: str, audience: str) -> Admitted:
    token = _Token(trust, arn, provider, audience)
    subjects: list[Subjects] = []
    refused: list[Subjects] = []
    for statement in trust.statements:
        (subjects if statement.effect == "Allow" else refused).extend(token.subjects(statement))
    if not subjects:
        return Admitted(provider, f"nobody: {_why_nobody(trust)}")
    sure = tuple(item for item in refused if not item.provided)
    subjects = [item for item in dict.fromkeys(subjects) if not any(map(item.within, sure))]
    if not subjects:
        return Admitted(provider, "nobody: a Deny refuses whom the rest would admit")
    sentence = "; ".join(str(item) for item in subjects)
    for item in dict.fromkeys(refused):
        if any(map(item.meets, subjects)):
            sentence += f"; but a Deny refuses {item}"
    return Admitted(provider, sentence, tuple(subjects), sure)


@dataclass(frozen=True)
class _Token:
    """A token of one provider, as a trust policy sees it."""

    trust: Policy
    arn: str
    provider: str
    audience: str

    def subjects(self, statement: Statement) -> Iterator[Subjects]:
        """The subjects that a statement means: none if another part of it fails."""
        about_sub = [item for item in statement.conditions if self._about_subject(item)]
        rest = tuple(item for item in statement.conditions if item not in about_sub)
        provided: tuple[str, ...] = ()
        if not self._holds(replace(statement, conditions=rest)):
            # Keys that a request may bring besides its token: say what must hold for them.
            own = tuple(item for item in rest if not _of_the_request(item))
            if own == rest or not self._holds(replace(statement, conditions=own)):
                return
            provided = tuple(
                f"{item.key} passes {item.name} {' or '.join(item.values)}"
                for item in rest
                if _of_the_request(item)
            )
        choices, unless = [], []
        for item in about_sub:
            patterns = [text for value in item.values if (text := _pattern(item, value))]
            if OPERATORS[item.operator].negated:
                unless += [text for text in patterns if possible((text,))]
            else:
                choices.append(patterns)
        for fits in itertools.product(*choices):
            found = Subjects.of(fits, unless, provided)
            if found is not None:
                yield found

    def _about_subject(self, condition: Condition) -> bool:
        return (
            condition.key.lower() == f"{self.provider}:sub".lower()
            and condition.operator.startswith("String")
        )

    def _holds(self, statement: Statement) -> bool:
        """Whether `authorize` finds the statement to apply, its effect set aside."""
        alone = replace(self.trust, statements=(replace(statement, effect="Allow"),), _by_action={})
        request = Request(
            principal=self.arn,
            action=_ACTION,
            resource=self.arn.partition(":oidc-provider/")[0] + ":role/any",
            context={
                f"{self.provider}:sub": _ANY_SUBJECT,
                f"{self.provider}:aud": self.audience,
            },
        )
        return authorize(request, PolicySet(resource=alone)).allowed


def _of_the_request(condition: Condition) -> bool:
    return condition.key.lower().startswith(("aws:", "sts:")) and condition.operator != "Null"


def _pattern(condition: Condition, value: str) -> str | None:
    """A value as a glob over subjects; None where no service account's name can be meant."""
    if condition.variables and "${" in value:
        return None  # a token gives the variable no value: the pattern never matches
    operator = OPERATORS[condition.operator]
    if not operator.wild and set("*?") & set(value):
        return None  # a letter here, which no name holds
    return value.lower() if operator.fold else value


def _why_nobody(trust: Policy) -> str:
    allowing = [item for item in trust.statements if item.effect == "Allow"]
    if not any(item.names_action(_ACTION.lower()) for item in allowing):
        return f"no statement allows {_ACTION}"
    for statement in allowing:
        for condition in statement.conditions:
            if reason := _why_never(condition):
                return reason
    return "its conditions never hold together for a service account's token"


def _why_never(condition: Condition) -> str | None:
    key = condition.key
    if key.startswith("https://"):
        return f"{key} never matches: condition keys carry no https://"
    operator = OPERATORS.get(condition.operator)
    if operator is None or operator.negated or not condition.operator.startswith("String"):
        return None
    for value in condition.values:
        if not operator.wild and "*" in value:
            return f"{value} never matches: a star is a letter under {condition.name}"
        if key.lower().endswith(":sub") and not possible((value,)):
            return f"{value} never matches: a subject is system:serviceaccount:<namespace>:<name>"
    return None
