"""Who else may assume a role: EKS Pod Identity, other services, principals of accounts.

Source of what EKS sends: EKS user guide, "Create IAM role with trust policy required by EKS Pod
Identity" and "Grant Pods access to AWS resources based on tags" (checked 2026-11-28).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from podrole.policy.conditions import Condition, normalised
from podrole.policy.document import Policy
from podrole.policy.principals import Principal
from podrole.policy.services import suggestion_for
from podrole.policy.statement import Statement
from podrole.policy.subjects.subjects import provision

PODS = "pods.eks.amazonaws.com"
_ASSUME, _TAG = "sts:assumerole", "sts:tagsession"


@dataclass(frozen=True)
class PodIdentity:
    """Which associations open the role: the statements about pods.eks.amazonaws.com.

    Attributes:
        allowing: the statements that allow EKS to assume the role.
        tagging: those that allow it to tag the session, without which untagged sessions alone open.
        denying: those that deny either.
    """

    allowing: tuple[Statement, ...]
    tagging: tuple[Statement, ...]
    denying: tuple[Statement, ...]

    def admits(self, context: Mapping[str, str | Sequence[str]], *, tagged: bool = True) -> bool:
        """Whether EKS gets the role for an association whose call has these keys."""
        keys = normalised(context)
        return all(
            any(item.conditions_hold(keys) for item in allowing)
            and not any(
                item.conditions_hold(keys) for item in self.denying if item.names_action(action)
            )
            for action, allowing in ((_ASSUME, self.allowing), (_TAG, self.tagging))
            if tagged or action == _ASSUME
        )

    def __str__(self) -> str:
        several = list(dict.fromkeys(map(_if, self.allowing)))
        which = (
            "any service account with an association to this role in this account, from every "
            "cluster of it"
        )
        # The widest statement is the one that counts.
        text = which if "" in several else f"{which}{'; or '.join(several)}"
        if not self.tagging:
            text += "; only associations without session tags: sts:TagSession is not allowed"
        for item in self.denying:
            text += f"; but a Deny refuses those{_if(item) or ', all of them'}"
        return f"EKS Pod Identity ({PODS}): {text}"


def pod_identity(trust: Policy) -> PodIdentity | None:
    """What a trust policy says to EKS Pod Identity; None if no statement allows it in."""
    eks = Principal.read(PODS)
    meant = [item for item in trust.statements if item.names_principal(eks, bounded=False)]
    allowing = [item for item in meant if item.effect == "Allow"]
    assume = tuple(item for item in allowing if item.names_action(_ASSUME))
    if not assume:
        return None
    return PodIdentity(
        assume,
        tuple(item for item in allowing if item.names_action(_TAG)),
        tuple(
            item
            for item in meant
            if item.effect == "Deny" and (item.names_action(_ASSUME) or item.names_action(_TAG))
        ),
    )


def others(trust: Policy) -> list[str]:
    """A line for each kind of caller that has no web identity."""
    found = pod_identity(trust)
    return [*([str(found)] if found else ()), *dict.fromkeys(_lines(trust))]


def _lines(trust: Policy) -> Iterator[str]:
    for statement in trust.statements:
        if statement.effect != "Allow" or not statement.names_action(_ASSUME):
            continue
        principal = statement.principal
        if principal == "*":
            yield f"every principal of every account{_if(statement)}"
            continue
        for kind, values in principal.items() if isinstance(principal, Mapping) else ():
            for value in values:
                if line := _line(kind, value):
                    yield f"{line}{_if(statement)}"


def _line(kind: str, value: str) -> str:
    if kind == "AWS":
        if value == "*":
            return "every principal of every account"
        whole = value.endswith(":root") or value.isdigit()
        return f"AWS principal {value}{', if its policies allow it' if whole else ''}"
    if kind == "Service" and value != PODS:
        right = suggestion_for(value)
        if right:
            return (
                f"service {value}: nobody, because there is no such service; did you mean {right}?"
            )
        return f"service {value}"
    return ""


def _if(statement: Statement) -> str:
    conditions: Sequence[Condition] = statement.conditions
    return f", if {' and '.join(map(provision, conditions))}" if conditions else ""
