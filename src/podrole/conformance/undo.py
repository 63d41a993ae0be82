"""What a run has created, deleted again: the last first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from podrole.conformance.endpoint import Answer, Endpoint, Keys

#: A call that went well: who made it, its name, its parameters and the answer.
Done = tuple[Keys, str, Mapping[str, Any], Answer]
#: A call that creates something, the one that deletes it, and which of its parameters that takes.
_SAME = {
    "iam.CreateRole": ("iam.DeleteRole", ("RoleName",)),
    "iam.PutRolePolicy": ("iam.DeleteRolePolicy", ("RoleName", "PolicyName")),
    "iam.AttachRolePolicy": ("iam.DetachRolePolicy", ("RoleName", "PolicyArn")),
    "s3.CreateBucket": ("s3.DeleteBucket", ("Bucket",)),
    "s3.PutObject": ("s3.DeleteObject", ("Bucket", "Key")),
    "s3.PutBucketPolicy": ("s3.DeleteBucketPolicy", ("Bucket",)),
}
#: Likewise, with what the answer holds: the new parameter, and where it stands.
_ANSWERED = {
    "iam.CreatePolicy": ("iam.DeletePolicy", "PolicyArn", "Policy.Arn"),
    "iam.CreateOpenIDConnectProvider": (
        "iam.DeleteOpenIDConnectProvider",
        "OpenIDConnectProviderArn",
        "OpenIDConnectProviderArn",
    ),
    "iam.CreateServiceLinkedRole": (
        "iam.DeleteServiceLinkedRole",
        "RoleName",
        "Role.RoleName",
    ),
    "sqs.CreateQueue": ("sqs.DeleteQueue", "QueueUrl", "QueueUrl"),
    "secretsmanager.CreateSecret": ("secretsmanager.DeleteSecret", "SecretId", "ARN"),
    "kms.CreateKey": ("kms.ScheduleKeyDeletion", "KeyId", "KeyMetadata.KeyId"),
    "eks.CreateCluster": ("eks.DeleteCluster", "name", "cluster.name"),
}


def undo(endpoint: Endpoint, done: Iterable[Done]) -> None:
    """Delete what the calls have created; what is part of it goes with it.

    A refusal is passed over: it may be gone already.

    Raises Unreachable.
    """
    for keys, name, parameters, answer in reversed(list(done)):
        if name in _SAME:
            opposite, members = _SAME[name]
            wanted = {member: parameters[member] for member in members}
            endpoint.call(keys, opposite, wanted)
        elif name in _ANSWERED:
            opposite, member, path = _ANSWERED[name]
            more = {"ForceDeleteWithoutRecovery": True} if "DeleteSecret" in opposite else {}
            endpoint.call(keys, opposite, {member: answer.at(path), **more})
