"""One statement of a policy, compiled: which actions, resources and principals it means.

Source: IAM user guide, "IAM JSON policy elements reference" (checked 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from podrole.policy.conditions import Condition
from podrole.policy.index import WORTHWHILE, PatternIndex
from podrole.policy.lazy import lazy
from podrole.policy.patterns import Pattern, Tester, resource_tester
from podrole.policy.principals import DIRECT, Principal, matched, spared
from podrole.policy.text_patterns import any_tester, resource_text_tester, text_tester
from podrole.policy.variables import Context, filled

_REMEMBERED_PRINCIPALS = 1024


@dataclass(unsafe_hash=True)
class Statement:
    """One statement. Never changed: to make it `frozen` takes three times as long."""

    path: str
    sid: str | None
    effect: str
    actions: tuple[str, ...]
    not_action: bool
    resources: tuple[str, ...] | None
    not_resource: bool
    principal: Mapping[str, tuple[str, ...]] | str | None
    not_principal: bool
    conditions: tuple[Condition, ...]
    variables: bool  # Version 2012-10-17
    #: The entries of `resources` that depend on the request's keys.
    resources_vary: tuple[str, ...] = ()
    #: How the element means principals that have asked before.
    _named: dict[str, str | None] = field(default_factory=dict, repr=False, compare=False)

    @lazy
    def _acts(self) -> Tester:
        """Whether an action, in lowercase, fits one of `actions`."""
        return any_tester(self.actions, text_tester)

    def names_action(self, action: str) -> bool:
        """Whether Action or NotAction means this action, given in lowercase."""
        return self._acts(action) != self.not_action

    @lazy
    def _fits(self) -> Tester:
        """Whether a resource fits one of the entries without variables."""
        static = self.resources or ()
        if self.resources_vary:
            static = tuple(wanted for wanted in static if "${" not in wanted)
        return any_tester(static, resource_text_tester)

    def names_resource(self, resource: str, context: Context) -> bool:
        """Whether Resource or NotResource means this resource; a trust policy means its role."""
        if self.resources is None:
            return True
        if self._fits(resource):
            return not self.not_resource
        for wanted in self.resources_vary:
            pattern = filled(wanted, context, patterns=True)
            # A variable without a value: the pattern never matches.
            if pattern is not None and _resource_tester(pattern)(resource):
                return not self.not_resource
        return self.not_resource

    def concerns(self, action: str, resource: str) -> bool:
        """Whether it means the action, in lowercase, and for some keys the resource."""
        if self._acts(action) == self.not_action:
            return False
        if self.resources is None or self.resources_vary:
            return True
        return self._fits(resource) != self.not_resource

    def names_principal(self, principal: Principal, bounded: bool) -> str | None:
        """How Principal or NotPrincipal means the principal (see `principals`), None if not.

        Without the element, in a layer that takes none, the statement means its owner. `bounded`
        says whether the principal has a permissions boundary.
        """
        if self.principal is None:
            return DIRECT
        if self.not_principal:
            # With Deny it always hits a principal that has a permissions boundary.
            hit = bounded and self.effect == "Deny"
            return DIRECT if hit or not spared(self.principal, principal) else None
        how = self._named.get(principal.arn, "")
        if how == "":
            how = matched(self.principal, principal)
            if len(self._named) < _REMEMBERED_PRINCIPALS:
                self._named[principal.arn] = how
        return how

    def conditions_hold(self, context: Context) -> bool:
        """Whether every condition does."""
        for condition in self.conditions:  # noqa: SIM110  (half as long as all() over a generator)
            if not condition.holds(context):
                return False
        return True

    def index_resources(self, index: PatternIndex, number: int) -> None:
        """Put this statement into an index of resources, under its number."""
        if self.resources is None or self.not_resource or self.resources_vary:
            index.add_always(number)
            return
        for wanted in self.resources:
            index.add(wanted, number, resource_text_tester)


@lru_cache(maxsize=1024)
def _resource_tester(pattern: str | Pattern) -> Tester:
    """The test of an entry whose variables are filled in: users ask again and again."""
    return resource_text_tester(pattern) if isinstance(pattern, str) else resource_tester(pattern)


class Candidates:
    """The statements of a policy that mean one action."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._statements = statements
        self._index: PatternIndex | None = None
        if len(statements) >= WORTHWHILE:
            self._index = PatternIndex()
            for number, statement in enumerate(statements):
                statement.index_resources(self._index, number)

    def among(self, resource: str) -> Sequence[Statement]:
        """Those that may mean the resource: few where there are many."""
        if self._index is None:
            return self._statements
        return [self._statements[number] for number in self._index.find(resource)]
