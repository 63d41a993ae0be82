"""A policy while lint walks it: what several rules ask of the whole, found out once."""

from __future__ import annotations

from functools import cached_property

from podrole.policy.document import Policy
from podrole.policy.operators import OPERATORS
from podrole.policy.principals import Principal
from podrole.policy.statement import Statement

WEB_IDENTITY = "sts:assumerolewithwebidentity"
PODS = "pods.eks.amazonaws.com"


class LintedPolicy(Policy):
    """A policy, and answers that would cost its whole length for each of its statements."""

    @classmethod
    def of(cls, policy: Policy) -> LintedPolicy:
        """The same policy."""
        return cls(policy.document, policy.kind, policy.name, policy.statements)

    @cached_property
    def lets_pods_tag(self) -> bool:
        """Whether a statement allows EKS to tag the sessions of pods."""
        eks = Principal.read(PODS)
        return any(
            statement.effect == "Allow"
            and statement.names_action("sts:tagsession")
            and statement.names_principal(eks, bounded=False)
            for statement in self.statements
        )

    def opens(self, statement: Statement, *actions: str) -> bool:
        """Whether a statement's conditions alone decide on actions, given in lowercase.

        They do where it allows the actions and no Deny of the policy could mean one of them.
        """
        return all(map(statement.names_action, actions)) and not any(
            item.names_action(action) for item in self._denying for action in actions
        )

    @cached_property
    def _denying(self) -> list[Statement]:
        return [item for item in self.statements if item.effect == "Deny"]

    @cached_property
    def denies_other_subjects(self) -> bool:
        """Whether a Deny shuts out all subjects but those that it leaves, and those without one."""
        return any(
            statement.effect == "Deny"
            and statement.names_action(WEB_IDENTITY)
            and len(statement.conditions) == 1
            and item.key.lower().endswith(":sub")
            and item.operator in OPERATORS
            and OPERATORS[item.operator].negated
            and not item.if_exists
            and not item.qualifier
            for statement in self.statements
            for item in statement.conditions
        )
