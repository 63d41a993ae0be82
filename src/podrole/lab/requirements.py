"""What a call of IAM, EKS, Secrets Manager or CloudTrail needs: action, resource, context.

S3's are in `buckets`, STS decides for itself. Source: service authorization reference, the pages
of these services (checked 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podrole.policy import Policy, PolicyError, parse_policy

from .authorization import Requirement, account_of
from .aws_error import AwsError
from .call import Call
from .credentials import Caller
from .moto_backend import Moto

_IAM_RESOURCES = {
    "RoleName": "role",
    "UserName": "user",
    "GroupName": "group",
    "InstanceProfileName": "instance-profile",
}
_IAM_ARNS = ("PolicyArn", "OpenIDConnectProviderArn")


def iam(call: Call, caller: Caller) -> list[Requirement]:
    """IAM: the role, user, policy or provider that the call names, else `*`."""
    account, parameters = caller.account, call.parameters
    resource = "*"
    for name, kind in _IAM_RESOURCES.items():
        if name in parameters:
            path = parameters.get("Path", "/")
            resource = f"arn:aws:iam::{account}:{kind}{path}{parameters[name]}"
            break
    else:
        for name in _IAM_ARNS:
            resource = parameters.get(name, resource)
        if call.name == "CreatePolicy":
            path = parameters.get("Path", "/")
            resource = f"arn:aws:iam::{account}:policy{path}{parameters.get('PolicyName', '')}"
        if call.name == "CreateOpenIDConnectProvider":
            host = parameters.get("Url", "").partition("://")[2]
            resource = f"arn:aws:iam::{account}:oidc-provider/{host}"
    context: dict[str, Any] = {}
    if "PolicyArn" in parameters:
        context["iam:PolicyARN"] = parameters["PolicyArn"]
    if "PermissionsBoundary" in parameters:
        context["iam:PermissionsBoundary"] = parameters["PermissionsBoundary"]
    return [Requirement(f"iam:{call.name}", resource, account, context)]


def eks(call: Call, caller: Caller) -> list[Requirement]:
    """EKS: the cluster; for one association, the association. Binding a role needs PassRole."""
    account, parameters = caller.account, call.parameters
    base = f"arn:aws:eks:{call.region}:{account}"
    cluster = parameters.get("clusterName") or parameters.get("name")
    resource = f"{base}:cluster/{cluster}" if cluster else "*"
    if "associationId" in parameters:
        resource = f"{base}:podidentityassociation/{cluster}/{parameters['associationId']}"
    if "addonName" in parameters and call.name != "CreateAddon":
        resource = f"{base}:addon/{cluster}/{parameters['addonName']}/*"
    needed = [Requirement(f"eks:{call.name}", resource, account)]
    if call.name.endswith("PodIdentityAssociation") and parameters.get("roleArn"):
        # Inferred: AWS documents that EKS checks PassRole, not the service that it names.
        service = {"iam:PassedToService": "pods.eks.amazonaws.com"}
        needed.append(Requirement("iam:PassRole", parameters["roleArn"], account, service))
    return needed


def eks_auth(call: Call, caller: Caller) -> list[Requirement]:
    """EKS Auth: the cluster. The node's role has it from AmazonEKSWorkerNodePolicy."""
    arn = f"arn:aws:eks:{call.region}:{caller.account}:cluster/{call.parameters['clusterName']}"
    return [Requirement(f"eks-auth:{call.name}", arn, caller.account)]


def cloudtrail(call: Call, caller: Caller) -> list[Requirement]:
    """CloudTrail: event history has no resource."""
    return [Requirement(f"cloudtrail:{call.name}", "*", caller.account)]


def check_secret_policy(call: Call) -> None:
    """Refuse a malformed resource policy. The code is AWS's, the reason the lab's."""
    if call.name == "PutResourcePolicy":
        try:
            parse_policy(call.parameters.get("ResourcePolicy", ""), kind="resource")
        except PolicyError as error:
            raise AwsError("MalformedPolicyDocumentException", str(error), 400) from error


class Secrets:
    """Secrets Manager: the secret's full ARN, its tags and its resource policy come from moto."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto

    def requirements(self, call: Call, caller: Caller) -> list[Requirement]:
        """What a Secrets Manager call needs."""
        action = f"secretsmanager:{call.name}"
        base = f"arn:aws:secretsmanager:{call.region}:{caller.account}:secret"
        if call.name == "CreateSecret":
            # The six letters at the end are drawn when the secret is made.
            arn = f"{base}:{call.parameters.get('Name', '')}-xxxxxx"
            tags = {tag["Key"]: tag["Value"] for tag in call.parameters.get("Tags", [])}
            context = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
            return [Requirement(action, arn, caller.account, context)]
        identifier = call.parameters.get("SecretId")
        if identifier is None:
            return [Requirement(action, "*", caller.account)]
        account = account_of(identifier) or caller.account
        found = self._describe(call, account, identifier)
        if found is None:
            arn = identifier if identifier.startswith("arn:") else f"{base}:{identifier}"
            return [Requirement(action, arn, account, shown=identifier)]
        context = {"secretsmanager:SecretId": found["ARN"], "aws:ResourceAccount": account}
        for tag in found.get("Tags", []):
            context[f"aws:ResourceTag/{tag['Key']}"] = tag["Value"]
            context[f"secretsmanager:ResourceTag/{tag['Key']}"] = tag["Value"]
        policy = self._policy(call, account, found["ARN"])
        return [Requirement(action, found["ARN"], account, context, policy, identifier)]

    def account(self, call: Call, caller: Caller) -> str:
        """The account that holds the secret of this call."""
        return account_of(call.parameters.get("SecretId", "")) or caller.account

    def _describe(self, call: Call, account: str, identifier: str) -> Mapping[str, Any] | None:
        try:
            return self._moto.call(
                "secretsmanager", "DescribeSecret", account, call.region, SecretId=identifier
            )
        except AwsError:
            return None

    def _policy(self, call: Call, account: str, arn: str) -> Policy | None:
        text = self._moto.call(
            "secretsmanager", "GetResourcePolicy", account, call.region, SecretId=arn
        ).get("ResourcePolicy")
        return parse_policy(text, kind="resource", name=f"policy of {arn}") if text else None
