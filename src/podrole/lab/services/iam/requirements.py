"""What each call of IAM needs: action, resource with its path, condition keys, passed roles.

Source: service authorization reference, "Actions, resources, and condition keys for AWS Identity
and Access Management" (checked 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from podrole.lab.access.authorizer import Requirement
from podrole.lab.access.iam_state import Entity, IamState
from podrole.lab.caller import Caller, User
from podrole.lab.protocol.call import Call

#: Which member names the resource, the first that a call has: AddUserToGroup is about the group,
#: AddRoleToInstanceProfile about the profile.
_NAMES = {
    "InstanceProfileName": "instance-profile",
    "GroupName": "group",
    "RoleName": "role",
    "UserName": "user",
    "ServerCertificateName": "server-certificate",
    "VirtualMFADeviceName": "mfa",
}
_ARNS = (
    "PolicyArn",
    "OpenIDConnectProviderArn",
    "SAMLProviderArn",
    "PolicySourceArn",
    "SerialNumber",
    "Arn",
)
#: How refusals call them (aws/aws-cdk #27067, aws-samples/aws-hpc-tutorials #175 and
#: aws-samples/rancher-on-aws-workshop #28; a group like them is inferred; checked 2026-11-29).
_SHOWN = {
    "role": "role",
    "user": "user",
    "group": "group",
    "instance-profile": "instance profile",
}
#: Lists are authorized for `*`; refusals show the path that was listed (as users report them).
_LISTED = {"ListRoles": "role", "ListUsers": "user", "ListGroups": "group"}
#: Calls that take a boundary into account: iam:PermissionsBoundary is the one that is set.
_BOUNDED = frozenset(
    f"{verb}{kind}{noun}"
    for kind in ("Role", "User")
    for verb, noun in (
        ("Create", ""),
        ("Attach", "Policy"),
        ("Detach", "Policy"),
        ("Put", "Policy"),
        ("Delete", "Policy"),
        ("Put", "PermissionsBoundary"),
        ("Delete", "PermissionsBoundary"),
    )
)
#: Calls that name a policy which they attach: a condition of theirs, not their resource.
_ATTACHING = ("Attach", "Detach")


_CREATING = {"CreateRole", "CreateUser", "CreateGroup", "CreateInstanceProfile"}


@dataclass(frozen=True)
class _Resource:
    arn: str = "*"
    tags: Mapping[str, str] = field(default_factory=dict)
    boundary: str | None = None
    shown: str | None = None


def iam_requirements(state: IamState, call: Call, caller: Caller) -> list[Requirement]:
    """What the call needs."""
    resource = _resource(state, call, caller)
    context = dict(_context(call, resource))
    action = f"iam:{call.name}"
    needed = [Requirement(action, resource.arn, caller.account, context, shown=resource.shown)]
    if call.name == "AddRoleToInstanceProfile":
        name = call.parameters["RoleName"]
        needed.append(pass_role(state, caller.account, name, "ec2.amazonaws.com"))
    return needed


def pass_role(state: IamState, account: str, role: str, service: str) -> Requirement:
    """`iam:PassRole` for a role, given by name or ARN, that is handed to a service."""
    name = role.rpartition("/")[2]
    found = state.role(account, name)
    arn = role if role.startswith("arn:") else _arn(account, "role", "/", name)
    tags = _tag_keys(found.tags if found else {})
    context = {"iam:PassedToService": service, **tags}
    return Requirement("iam:PassRole", found.arn if found else arn, account, context)


def _resource(state: IamState, call: Call, caller: Caller) -> _Resource:
    account, parameters = caller.account, call.parameters
    path = parameters.get("Path") or "/"
    for member, kind in _NAMES.items():
        name = parameters.get(member)
        if name is None and member == "UserName" and "UserName" in _members(call):
            name = (
                caller.name if isinstance(caller, User) else None
            )  # of the caller itself, where none is named
        if name is not None:
            return _named(state, account, kind, path, name, new=call.name in _CREATING)
    for member in _ARNS:
        if member in parameters:
            arn = str(parameters[member])
            found = state.by_arn(arn)
            tags = found.tags if found else state.tags(account, arn)
            return _Resource(arn, tags)
    if call.name == "CreatePolicy":
        return _Resource(_arn(account, "policy", path, parameters.get("PolicyName", "")))
    if call.name == "CreateOpenIDConnectProvider":
        host = parameters.get("Url", "").partition("://")[2]
        return _Resource(_arn(account, "oidc-provider", "/", host))
    if call.name == "CreateServiceLinkedRole":
        service = parameters.get("AWSServiceName", "")
        # The name is the service's secret until it has made the role; its beginning is fixed.
        return _Resource(
            _arn(account, "role/aws-service-role", f"/{service}/", "AWSServiceRoleFor")
        )
    if call.name in _LISTED:
        prefix = parameters.get("PathPrefix") or "/"
        return _Resource(shown=_arn(account, _LISTED[call.name], prefix, ""))
    return _Resource()


def _members(call: Call) -> Mapping[str, Any]:
    shape = call.operation.input_shape
    return shape.members if shape else {}


def _named(
    state: IamState, account: str, kind: str, path: str, name: str, *, new: bool
) -> _Resource:
    found: Entity | None = None
    if not new and kind in ("role", "user", "group"):
        found = {"role": state.role, "user": state.user, "group": state.group}[kind](account, name)
    # What is to be made has only an ARN; what may be there is called by its name.
    shown = None if new or kind not in _SHOWN else f"{_SHOWN[kind]} {name}"
    if found is not None:
        return _Resource(found.arn, found.tags, found.boundary_arn, shown)
    if not new and kind == "instance-profile":
        arn = state.instance_profile_arn(account, name) or _arn(account, kind, "/", name)
        return _Resource(arn, shown=shown)
    return _Resource(_arn(account, kind, path, name), shown=shown)


def _arn(account: str, kind: str, path: str, name: str) -> str:
    return f"arn:aws:iam::{account}:{kind}{path}{name}"


def _context(call: Call, resource: _Resource) -> Mapping[str, Any]:
    parameters = call.parameters
    keys: dict[str, Any] = _tag_keys(resource.tags)
    if "PolicyArn" in parameters and call.name.startswith(_ATTACHING):
        keys["iam:PolicyARN"] = parameters["PolicyArn"]
    boundary = parameters.get("PermissionsBoundary") or resource.boundary
    if boundary and call.name in _BOUNDED:
        keys["iam:PermissionsBoundary"] = boundary
    if "AWSServiceName" in parameters:
        keys["iam:AWSServiceName"] = parameters["AWSServiceName"]
    if "ContextProvider" in parameters:
        # That it is a boolean is inferred from its name (botocore 1.44.8, model of IAM).
        keys["iam:EnableIdentityPropagation"] = "true"
    tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])}
    keys |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    if names := sorted({*tags, *parameters.get("TagKeys", [])}):
        keys["aws:TagKeys"] = names
    return keys


def _tag_keys(tags: Mapping[str, str]) -> dict[str, str]:
    """A resource's tags under both of their names."""
    return {
        f"{prefix}:ResourceTag/{key}": value
        for key, value in tags.items()
        for prefix in ("aws", "iam")
    }
