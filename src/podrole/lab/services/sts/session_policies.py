"""Session policies: those that a call of STS hands in, and how much room they take.

IAM user guide, "Session policies": a session may do what both its identity and its session policies
allow. STS API reference, AssumeRole: at most 2,048 characters and 10 ARNs; policies, ARNs and tags
are packed into a binary form of a limit of its own (checked 2026-11-23).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from podrole.lab.access.iam_state import IamState
from podrole.lab.aws_error import AwsError
from podrole.lab.moto_adapter import iam as moto_iam
from podrole.lab.services.sts.session_request import SessionTags
from podrole.policy import Policy, PolicyError, parse_policy

_LONGEST, _MOST_ARNS = 2048, 10
#: AWS's packed form is its secret; inferred: an inline policy deflated, ARNs and tags as they are,
#: transitive keys once more, in this many bytes. That comes near the two figures that are public,
#: 74 % for Pod Identity's six tags (containers-roadmap #2413) and 16 % for a policy of one
#: statement (localstack's recording of AWS of 2026-02-09).
_ALLOTTED = 540


def session_policies(
    parameters: Mapping[str, Any], account: str, iam: IamState
) -> tuple[Policy, ...]:
    """`Policy` and `PolicyArns` of a call; together they are one layer. Raises AwsError.

    Managed policies are those of the account that holds the role, or AWS's own.
    """
    text, arns = parameters.get("Policy", ""), parameters.get("PolicyArns", [])
    if len(text) > _LONGEST:
        raise AwsError(
            "ValidationError",
            "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member"
            f" must have length less than or equal to {_LONGEST}",
        )
    if len(arns) > _MOST_ARNS:
        raise AwsError("ValidationError", f"lab: at most {_MOST_ARNS} managed session policies")
    policies = [_managed(item.get("arn", ""), account, iam) for item in arns]
    if text:
        try:
            policies.append(parse_policy(text, kind="session", name="session policy"))
        except PolicyError as error:
            raise AwsError("MalformedPolicyDocument", str(error)) from error
    return tuple(policies)


def _managed(arn: str, account: str, iam: IamState) -> Policy:
    if arn.startswith(moto_iam.AWS_MANAGED):
        moto_iam.load_aws_managed(account, arn)
    try:
        return iam.managed(account, arn, "session")
    except AwsError:
        reason = f"lab: account {account} has no managed policy {arn}"
        raise AwsError("ValidationError", reason) from None


def packed_size(parameters: Mapping[str, Any], tags: SessionTags) -> int | None:
    """PackedPolicySize in per cent, None where nothing is packed. Raises AwsError above 100."""
    text, arns = parameters.get("Policy", ""), parameters.get("PolicyArns", [])
    room = len(zlib.compress(text.encode(), 9)) if text else 0
    room += sum(len(item.get("arn", "")) for item in arns)
    room += sum(len(key) + len(value) for key, value in tags.tags.items())
    room += sum(len(key) for key in tags.transitive)
    if not room:
        return None
    percent = -(-100 * room // _ALLOTTED)
    if percent <= 100:
        return percent
    message = (
        f"Packed size of session tags consumes {percent}% of allotted space."
        if tags.tags
        else f"Packed policy consumes {percent}% of allotted space, please use smaller policy."
    )
    raise AwsError("PackedPolicyTooLarge", message)
