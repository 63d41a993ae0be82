"""A service that moto carries out, decided by its table of actions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from podrole.lab.access.action_table import ActionTable, ResourceType, Row
from podrole.lab.access.authorizer import Requirement
from podrole.lab.access.service import Service
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.moto_adapter.backend import Moto
from podrole.lab.protocol.call import Call
from podrole.policy import Policy, PolicyError, parse_policy


@dataclass(frozen=True)
class Resource:
    """A resource that a call names: whose it is, and what a decision about it looks at."""

    arn: str
    account: str
    policy: Policy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, Any] = field(default_factory=dict)
    shown: str | None = None  # how the service's refusal names it


class DataService(Service):
    """What each call needs comes from the service's table; a subclass knows its resources."""

    def __init__(self, service: str, moto: Moto) -> None:
        self.moto = moto
        self.table = ActionTable.of(service)

    # -- the service's own ---------------------------------------------------------------

    def parameters(self, call: Call) -> Mapping[str, Any]:
        """The parameters that the table's expressions read."""
        return call.parameters

    def locate(self, call: Call, caller: Caller, type_: ResourceType, name: str) -> tuple[str, str]:
        """ARN and account of a resource, by its name or its ARN, whether it exists or not."""
        parts = type_.read(name)
        if parts is not None:
            return name, parts.get("account") or caller.account
        account = self.owner(call) or caller.account
        arn = type_.arn(call.region, account, name)
        if type_.read(arn) is None:
            raise self.misnamed(call, type_, name)
        return arn, account

    def place(self, call: Call, caller: Caller, row: Row, name: str) -> tuple[str, str]:
        """ARN and account of what a row of the table finds in the call."""
        assert row.type is not None
        arn, account = self.locate(call, caller, row.type, name)
        if self._region(arn) not in ("", call.region):
            raise self.misnamed(call, row.type, name)
        return arn, account

    def found(self, call: Call, caller: Caller, row: Row, arn: str, account: str) -> Resource:
        """The resource of that ARN with its policy and tags, if it exists."""
        return Resource(arn, account)

    def every(self, call: Call, caller: Caller, row: Row) -> Resource:
        """`*`, or all resources of the row's type in the account: what the call does not name."""
        account = self.owner(call) or caller.account
        arn = row.type.arn(call.region, account, *"*" * 4) if row.type else "*"
        return Resource(arn, account, shown=row.as_shown(self.parameters(call)))

    def further(self, call: Call, caller: Caller) -> Iterable[Requirement]:
        """What a call needs beside its table's rows: of the key that encrypts its resource."""
        return ()

    def shown(self, resource: Resource) -> str | None:
        """How a refusal names the resource, None for its ARN."""
        return resource.shown

    # -- what a call needs ---------------------------------------------------------------

    def requirements(self, call: Call, caller: Caller) -> list[Requirement] | None:
        """What the table's rows of this call need; None for a call that is not in the table.

        Raises AwsError for a call that names none of the resources that it is about.
        """
        rows = self.table.rows(call.name)
        if rows is None:
            return None
        needed: list[Requirement] = []
        for row, location in self._located(call, caller):
            context = row.context(self.parameters(call))
            if location is None:
                resource = self.every(call, caller, row)
            else:
                resource = self.found(call, caller, row, *location)
            needed.append(self._requirement(row, resource, context))
        if not needed:
            raise AwsError("ValidationException", f"lab: {call.name} names no resource")
        return [*needed, *self.further(call, caller)]

    def account(self, call: Call, caller: Caller) -> str:
        """The account of the resources that the call names. Raises AwsError for several."""
        accounts = {
            location[1] for _, location in self._located(call, caller) if location is not None
        }
        if len(accounts) > 1:
            raise AwsError(
                "NotImplemented",
                f"lab: {call.name} on resources of several accounts; this is not an answer of AWS",
                501,
            )
        return accounts.pop() if accounts else self.owner(call) or caller.account

    def owner(self, call: Call) -> str | None:
        """The account that the call names beside its resources."""
        return self.parameters(call).get(self.table.owner) if self.table.owner else None

    def _located(self, call: Call, caller: Caller) -> Iterator[tuple[Row, tuple[str, str] | None]]:
        for row in self.table.rows(call.name) or ():
            for name in row.named(self.parameters(call)):
                if name is None:
                    yield row, None
                elif row.type is None or not isinstance(name, str):
                    raise AwsError("ValidationException", f"lab: {name!r} is not a valid name")
                else:
                    yield row, self.place(call, caller, row, name)

    @staticmethod
    def _region(arn: str) -> str:
        parts = arn.split(":", 5)
        return parts[3] if len(parts) == 6 else ""

    def misnamed(self, call: Call, type_: ResourceType, name: str) -> AwsError:
        """The refusal of a name that is none of the service's in this region."""
        return AwsError(
            "ValidationException", f"lab: {name!r} is not a {type_.name} in {call.region}"
        )

    def _requirement(self, row: Row, resource: Resource, context: dict[str, Any]) -> Requirement:
        keys = {**resource.keys, **context}
        if resource.account:  # Amazon's own parameters are in none
            keys["aws:ResourceAccount"] = resource.account
        for prefix in self.table.resource_tags:
            keys |= {f"{prefix}/{key}": value for key, value in resource.tags.items()}
        return Requirement(
            row.action,
            resource.arn,
            resource.account,
            keys,
            resource.policy,
            self.shown(resource),
            self.table.denial,
        )

    # -- moto ----------------------------------------------------------------------------

    def ask(self, call: Call, account: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """What moto answers in that account and the call's region; empty where it refuses."""
        return self.moto.ask(self.table.service, operation, account, call.region, **parameters)


def resource_policy(
    text: str | None,
    name: str,
    *,
    code: str = "MalformedPolicyDocument",
    resource: str | None = None,
) -> Policy | None:
    """A resource's own policy, compiled; None for none.

    Raises AwsError with the service's `code` for a malformed one: the reason is the lab's.
    `resource` stands for the element that a service's policies leave out.
    """
    if not text:
        return None
    try:
        document = json.loads(text)
        if resource is not None and isinstance(document, dict):
            document = _with_resource(document, resource)
        return parse_policy(document, kind="resource", name=name)
    except (PolicyError, ValueError, RecursionError) as error:
        raise AwsError(code, f"lab: {name}: {error}") from error


def _with_resource(document: dict[str, Any], resource: str) -> dict[str, Any]:
    statements = document.get("Statement")
    several = statements if isinstance(statements, list) else [statements]
    return {
        **document,
        "Statement": [
            {"Resource": resource, **item}
            if isinstance(item, dict) and not {"Resource", "NotResource"} & set(item)
            else item
            for item in several
        ],
    }
