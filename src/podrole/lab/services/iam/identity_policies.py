"""Identity-based policies on their way in.

The text for a principal: hashicorp/terraform-provider-aws #10419 (checked 2026-11-29).
"""

from __future__ import annotations

from podrole.lab.aws_error import AwsError
from podrole.lab.moto_adapter import iam as moto_iam
from podrole.policy import PolicyError, parse_policy

_MALFORMED = "MalformedPolicyDocument"


def check(text: str) -> None:
    """Raise AwsError (MalformedPolicyDocument) for a text that is no identity-based policy.

    In AWS's words where they are known; what only the engine finds begins with `lab:`.
    """
    fault = moto_iam.policy_fault(text)
    if fault is not None:
        raise AwsError(_MALFORMED, fault)
    try:
        parse_policy(text, name="PolicyDocument")
    except PolicyError as error:
        if "takes no Principal" in str(error):
            raise AwsError(_MALFORMED, "Policy document should not specify a principal.") from error
        raise AwsError(_MALFORMED, f"lab: {error}") from error
