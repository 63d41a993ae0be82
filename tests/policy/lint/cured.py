"""A finding's fix, applied: the policy before and after it, and calls that show the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from podrole.policy import Policy, PolicySet, Request, authorize, parse_policy
from podrole.policy.lint import lint

_EVERYTHING = parse_policy(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/orders-api"


@dataclass(frozen=True)
class Cured:
    """One code's fix.

    Attributes:
        code: what lint says of `bad`, and not of `good`.
        kind: of the policy.
        bad: the statement, or the whole policy, with the fault.
        good: the same, with the fix applied.
        wanted: the calls that the author means to allow.
        others: calls of others, or for other things.
        style: whether both decide alike: the fault is one for readers.
    """

    code: str
    kind: Any
    bad: dict[str, Any]
    good: dict[str, Any]
    wanted: Sequence[Request]
    others: Sequence[Request]
    style: bool = False

    def check(self) -> None:
        """Flagged before, clean after; it lets in whom it should, and nobody else."""
        bad, good = _policy(self.bad, self.kind), _policy(self.good, self.kind)
        before, after = ({one.code for one in lint(each)} for each in (bad, good))
        assert self.code in before
        assert self.code not in after
        assert after <= before, "the fix brings a fault of its own"
        assert all(_allows(good, one) for one in self.wanted)
        let_in = [str(one) for one in self.others if _allows(good, one)]
        assert not let_in or self.style
        harm = not all(_allows(bad, one) for one in self.wanted) or any(
            _allows(bad, one) for one in self.others
        )
        assert harm is not self.style, "what does the fault do?"


def _policy(document: dict[str, Any], kind: Any) -> Policy:
    if "Statement" not in document:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **document}]}
    return parse_policy(document, kind=kind)


def _allows(policy: Policy, request: Request) -> bool:
    if policy.kind == "identity":
        return authorize(request, PolicySet(identity=(policy,))).allowed
    # A caller whose own policies allow everything: the other policy decides.
    return authorize(request, PolicySet(identity=(_EVERYTHING,), resource=policy)).allowed


def asks(action: str, resource: str = "*", **context: Any) -> Request:
    """A call of the role's; `__` in a name stands for a colon."""
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/orders-api/pod"
    keys = {name.replace("__", ":"): value for name, value in context.items()}
    return Request(session, action, resource, keys, resource_account=ACCOUNT)
