"""What a trust policy says of a request of which some keys are not known.

No file tells a session's name, an organization or an address: a condition on such a key is neither
fulfilled nor failed. What is decided without them is what `authorize` decides, by its own trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from podrole.policy import Decision, Policy, PolicySet, Request, authorize, parse_policy
from podrole.policy.conditions import Condition
from podrole.policy.decision import StatementTrace
from podrole.policy.operators import OPERATORS
from podrole.policy.statement import Statement
from podrole.policy.variables import names_in

Answer = Literal["yes", "no", "unknown"]
#: The caller's own policies are not asked: a service and a token have none, a role is taken to may.
_EVERYTHING = parse_policy(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
_OF_THE_REQUEST = ("aws:", "sts:")
#: Each session has a name that fits what IAM allows: `*` holds, whatever the name is.
_ALWAYS_THERE = {"sts:rolesessionname"}


@dataclass(frozen=True)
class Asked:
    """A request, and the beginnings of the keys that it surely does not bring.

    Attributes:
        request: with the keys that are known.
        absent: keys in lowercase, or how they begin.
    """

    request: Request
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The answer, and what it comes from.

    Attributes:
        answer: whether the request is allowed.
        trace: each statement with what fails for it.
        deny: the statement that denies, if one does.
        open_keys: the keys that decide and that no file tells.
    """

    answer: Answer
    trace: tuple[StatementTrace, ...] = ()
    deny: StatementTrace | None = None
    open_keys: tuple[str, ...] = ()
    reason: str = ""

    @property
    def nearest(self) -> StatementTrace | None:
        """The Allow that is the fewest edits away."""
        allowing = [one for one in self.trace if one.effect == "Allow"]
        return min(allowing, key=_edits, default=None)


def verdict(trust: Policy, asked: Asked) -> Verdict:
    """Ask a trust policy."""
    decision: Decision = authorize(
        asked.request, PolicySet(identity=(_EVERYTHING,), resource=trust), explain=True
    )
    trace = tuple(one for one in decision.trace if one.layer == "resource")
    allows: list[Answer] = []
    keys: list[str] = []
    maybe_denied = False
    for statement, said in zip(trust.statements, trace, strict=True):
        answer, open_keys = _applies(statement, said, asked)
        if answer == "no":
            continue
        keys += open_keys
        if statement.effect == "Allow":
            allows.append(answer)
        elif answer == "yes":
            return Verdict("no", trace, deny=said, reason=decision.reason)
        else:
            maybe_denied = True
    known = tuple(dict.fromkeys(keys))
    if "yes" in allows and not maybe_denied:
        return Verdict("yes", trace, reason=decision.reason)
    if allows:
        return Verdict("unknown", trace, open_keys=known, reason=decision.reason)
    return Verdict("no", trace, reason=decision.reason)


def _applies(statement: Statement, said: StatementTrace, asked: Asked) -> tuple[Answer, list[str]]:
    """Whether a statement means the request, and the keys on which that depends."""
    if any(part != "condition" for part in said.failed):
        return "no", []
    open_keys = []
    for condition in statement.conditions:
        if keys := _open(condition, asked):
            if not _whatever(condition):
                open_keys += keys
        elif condition.failure(asked.request.keys):
            return "no", []
    return ("unknown" if open_keys else "yes"), open_keys


def _open(condition: Condition, asked: Asked) -> list[str]:
    """The keys of a condition, its own and those of its variables, that may have any value."""
    names = [condition.key]
    if condition.variables:
        names += [name for value in condition.values if "${" in value for name in names_in(value)]
    return [name for name in names if _may_be_there(name.lower(), asked)]


def _may_be_there(key: str, asked: Asked) -> bool:
    return (
        key.startswith(_OF_THE_REQUEST)
        and key not in asked.request.keys
        and not key.startswith(asked.absent or ("\0",))
    )


def _whatever(condition: Condition) -> bool:
    """Whether a condition holds for every value of a key that is always there."""
    operator = OPERATORS.get(condition.operator)
    return (
        condition.key.lower() in _ALWAYS_THERE
        and operator is not None
        and operator.wild
        and not operator.negated
        and "*" in condition.values
    )


def _edits(said: StatementTrace) -> tuple[int, int]:
    parts = [part for part in said.failed if part != "condition"]
    # Another principal makes it another statement.
    return (2 * ("principal" in parts) + len(parts), len(said.conditions))
