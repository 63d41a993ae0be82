"""What AWS keeps for itself: no policy, and no root user, may change it.

Sources (checked 2026-11-29): IAM user guide, "Managed policies and inline policies" ("You cannot
change the permissions defined in AWS managed policies"), and the tags that such a policy cannot
have; "Using service-linked roles" (their permissions and their trust cannot be edited, and they are
deleted by DeleteServiceLinkedRole); KMS developer guide, "Aliases" (the prefix alias/aws/ is
reserved for AWS managed keys).
"""

from __future__ import annotations

import re

_KINDS = (
    (
        "AWS's managed policies",
        re.compile(r"arn:[^:]+:iam::aws:policy/"),
        "iam",
        "CreatePolicyVersion DeletePolicy DeletePolicyVersion SetDefaultPolicyVersion TagPolicy"
        " UntagPolicy",
    ),
    (
        "service-linked roles",
        re.compile(r"arn:[^:]+:iam::[^:]+:role/aws-service-role/"),
        "iam",
        "AttachRolePolicy DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy"
        " DetachRolePolicy PutRolePermissionsBoundary PutRolePolicy UpdateAssumeRolePolicy",
    ),
    (
        "aliases of AWS's managed keys",
        re.compile(r"arn:[^:]+:kms:[^:]*:[^:]*:alias/aws/"),
        "kms",
        "CreateAlias DeleteAlias UpdateAlias",
    ),
)
_BY_ACTION = {
    f"{service}:{action}".lower(): (what, pattern)
    for what, pattern, service, actions in _KINDS
    for action in actions.split()
}


def aws_owned(folded_action: str, resource: str) -> str:
    """What only AWS changes, if the action would change such a thing; else an empty text.

    >>> aws_owned("iam:deletepolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess")
    "AWS's managed policies"
    """
    found = _BY_ACTION.get(folded_action)
    if found is None:
        return ""
    what, pattern = found
    return what if pattern.match(resource) else ""
