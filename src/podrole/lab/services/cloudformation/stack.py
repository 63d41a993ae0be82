"""A stack: what it was made of, what it has made, and its events.

Shapes: botocore 1.44.8's model of CloudFormation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from podrole.lab.services.cloudformation.template import Template

STACK_TYPE = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Wish:
    """What a caller wants a stack to be.

    Attributes:
        given: the parameters as the caller gave them.
        parameters: the value of each parameter of the template, a text.
        tags: of the stack and, where a resource's type has tags, of its resources.
    """

    template: Template
    given: Mapping[str, str]
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    capabilities: tuple[str, ...] = ()


@dataclass
class Resource:
    """A resource that a stack has made.

    Attributes:
        physical: what `Ref` gives.
        properties: as they were resolved, generated names included.
        attributes: what `Fn::GetAtt` gives.
    """

    logical: str
    type: str
    physical: str
    properties: dict[str, Any]
    attributes: dict[str, str]
    status: str
    time: datetime
    retained: bool = False

    def referred(self) -> dict[str, str]:
        """What functions find of it: attributes, and `Ref`'s value under the empty name."""
        return {**self.attributes, "": self.physical}


@dataclass(frozen=True)
class Event:
    """One event of a stack, of itself or of one of its resources."""

    id: str
    logical: str
    physical: str
    type: str
    status: str
    reason: str | None
    time: datetime


@dataclass
class Change:
    """A change of a change set: Add, Modify or Remove of one resource."""

    action: str
    logical: str
    physical: str | None
    type: str
    replacement: str | None


@dataclass
class ChangeSet:
    """What CreateChangeSet has found."""

    id: str
    name: str
    description: str | None
    wish: Wish
    changes: list[Change]
    created: datetime
    status: str
    execution: str
    reason: str | None = None


@dataclass
class Stack:
    """A stack of one account and Region."""

    id: str
    name: str
    account: str
    region: str
    created: datetime
    wish: Wish | None = None
    status: str = "REVIEW_IN_PROGRESS"
    reason: str | None = None
    updated: datetime | None = None
    deleted: datetime | None = None
    disable_rollback: bool = False
    protected: bool = False
    change_set: str | None = None  # the one that was executed last
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: list[dict[str, str]] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)  # names of other stacks' exports
    events: list[Event] = field(default_factory=list)
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """A member of `Stacks`."""
        wish = self.wish
        return {
            "StackId": self.id,
            "StackName": self.name,
            "ChangeSetId": self.change_set,
            "Description": wish.template.description if wish else None,
            "Parameters": described_parameters(wish) if wish else [],
            "CreationTime": self.created,
            "DeletionTime": self.deleted,
            "LastUpdatedTime": self.updated,
            "RollbackConfiguration": {},
            "StackStatus": self.status,
            "StackStatusReason": self.reason,
            "DisableRollback": self.disable_rollback,
            "NotificationARNs": [],
            "Capabilities": list(wish.capabilities) if wish else [],
            "Outputs": self.outputs,
            "Tags": pairs(wish.tags) if wish else [],
            "EnableTerminationProtection": self.protected,
            "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        }


def described_parameters(wish: Wish) -> list[dict[str, str]]:
    """The parameters of a stack, as DescribeStacks tells them."""
    hidden = wish.template.hidden
    return [
        {"ParameterKey": name, "ParameterValue": "****" if name in hidden else value}
        for name, value in wish.parameters.items()
    ]


def pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as a list of Key and Value."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
