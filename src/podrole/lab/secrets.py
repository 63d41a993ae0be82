"""Secrets Manager beside moto: what its calls need, by the secret's own ARN, tags and policy.

Source: service authorization reference, "Actions, resources, and condition keys for AWS Secrets
Manager" (checked 2026-11-23).
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
from .service import Answer, Service


class Secrets(Service):
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

    def before_moto(self, call: Call) -> Answer | None:
        """Refuse a malformed resource policy. The code is AWS's, the reason the lab's."""
        if call.name == "PutResourcePolicy":
            try:
                parse_policy(call.parameters.get("ResourcePolicy", ""), kind="resource")
            except PolicyError as error:
                raise AwsError("MalformedPolicyDocumentException", str(error), 400) from error
        return None

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
