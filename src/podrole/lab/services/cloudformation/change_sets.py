"""Change sets: what a wish would change of a stack, before it does.

Source: CloudFormation API reference, CreateChangeSet, DescribeChangeSet (checked 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from podrole.lab.aws_error import AwsError
from podrole.lab.services.cloudformation.deployment import wanted_properties
from podrole.lab.services.cloudformation.making import differing
from podrole.lab.services.cloudformation.resource_types import resource_type
from podrole.lab.services.cloudformation.scope import Scope, scope_of
from podrole.lab.services.cloudformation.stack import (
    Change,
    ChangeSet,
    Resource,
    Stack,
    Wish,
    described_parameters,
    pairs,
)
from podrole.lab.services.cloudformation.template import invalid

#: The reason of a change set without a change, as the AWS CLI looks for it.
EMPTY = (
    "The submitted information didn't contain changes. Submit different information to create a"
    " change set."
)


def changes(stack: Stack, wish: Wish, exports: Mapping[str, str]) -> list[Change]:
    """What the wish would add, modify and remove. Raises AwsError."""
    scope = scope_of(stack, wish, exports, ahead=True)
    wanted = scope.wanted()
    found = []
    for logical in wish.template.order(wanted):
        type_ = wish.template.resources[logical]["Type"]
        made = stack.resources.get(logical)
        if made is None:
            found.append(Change("Add", logical, None, type_, None))
            scope.properties(logical)  # a function that cannot be read is told now
            continue
        replacement = _replacement(scope, wish, made, type_)
        if replacement != "True":
            scope.made[logical] = made.referred()
        if replacement is not None:
            found.append(Change("Modify", logical, made.physical, type_, replacement))
    for made in stack.resources.values():
        if made.logical not in wanted:
            found.append(Change("Remove", made.logical, made.physical, made.type, None))
    return found


def _replacement(scope: Scope, wish: Wish, made: Resource, type_: str) -> str | None:
    """Whether the resource would be replaced, `True` or `False`; None where nothing changes."""
    if made.type != type_:
        return "True"
    changed = differing(made.properties, wanted_properties(scope, made, wish.tags))
    return str(resource_type(type_).replaces(changed)) if changed else None


def differs(stack: Stack, wish: Wish, found: Sequence[Change]) -> bool:
    """Whether an update would change anything of the stack, whose `changes` were found."""
    former = stack.wish
    if found or former is None:
        return True
    return wish.tags != former.tags or wish.template.outputs != former.template.outputs


def check_updatable(stack: Stack) -> None:
    """Raise AwsError for a stack whose status lets nobody change it."""
    if not stack.status.endswith("_COMPLETE") or stack.status == "ROLLBACK_COMPLETE":
        raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")


def change_set_of(stack: Stack, name: str) -> ChangeSet:
    """The stack's change set of that name or id. Raises AwsError."""
    for one in stack.change_sets.values():
        if name in (one.name, one.id):
            return one
    raise AwsError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)


def described(change_set: ChangeSet, stack: Stack) -> dict[str, Any]:
    """The answer of DescribeChangeSet."""
    wish = change_set.wish
    return {
        "ChangeSetName": change_set.name,
        "ChangeSetId": change_set.id,
        "StackId": stack.id,
        "StackName": stack.name,
        "Description": change_set.description,
        "Parameters": described_parameters(wish),
        "CreationTime": change_set.created,
        "ExecutionStatus": change_set.execution,
        "Status": change_set.status,
        "StatusReason": change_set.reason,
        "RollbackConfiguration": {},
        "Capabilities": list(wish.capabilities),
        "Tags": pairs(wish.tags),
        "Changes": [
            {"Type": "Resource", "ResourceChange": _change(one)} for one in change_set.changes
        ],
        "IncludeNestedStacks": False,
    }


def listed(change_set: ChangeSet, stack: Stack) -> dict[str, Any]:
    """A member of ListChangeSets."""
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "ChangeSetId": change_set.id,
        "ChangeSetName": change_set.name,
        "ExecutionStatus": change_set.execution,
        "Status": change_set.status,
        "StatusReason": change_set.reason,
        "CreationTime": change_set.created,
        "Description": change_set.description,
        "IncludeNestedStacks": False,
    }


def _change(one: Change) -> dict[str, Any]:
    return {
        "Action": one.action,
        "LogicalResourceId": one.logical,
        "PhysicalResourceId": one.physical,
        "ResourceType": one.type,
        "Replacement": one.replacement,
        "Scope": ["Properties"] if one.action == "Modify" else [],
        "Details": [],
    }
