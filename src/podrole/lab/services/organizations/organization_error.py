"""Refusals of Organizations, in its own words.

Texts: as moto 5.2.5 has them from AWS, terraform users' reports (AccessDeniedException; the last
policy of a target), else the documentation of the exception in botocore 1.44.8's model (checked
2026-11-24).
"""

from __future__ import annotations

from podrole.lab.aws_error import AwsError

_TEXTS = {
    "AccessDenied": "You don't have permissions to access this resource.",
    "AccountNotFound": "You specified an account that doesn't exist.",
    "AlreadyInOrganization": "The provided account is already a member of an organization.",
    "AWSOrganizationsNotInUse": "Your account is not a member of an organization.",
    "ChildNotFound": "We can't find an organizational unit (OU) or Amazon Web Services account with"
    " the ChildId that you specified.",
    "DuplicateOrganizationalUnit": "An OU with the same name already exists.",
    "DuplicatePolicyAttachment": "The selected policy is already attached to the specified target.",
    "DuplicatePolicy": "A policy with the same name already exists.",
    "HandshakeNotFound": "We can't find a handshake with the HandshakeId that you specified.",
    "MalformedPolicyDocument": "The provided policy document does not meet the requirements of the"
    " specified policy type.",
    "OrganizationalUnitNotEmpty": "The specified OU is not empty. Move all accounts to another root"
    " or to other OUs, remove all child OUs, and try the operation again.",
    "OrganizationalUnitNotFound": "You specified an organizational unit that doesn't exist.",
    "OrganizationNotEmpty": "To delete an organization you must first remove all member accounts"
    " (except the master).",
    "ParentNotFound": "You specified parent that doesn't exist.",
    "PolicyInUse": "The policy is attached to one or more entities. You must detach it from all"
    " roots, OUs, and accounts before performing this operation.",
    "PolicyNotAttached": "The policy isn't attached to the specified target in the specified root.",
    "PolicyNotFound": "You specified a policy that doesn't exist.",
    "PolicyTypeAlreadyEnabled": "The specified policy type is already enabled.",
    "PolicyTypeNotEnabled": "This operation can be performed only for enabled policy types.",
    "RootNotFound": "You specified a root that doesn't exist.",
    "TargetNotFound": "You specified a target that doesn't exist.",
}


def organization_error(name: str, message: str | None = None) -> AwsError:
    """The refusal of that name (without `Exception`); a message of the lab's begins with `lab:`."""
    return AwsError(f"{name}Exception", message or _TEXTS[name])
