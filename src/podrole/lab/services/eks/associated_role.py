"""Whether EKS takes a role for an association: CreatePodIdentityAssociation looks at it first."""

from __future__ import annotations

from podrole.lab.access.iam_state import IamState
from podrole.lab.aws_error import AwsError
from podrole.policy import Policy

#: As whom EKS assumes the roles of associations.
POD_IDENTITY_SERVICE = "pods.eks.amazonaws.com"


def check_account(arn: str, account: str) -> None:
    """Raise AwsError (AccessDeniedException) for a role of another account, or what is no role.

    AWS's text, also for an empty ARN: hashicorp/terraform-provider-aws #30645 and
    eksctl-io/eksctl #8718. They leave the code out; here it is Lambda's for the same text
    (artilleryio/chaos-lambda #29). Checked 2026-11-29.
    """
    if f":iam::{account}:role/" not in arn:
        raise AwsError("AccessDeniedException", "Cross-account pass role is not allowed.", 403)


def check_role(state: IamState, arn: str) -> None:
    """Raise AwsError (InvalidParameterException) for a role that EKS could not assume.

    AWS's texts: hashicorp/terraform-provider-aws #34717 and #41483 (checked 2026-11-29). How much
    of the trust policy EKS reads nobody says; here it must name the service for sts:AssumeRole, and
    conditions and sts:TagSession are left to the pod's own call.
    """
    role = state.by_arn(arn)
    if role is None:
        raise AwsError("InvalidParameterException", "Role provided in the request does not exist.")
    if role.trust is not None and not _names_service(role.trust):
        raise AwsError("InvalidParameterException", "Trust policy of the role provided is invalid.")


def _names_service(trust: Policy) -> bool:
    return any(
        statement.effect == "Allow"
        and statement.names_action("sts:assumerole")
        and POD_IDENTITY_SERVICE in _services(statement.principal)
        for statement in trust.statements
    )


def _services(principal: object) -> tuple[str, ...]:
    if principal == "*":
        return (POD_IDENTITY_SERVICE,)
    return tuple(principal.get("Service", ())) if isinstance(principal, dict) else ()
