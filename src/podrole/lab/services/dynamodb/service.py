"""DynamoDB beside moto: tables by name or ARN, their policies, and fine-grained access control.

Source: DynamoDB developer guide, "Using IAM policy conditions for fine-grained access control"
(checked 2026-11-24). AWS does not publish how it reads expressions: `item_access` is inferred.
"""

from __future__ import annotations

import json
from typing import Any

from podrole.lab.access.action_table import ResourceType, Row
from podrole.lab.access.data_service import DataService, Resource, resource_policy
from podrole.lab.access.service import Answer
from podrole.lab.audit.events import Events, named_resource
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.moto_adapter.backend import Moto
from podrole.lab.protocol.call import Call
from podrole.lab.services.dynamodb.item_access import item_keys

_INDEX = "/index/"


class _Events(Events):
    reads = (*Events.reads, "Query", "Scan")
    data = ("Item", "Query", "Scan")

    def resources(self, call: Call, account: str) -> list[dict[str, str]]:
        """The table."""
        name = call.parameters.get("TableName", "")
        table = f"arn:aws:dynamodb:{call.region}:{account}:table/{name}"
        arn = name if name.startswith("arn:") else table
        return named_resource("AWS::DynamoDB::Table", arn) if name else []


class DynamoDb(DataService):
    """DynamoDB: a table's name may be its ARN, which says whose it is."""

    events = _Events()

    def __init__(self, moto: Moto) -> None:
        super().__init__("dynamodb", moto)

    def locate(self, call: Call, caller: Caller, type_: ResourceType, name: str) -> tuple[str, str]:
        """A table by name or ARN; an index as `TABLE/index/NAME`."""
        if type_.name != "index":
            return super().locate(call, caller, type_, name)
        table, _, index = name.rpartition(_INDEX)
        arn, account = super().locate(call, caller, self.table.resources["table"], table)
        if type_.read(f"{arn}{_INDEX}{index}") is None:
            raise self.misnamed(call, type_, index)
        return f"{arn}{_INDEX}{index}", account

    def found(self, call: Call, caller: Caller, row: Row, arn: str, account: str) -> Resource:
        """The table with its policy and tags, and which of its items and attributes are meant."""
        if call.name == "CreateTable":
            return Resource(arn, account)
        table, _, index = arn.partition(_INDEX)
        name = table.rpartition("/")[2]
        described = self.ask(call, account, "DescribeTable", TableName=name).get("Table")
        if described is None:
            return Resource(arn, account)
        text = self.ask(call, account, "GetResourcePolicy", ResourceArn=table).get("Policy")
        policy = resource_policy(text, f"policy of {table}")
        tags = self.ask(call, account, "ListTagsOfResource", ResourceArn=table).get("Tags", [])
        keys = item_keys(call.name, row.action, call.parameters, {name, table}, described, index)
        return Resource(arn, account, policy, {tag["Key"]: tag["Value"] for tag in tags}, keys)

    def before_moto(self, call: Call) -> Answer | None:
        """Refuse a malformed policy; give moto names, which it knows better than ARNs."""
        if call.name == "PutResourcePolicy":
            resource_policy(call.parameters["Policy"], "Policy", code="ValidationException")
        elif "ResourceArn" not in call.parameters:
            call.replace_body(json.dumps(self._named(call.parameters)).encode())
        return None

    def _named(self, parameters: Any) -> dict[str, Any]:
        """The parameters with table names where they had tables' ARNs."""
        changed = dict(parameters)
        if "TableName" in changed:
            changed["TableName"] = self._name(changed["TableName"])
        if "RequestItems" in changed:
            names = [self._name(name) for name in changed["RequestItems"]]
            if len(set(names)) < len(names):
                raise AwsError("ValidationException", "lab: a table is named twice in RequestItems")
            changed["RequestItems"] = dict(
                zip(names, changed["RequestItems"].values(), strict=True)
            )
        if "TransactItems" in changed:
            changed["TransactItems"] = [
                {
                    kind: {**part, "TableName": self._name(part["TableName"])}
                    for kind, part in item.items()
                }
                for item in changed["TransactItems"]
            ]
        return changed

    def _name(self, table: str) -> str:
        parts = self.table.resources["table"].read(table)
        return parts["TableName"] if parts else table
