"""What the statements of a trust policy say about the tokens of an OIDC provider.

A token of a pod carries a subject and an audience: every other claim, and every key of another
provider, is absent. Keys of the request (`aws:…`, `sts:…`) may or may not be there; conditions on
them, and values with variables that stand for them, stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from podrole.policy.conditions import Condition
from podrole.policy.document import Policy
from podrole.policy.operators import OPERATORS
from podrole.policy.patterns import ANY, ONE
from podrole.policy.statement import Statement
from podrole.policy.subjects.subjects import Provided, Subjects, simplified
from podrole.policy.variables import names_in, resolve

ACTION = "sts:AssumeRoleWithWebIdentity"
_FOLDED_ACTION = ACTION.lower()
_PROVIDER = re.compile(r"(arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/)(.+)\Z")
_EVERY = "*"
#: Stands for the providers that no statement names, where all of an account's are meant.
ANY_PROVIDER = "any other OIDC provider of the account"
_OF_THE_REQUEST = ("aws:", "sts:")
_SOME_SUBJECT = ("system:serviceaccount:any:any",)


class TokenConditions:
    """The statements of a policy that allow or deny web identities, by provider."""

    def __init__(self, trust: Policy, audience: str) -> None:
        self._audience = audience
        self._by_arn: dict[str, list[_Spoken]] = {}
        self._of_all: list[_Spoken] = []
        self.providers: dict[str, str] = {}
        for number, statement in enumerate(trust.statements):
            named = _federated(statement)
            for arn in named:
                if match := _PROVIDER.match(arn):
                    self.providers[arn] = match[2]
            if not statement.names_action(_FOLDED_ACTION):
                continue
            spoken = _Spoken(number, statement)
            if _means_all(statement):
                self._of_all.append(spoken)
            else:
                for arn in named:
                    self._by_arn.setdefault(arn, []).append(spoken)
        #: The ARN that stands for all providers, where a statement means every token; else empty.
        self.every = ""
        if any(item.statement.effect == "Allow" for item in self._of_all):
            self._name_all()

    def _name_all(self) -> None:
        """What a statement for every token names: issuers by its condition keys, and the others."""
        named = {name.lower() for name in self.providers.values()}
        for item in self._of_all:
            for key in item.by_key:
                issuer, _, claim = key.rpartition(":")
                if claim in ("sub", "aud") and issuer and issuer not in named:
                    named.add(issuer)
                    self.providers[f"{_EVERY}/{issuer}"] = issuer
        self.every = _EVERY
        self.providers[_EVERY] = ANY_PROVIDER

    def subjects(self, arn: str) -> tuple[list[Subjects], list[Subjects]]:
        """Whom the statements allow and whom they deny, each in one set; `arn` is a provider's."""
        issuer = self.providers[arn].lower()
        token = _Token(f"{issuer}:sub", f"{issuer}:aud", self._audience)
        allowed: list[Subjects] = []
        denied: list[Subjects] = []
        spoken = self._by_arn.get(arn, [])
        if self._of_all:
            spoken = sorted([*spoken, *self._of_all], key=lambda item: item.number)
        for item in spoken:
            found = token.subjects(item) if item.about(issuer) else item.of_any
            if found is not None:
                (allowed if item.statement.effect == "Allow" else denied).append(found)
        return allowed, denied


def _federated(statement: Statement) -> list[str]:
    principal = statement.principal
    if principal is None or isinstance(principal, str):
        return []
    return list(dict.fromkeys(principal.get("Federated", ())))


def _means_all(statement: Statement) -> bool:
    """Whether Principal means every token: a trust policy has no NotPrincipal."""
    principal = statement.principal
    return not isinstance(principal, Mapping) or "*" in principal.get("AWS", ())


class _Spoken:
    """A statement, its conditions by what they are about."""

    def __init__(self, number: int, statement: Statement) -> None:
        self.number, self.statement = number, statement
        self.of_request: list[Condition] = []
        self.by_key: dict[str, list[Condition]] = {}
        self._failing: dict[str, int] = {}
        self._all_failing = 0
        for condition in statement.conditions:
            key = condition.key.lower()
            if key.startswith(_OF_THE_REQUEST):
                self.of_request.append(condition)
                continue
            self.by_key.setdefault(key, []).append(condition)
            if not condition.holds_without_key:
                self._failing[key] = self._failing.get(key, 0) + 1
                self._all_failing += 1

    def about(self, issuer: str) -> bool:
        """Whether a condition is on a claim of this provider's tokens."""
        return f"{issuer}:sub" in self.by_key or f"{issuer}:aud" in self.by_key

    @cached_property
    def of_any(self) -> Subjects | None:
        """Whom it means among the tokens of a provider that no condition is about."""
        return _Token("", "", "").subjects(self)

    def holds_without(self, *keys: str) -> bool:
        """Whether the conditions on all keys but these hold, their keys being absent."""
        return self._all_failing == sum(self._failing.get(key, 0) for key in keys)


class _Token:
    """A token: the keys of its subject and its audience, and the audience itself."""

    def __init__(self, subject: str, audience_key: str, audience: str) -> None:
        self._subject, self._audience = subject, audience_key
        self._known = {audience_key: (audience,)}

    def subjects(self, spoken: _Spoken) -> Subjects | None:
        """Whom the statement means; None if nobody."""
        if not spoken.holds_without(self._subject, self._audience):
            return None
        provided: list[Condition] = []
        for condition in spoken.by_key.get(self._audience, ()):
            if self._open(condition):
                provided.append(condition)
            elif not condition.holds(self._known):
                return None
        choices: list[Iterator[str]] = []
        unless: list[str] = []
        for condition in spoken.by_key.get(self._subject, ()):
            if not condition.operator.startswith("String"):
                # An address, a number, an ARN: no subject is one, so all of them fare alike.
                if not condition.holds({self._subject: _SOME_SUBJECT}):
                    return None
            elif self._open(condition):
                provided.append(condition)
            elif OPERATORS[condition.operator].negated:
                unless += self._patterns(condition)
            else:
                choices.append(self._patterns(condition))
        clause = simplified(choices, unless)
        more = _undecided(spoken.of_request)
        if clause is None or more is None:
            return None
        return Subjects(clause, (*provided, *more))

    def _open(self, condition: Condition) -> bool:
        """Whether a value has a variable that only the request fills, or the subject itself."""
        return condition.variables and any(
            name.startswith(_OF_THE_REQUEST) or name == self._subject
            for value in condition.values
            if "${" in value
            for name in names_in(value)
        )

    def _patterns(self, condition: Condition) -> Iterator[str]:
        """The values as patterns, those left out that no service account's subject can fit."""
        operator = OPERATORS[condition.operator]
        for value in condition.values:
            text: str | None = value
            if condition.variables and "${" in value:
                text = self._resolved(value, operator.wild)
            elif not operator.wild and ("*" in value or "?" in value):
                text = None  # a letter here, which no name holds
            if text is not None:
                yield text.lower() if operator.fold else text

    def _resolved(self, value: str, wild: bool) -> str | None:
        pattern = resolve(value, self._known, wild=wild)
        if pattern is None or "*" in pattern or "?" in pattern:
            return None
        return "".join(
            "*" if part is ANY else "?" if part is ONE else str(part) for part in pattern
        )


def _undecided(conditions: list[Condition]) -> Provided | None:
    """The conditions that some request fails and another one fulfils; None if one never holds."""
    found = []
    for condition in conditions:
        if condition.operator == "Null":
            absent = condition.holds_without_key
            present = condition.holds({condition.key.lower(): ("x",)})
            if not absent and not present:
                return None
            if absent and present:
                continue
        found.append(condition)
    return tuple(found)
