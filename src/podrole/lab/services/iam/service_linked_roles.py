"""Service-linked roles on their way in: moto takes each suffix, and tells another code.

Texts: localstack/localstack, tests/aws/services/iam/test_iam.snapshot.json, recorded at AWS on
2025-03-13 (checked 2026-11-29).
"""

from __future__ import annotations

from podrole.lab.access.iam_state import IamState
from podrole.lab.aws_error import AwsError
from podrole.lab.protocol.call import Call

#: Of the services there that a cluster or its pods have to do with.
_WITHOUT_SUFFIX = {
    f"{name}.amazonaws.com"
    for name in (
        "cks.kms",
        "cloudtrail",
        "ecr",
        "ecs",
        "eks",
        "eks-connector",
        "eks-fargate",
        "eks-nodegroup",
        "elasticfilesystem",
        "elasticloadbalancing",
        "emr-containers",
        "mrk.kms",
        "pullthroughcache.ecr",
        "ram",
        "replication.ecr",
        "rolesanywhere",
        "sso",
        "ssm",
    )
}


def check(state: IamState, account: str, call: Call) -> None:
    """Raise AwsError (InvalidInput) for a suffix that a service refuses, and for a second role."""
    if call.name != "CreateServiceLinkedRole":
        return
    service = call.parameters["AWSServiceName"]
    suffix = call.parameters.get("CustomSuffix", "")
    if suffix and service in _WITHOUT_SUFFIX:
        raise AwsError("InvalidInput", f"Custom suffix is not allowed for {service}")
    path = f"role/aws-service-role/{service}/"
    for arn in state.role_arns(account):
        if path in arn and arn.endswith(f"_{suffix}" if suffix else ""):
            name = arn.rpartition("/")[2]
            taken = f"Service role name {name} has been taken in this account"
            raise AwsError("InvalidInput", f"{taken}, please try a different suffix.")
