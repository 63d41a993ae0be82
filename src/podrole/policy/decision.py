"""A decision and its trace: what each statement said, and which part of it did not fit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

_SIGNS = {"allow": "ALLOW", "implicit_deny": "DENY (implicit)", "explicit_deny": "DENY (explicit)"}


@dataclass(frozen=True)
class ConditionTrace:
    """One condition that does not hold.

    `reason` is value_differs, key_absent, needs_set_operator or variable_without_value.
    """

    operator: str
    key: str
    wanted: tuple[str, ...]
    actual: tuple[str, ...] | None
    reason: str

    def __str__(self) -> str:
        wanted = " or ".join(self.wanted)
        if self.reason == "key_absent":
            return f"{self.operator} {self.key} = {wanted}: the request has no such key"
        actual = ", ".join(self.actual or ())
        if self.reason == "needs_set_operator":
            return f"{self.operator} {self.key}: several values ({actual}) need ForAnyValue"
        if self.reason == "variable_without_value":
            return f"{self.operator} {self.key} = {wanted}: a variable in it has no value"
        return f"{self.operator} {self.key} = {wanted}: the request has {actual}"


@dataclass(frozen=True)
class StatementTrace:
    """One statement of one layer: which parts failed; none, if it applies."""

    layer: str
    policy: str
    path: str
    effect: str
    failed: tuple[str, ...]  # of action, resource, principal, condition
    conditions: tuple[ConditionTrace, ...] = ()

    @property
    def applies(self) -> bool:
        """Whether the statement speaks of this request."""
        return not self.failed

    @property
    def near_miss(self) -> bool:
        """Whether one edit would make it apply: one part, or one condition, is off."""
        if self.failed == ("condition",):
            return len(self.conditions) == 1
        return len(self.failed) == 1

    def __str__(self) -> str:
        where = f"{self.layer}: {self.policy + ' ' if self.policy else ''}{self.path}"
        if self.applies:
            return f"{where} {self.effect} applies"
        reasons = [f"{part} does not match" for part in self.failed if part != "condition"]
        reasons += [str(condition) for condition in self.conditions]
        edit = " (1 edit away)" if self.near_miss else ""
        return f"{where} {self.effect} does not apply{edit}: {'; '.join(reasons)}"


@dataclass(frozen=True)
class Decision:
    """Allow or deny, the layer that decided, and why.

    `effect` is allow, implicit_deny or explicit_deny. `trace` is empty unless it was asked for.
    `policy_arn` is that of the policy whose Deny applies, empty where it has none.
    """

    effect: str
    decided_by: str
    reason: str
    trace: tuple[StatementTrace, ...] = ()
    policy_arn: str = ""

    @property
    def allowed(self) -> bool:
        """Whether the request is allowed."""
        return self.effect == "allow"

    def __str__(self) -> str:
        lines = [f"{_SIGNS[self.effect]} by {self.decided_by}: {self.reason}"]
        return "\n  ".join(lines + [str(statement) for statement in self.trace])

    def _repr_markdown_(self) -> str:
        lines = [f"**{_SIGNS[self.effect]}** by *{self.decided_by}*: {self.reason}", ""]
        return "\n".join(lines + [f"* {statement}" for statement in self.trace])

    def to_json(self) -> dict[str, Any]:
        """The decision as plain data; `policy_arn` only where there is one."""
        found = asdict(self)
        return found if self.policy_arn else {k: v for k, v in found.items() if k != "policy_arn"}
