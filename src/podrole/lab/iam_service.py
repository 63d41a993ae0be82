"""IAM beside moto: what its calls need, policies checked on their way in, access keys noted.

Source: service authorization reference, "Actions, resources, and condition keys for AWS Identity
and Access Management" (checked 2026-11-23).
"""

from __future__ import annotations

import re
from typing import Any

from podrole.policy import PolicyError, parse_policy

from .authorization import Requirement
from .aws_error import AwsError
from .call import Call
from .credentials import AccessKey, Caller, Credentials
from .iam_state import IamState
from .service import Answer, Service

_IAM_RESOURCES = {
    "RoleName": "role",
    "UserName": "user",
    "GroupName": "group",
    "InstanceProfileName": "instance-profile",
}
_IAM_ARNS = ("PolicyArn", "OpenIDConnectProviderArn")
#: The policies that calls hand in, and their kinds.
_POLICY_MEMBERS: dict[tuple[str, str], Any] = {
    ("CreateRole", "AssumeRolePolicyDocument"): "trust",
    ("UpdateAssumeRolePolicy", "PolicyDocument"): "trust",
    ("PutRolePolicy", "PolicyDocument"): "identity",
    ("PutUserPolicy", "PolicyDocument"): "identity",
    ("PutGroupPolicy", "PolicyDocument"): "identity",
    ("CreatePolicy", "PolicyDocument"): "identity",
    ("CreatePolicyVersion", "PolicyDocument"): "identity",
}


class IamService(Service):
    """IAM: moto keeps it."""

    def __init__(self, state: IamState, credentials: Credentials) -> None:
        self._state = state
        self._credentials = credentials

    def requirements(self, call: Call, caller: Caller) -> list[Requirement]:
        """The role, user, policy or provider that the call names, else `*`."""
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

    def before_moto(self, call: Call) -> Answer | None:
        """Refuse a malformed policy. The code is AWS's, the reason the lab's."""
        for (operation, member), kind in _POLICY_MEMBERS.items():
            if call.name == operation:
                try:
                    parse_policy(call.parameters.get(member, ""), kind=kind, name=member)
                except PolicyError as error:
                    raise AwsError("MalformedPolicyDocument", f"{error}", 400) from error
        return None

    def after_moto(self, call: Call, account: str, body: bytes) -> bytes:
        """Read the account's IAM anew after a change, and keep its access keys."""
        if not call.name.startswith(("Get", "List")):
            self._state.forget(account)
            self._keys_changed(call, account, body)
        return body

    def _keys_changed(self, call: Call, account: str, body: bytes) -> None:
        if call.name == "CreateAccessKey":
            text = body.decode()
            found = [
                re.search(rf"<{tag}>(.*?)</{tag}>", text)
                for tag in ("AccessKeyId", "SecretAccessKey", "UserName")
            ]
            key_id, secret, user = (match[1] if match else "" for match in found)
            self._credentials.add_key(AccessKey(key_id, secret, account, user))
        elif call.name in ("DeleteAccessKey", "UpdateAccessKey"):
            key_id = call.parameters.get("AccessKeyId", "")
            self._credentials.set_active(
                key_id, call.name == "UpdateAccessKey" and call.parameters["Status"] == "Active"
            )
