"""One statement of a policy, compiled: which actions, resources and principals it means.

Source: IAM user guide, "IAM JSON policy elements reference" (checked 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from podrole.policy.conditions import Condition
from podrole.policy.index import WORTHWHILE, PatternIndex
from podrole.policy.patterns import Tester, glob, resource_tester, tester
from podrole.policy.principals import DIRECT, Principal, matched, spared
from podrole.policy.variables import Context, resolve

_REMEMBERED_PRINCIPALS = 1024
#: The colons of an ARN: a `prefix*` that holds them all matches whatever begins so.
_ARN = ":::::"


@dataclass(frozen=True)
class Statement:
    """One statement."""

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

    @cached_property
    def _action_tests(self) -> tuple[frozenset[str], list[Tester]]:
        exact = frozenset(action for action in self.actions if not set("*?") & set(action))
        return exact, [tester(glob(action)) for action in self.actions if action not in exact]

    def names_action(self, action: str) -> bool:
        """Whether Action or NotAction means this action, given in lowercase."""
        exact, tests = self._action_tests
        found = action in exact or any(test(action) for test in tests)
        return found != self.not_action

    @cached_property
    def _named(self) -> dict[str, str | None]:
        """How the element means principals that have asked before."""
        return {}

    @cached_property
    def _resource_tests(self) -> list[Tester]:
        return [
            resource_tester(glob(wanted))
            for wanted in self.resources or ()
            if not self._dynamic(wanted)
        ]

    @cached_property
    def _resources_with_variables(self) -> list[str]:
        return [wanted for wanted in self.resources or () if self._dynamic(wanted)]

    def _dynamic(self, wanted: str) -> bool:
        return self.variables and "${" in wanted

    @cached_property
    def _resource_index(self) -> PatternIndex | None:
        static = [wanted for wanted in self.resources or () if not self._dynamic(wanted)]
        if len(static) < WORTHWHILE:
            return None
        index = PatternIndex()
        for wanted, test in zip(static, self._resource_tests, strict=True):
            index.add(wanted, 0, test, least_prefix=_ARN)
        return index

    def names_resource(self, resource: str, context: Context) -> bool:
        """Whether Resource or NotResource means this resource; a trust policy means its role."""
        if self.resources is None:
            return True
        found = False
        if self._resource_index is not None:
            found = bool(self._resource_index.find(resource))
        else:
            for test in self._resource_tests:
                if test(resource):
                    found = True
                    break
        if not found:
            for wanted in self._resources_with_variables:
                pattern = resolve(wanted, context, wild=True)
                # A variable without a value: the pattern never matches.
                found = found or (pattern is not None and resource_tester(pattern)(resource))
        return found != self.not_resource

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
        if self.resources is None or self.not_resource or self._resources_with_variables:
            index.add_always(number)
            return
        for wanted, test in zip(self.resources, self._resource_tests, strict=True):
            index.add(wanted, number, test, least_prefix=_ARN)


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
