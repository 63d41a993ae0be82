"""IAM's quotas, at their defaults: how long policies may be, and how many an entity has.

Numbers: IAM user guide, "IAM and AWS STS quotas" (white space does not count); how they are said:
reports of users, kubeflow #6687 (ACLSizePerRole), cloud-platform-environments #14473 (PolicySize),
eks-hybrid #741 (PoliciesPerRole: 10), adf #474 and mapsnap #483 (inline). Checked 2026-11-23.
"""

from __future__ import annotations

from podrole.lab.access.iam_state import Entity, IamState
from podrole.lab.aws_error import AwsError
from podrole.lab.protocol.call import Call

_TRUST, _MANAGED, _PER_ENTITY = 2048, 6144, 10
_INLINE = {"role": 10240, "user": 2048, "group": 5120}


def check(state: IamState, account: str, call: Call) -> None:
    """Raise AwsError (LimitExceeded) for a call that would go beyond a quota."""
    parameters = call.parameters
    if call.name in ("CreateRole", "UpdateAssumeRolePolicy"):
        text = parameters.get("AssumeRolePolicyDocument") or parameters.get("PolicyDocument", "")
        _at_most(_TRUST, _size(text), f"Cannot exceed quota for ACLSizePerRole: {_TRUST}")
    elif call.name in ("CreatePolicy", "CreatePolicyVersion"):
        size = _size(parameters.get("PolicyDocument", ""))
        _at_most(_MANAGED, size, f"Cannot exceed quota for PolicySize: {_MANAGED}")
    for kind, lookup in (("Role", state.role), ("User", state.user), ("Group", state.group)):
        if call.name in (f"Put{kind}Policy", f"Attach{kind}Policy"):
            entity = lookup(account, parameters[f"{kind}Name"])
            if entity is not None:
                _check_entity(kind, entity, call)


def _check_entity(kind: str, entity: Entity, call: Call) -> None:
    own = [item for item in entity.attachments if item.to == kind.lower()]
    if call.name.startswith("Put"):
        name, most = call.parameters["PolicyName"], _INLINE[kind.lower()]
        others = [
            item.document
            for item in own
            if item.kind == "inline"
            and item.policy.name != name  # the one of that name is replaced
        ]
        total = sum(_size(text) for text in [*others, call.parameters["PolicyDocument"]])
        which = entity.arn.rpartition("/")[2]
        _at_most(
            most, total, f"Maximum policy size of {most} bytes exceeded for {kind.lower()} {which}"
        )
    else:
        managed = {item.arn for item in own if item.arn} | {call.parameters["PolicyArn"]}
        quota = f"Cannot exceed quota for PoliciesPer{kind}: {_PER_ENTITY}"
        _at_most(_PER_ENTITY, len(managed), quota)


def _at_most(most: int, actual: int, message: str) -> None:
    if actual > most:
        raise AwsError("LimitExceeded", message, 409)


def _size(text: str) -> int:
    return len("".join(text.split()))
