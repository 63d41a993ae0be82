"""What must exist before a call of IAM, and what must be gone: moto asks for half of it.

Codes: IAM API reference, the errors of each action; texts: as AWS returns them (localstack's
recordings of AWS of 2026-02-11 for roles; others as users report them). Checked 2026-11-23.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from podrole.lab.access.iam_state import IamState
from podrole.lab.aws_error import AwsError
from podrole.lab.moto_adapter import iam as moto_iam
from podrole.lab.protocol.call import Call
from podrole.policy.aws_owned import aws_owned

_SERVICE_ROLES = "/aws-service-role/"
_SERVICE_ROLE_NAME = "AWSServiceRoleFor"


def check(state: IamState, account: str, call: Call) -> None:
    """Raise AwsError (NoSuchEntity, UnmodifiableEntity, InvalidInput, DeleteConflict)."""
    parameters = call.parameters
    for arn in (parameters.get("PolicyArn", ""), parameters.get("PermissionsBoundary", "")):
        if arn.startswith(moto_iam.AWS_MANAGED):
            moto_iam.load_aws_managed(account, arn)
    if call.name == "ListPolicies" and parameters.get("Scope", "All") != "Local":
        moto_iam.load_aws_managed(account)
    if call.name == "CreateRole" and parameters.get("Path", "/").startswith(_SERVICE_ROLES):
        raise AwsError(
            "InvalidInput",
            f"Path prefix '{_SERVICE_ROLES}' can only be used for AWS Service linked Roles",
        )
    # What AWS says is not known. In a session's ARN a role has no path, so by the name the engine
    # knows the roles that no SCP binds: nobody may take such a name.
    if call.name == "CreateRole" and parameters["RoleName"].startswith(_SERVICE_ROLE_NAME):
        raise AwsError(
            "InvalidInput", f"lab: {_SERVICE_ROLE_NAME}… is a service-linked role's name"
        )
    _entities_exist(state, account, call)
    _role_is_modifiable(state, account, call)
    _policy_is_modifiable(call)
    boundary = parameters.get("PermissionsBoundary")
    if boundary and not _has_policy(state, account, boundary):
        message = f"Scope ARN: {boundary} does not exist or is not attachable."
        raise AwsError("NoSuchEntity", message, 404)
    attached = parameters.get("PolicyArn", "") if call.name.startswith("Attach") else ""
    if attached and not attached.startswith("arn:"):
        raise AwsError("ValidationError", "Invalid ARN:  Could not be parsed!")
    if attached and not _has_policy(state, account, attached):
        message = f"Policy {attached} does not exist or is not attachable."
        raise AwsError("NoSuchEntity", message, 404)
    for reason in _obstacles(state, account, call):
        raise AwsError("DeleteConflict", reason, 409)


def _entities_exist(state: IamState, account: str, call: Call) -> None:
    for kind, lookup in (("Role", state.role), ("User", state.user), ("Group", state.group)):
        name = call.parameters.get(f"{kind}Name")
        if name is None or call.name == f"Create{kind}":
            continue
        if lookup(account, name) is None:
            message = f"The {kind.lower()} with name {name} cannot be found."
            raise AwsError("NoSuchEntity", message, 404)


def _role_is_modifiable(state: IamState, account: str, call: Call) -> None:
    """A service-linked role is its service's; only its description is one's own.

    The calls are those that list UnmodifiableEntity among their errors in botocore's model.
    """
    name = call.parameters.get("RoleName")
    refusing = {error.name for error in call.operation.error_shapes}
    if name is None or "UnmodifiableEntityException" not in refusing:
        return
    role = state.role(account, name)
    if role is not None and role.service_linked and call.name != "UpdateRoleDescription":
        raise AwsError(
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{name}' - this role is only"
            " modifiable by AWS",
        )


def _policy_is_modifiable(call: Call) -> None:
    """AWS's managed policies are not its users' to change, nor to tag."""
    if not aws_owned(f"iam:{call.name}".lower(), call.parameters.get("PolicyArn", "")):
        return
    if call.name in ("TagPolicy", "UntagPolicy"):
        raise AwsError("InvalidInput", "Tags not supported for policies in this domain")
    # What AWS says is not known.
    raise AwsError("AccessDenied", "lab: only AWS changes AWS's managed policies", 403)


def _has_policy(state: IamState, account: str, arn: str) -> bool:
    try:
        state.managed_document(account, arn)
    except AwsError:
        return False
    return True


def _obstacles(state: IamState, account: str, call: Call) -> Iterator[str]:
    """What moto does not look at before it deletes."""

    def ask(operation: str, **parameters: Any) -> dict[str, Any]:
        return state.ask(account, operation, **parameters)

    if call.name == "DeletePolicy":
        arn = call.parameters["PolicyArn"]
        try:
            policy = ask("GetPolicy", PolicyArn=arn)["Policy"]
        except AwsError:
            message = f"Policy {arn} was not found."
            raise AwsError("NoSuchEntity", message, 404) from None
        if policy["AttachmentCount"]:
            yield "Cannot delete a policy attached to entities."
        if len(ask("ListPolicyVersions", PolicyArn=arn)["Versions"]) > 1:
            yield (
                "This policy has more than one version. Before you delete a policy, you must delete"
                " the policy's versions. The default version is deleted with the policy."
            )
    elif call.name == "DeleteUser":
        who = {"UserName": call.parameters["UserName"]}
        if ask("ListAccessKeys", **who).get("AccessKeyMetadata"):
            yield "Cannot delete entity, must delete access keys first."
        if ask("ListGroupsForUser", **who).get("Groups"):
            yield "lab: the user is a member of a group; remove it there first"
    elif call.name == "DeleteGroup":
        group = {"GroupName": call.parameters["GroupName"]}
        if ask("GetGroup", **group).get("Users"):
            yield "Cannot delete entity, must remove users from group first."
        if ask("ListAttachedGroupPolicies", **group).get("AttachedPolicies"):
            yield "Cannot delete entity, must detach all policies first."
        if ask("ListGroupPolicies", **group).get("PolicyNames"):
            yield "Cannot delete entity, must delete policies first."
