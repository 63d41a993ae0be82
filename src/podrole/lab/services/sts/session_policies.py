"""Session policies that a call of STS hands in.

IAM user guide, "Session policies": a session may do what both its identity and its session policies
allow. STS API reference, AssumeRole: at most 2,048 characters and 10 ARNs (checked 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podrole.lab.access.iam_state import IamState
from podrole.lab.aws_error import AwsError
from podrole.lab.moto_adapter import iam as moto_iam
from podrole.policy import Policy, PolicyError, parse_policy

_LONGEST, _MOST_ARNS = 2048, 10


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
            raise AwsError("MalformedPolicyDocument", f"lab: {error}") from error
    return tuple(policies)


def _managed(arn: str, account: str, iam: IamState) -> Policy:
    if arn.startswith(moto_iam.AWS_MANAGED):
        moto_iam.load_aws_managed(account, arn)
    try:
        return iam.managed(account, arn, "session")
    except AwsError:
        reason = f"lab: account {account} has no managed policy {arn}"
        raise AwsError("ValidationError", reason) from None
