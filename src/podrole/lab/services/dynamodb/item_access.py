"""Which items and attributes of a DynamoDB table a call touches: LeadingKeys, Attributes, Select.

Source: DynamoDB developer guide, "Using IAM policy conditions for fine-grained access control"
(checked 2026-11-24): LeadingKeys are the partition key's values, Attributes the names of top-level
attributes that the request mentions, the primary key's among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from podrole.lab.aws_error import AwsError

_BY_ITEM = {
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:Query",
    "dynamodb:Scan",
}
#: Members of a transaction by the action that decides them.
_MEMBER = {
    "dynamodb:GetItem": "Get",
    "dynamodb:PutItem": "Put",
    "dynamodb:UpdateItem": "Update",
    "dynamodb:DeleteItem": "Delete",
    "dynamodb:ConditionCheckItem": "ConditionCheck",
}
_EXPRESSIONS = (
    "ProjectionExpression",
    "ConditionExpression",
    "UpdateExpression",
    "FilterExpression",
    "KeyConditionExpression",
)
#: Members of the interfaces before expressions that have attributes' names as keys.
_BY_NAME = (
    *("Key", "Item", "Expected", "AttributeUpdates"),
    *("KeyConditions", "QueryFilter", "ScanFilter"),
)
_READS = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"}
_PROJECTIONS = ("ProjectionExpression", "AttributesToGet")
#: A name at the top of a path: not after a dot, no value, no function.
_NAME = re.compile(r"(?<![\w.:#\]])(#\w+|[A-Za-z_]\w*)(?!\w*\s*\()")
_WORDS = {"and", "or", "not", "between", "in", "set", "remove", "add", "delete"}
_EQUAL = re.compile(r"(:?#?\w+)\s*=\s*(:?#?\w+)")


def item_keys(
    operation: str,
    action: str,
    parameters: Mapping[str, Any],
    table: set[str],
    described: Mapping[str, Any],
    index: str = "",
) -> dict[str, Any]:
    """The condition keys of one table's part of a call; empty for a call about no items.

    `table` holds the names that the call may have for the table, `described` is DescribeTable's
    answer. Raises AwsError for a query whose partition key cannot be found in it.
    """
    if action not in _BY_ITEM:
        return {}
    hash_key = _hash_key(described, index)
    parts = list(_parts(operation, action, parameters, table))
    keys: dict[str, Any] = {}
    leading = sorted({_value(text) for part in parts for text in _leading(action, part, hash_key)})
    if leading:
        keys["dynamodb:LeadingKeys"] = leading
    attributes = {name for part in parts for name in _attributes(part)}
    if attributes:
        keys["dynamodb:Attributes"] = sorted(attributes)
    if action in _READS:
        keys["dynamodb:Select"] = _select(parts, index)
    return keys


def _hash_key(described: Mapping[str, Any], index: str) -> str:
    schema = described["KeySchema"]
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        for item in described.get(kind) or ():
            if index and item["IndexName"] == index:
                schema = item["KeySchema"]
    return str(next(key["AttributeName"] for key in schema if key["KeyType"] == "HASH"))


def _parts(
    operation: str, action: str, parameters: Mapping[str, Any], table: set[str]
) -> Iterator[Mapping[str, Any]]:
    """The pieces of a call that each are about items of this table."""
    if operation.startswith("Transact"):
        for item in parameters["TransactItems"]:
            part = item.get(_MEMBER[action])
            if part and part["TableName"] in table:
                yield part
    elif operation == "BatchGetItem":
        for name, request in parameters["RequestItems"].items():
            if name in table:
                yield from ({**request, "Keys": None, "Key": key} for key in request["Keys"])
    elif operation == "BatchWriteItem":
        for name, requests in parameters["RequestItems"].items():
            if name in table:
                for request in requests:
                    yield request.get("PutRequest") or request.get("DeleteRequest") or {}
    else:
        yield parameters


def _leading(action: str, part: Mapping[str, Any], hash_key: str) -> Iterable[Mapping[str, Any]]:
    if action == "dynamodb:Scan":
        return ()
    if action != "dynamodb:Query":
        key = part.get("Key") or part.get("Item") or {}
        return [key[hash_key]] if hash_key in key else ()
    return _of_query(part, hash_key)


def _of_query(part: Mapping[str, Any], hash_key: str) -> Iterable[Mapping[str, Any]]:
    expression, conditions = part.get("KeyConditionExpression"), part.get("KeyConditions")
    if expression and not conditions:
        values = part.get("ExpressionAttributeValues") or {}
        found = []
        for left, right in _EQUAL.findall(expression):
            name, value = (right, left) if left.startswith(":") else (left, right)
            if _resolved(name, part) == hash_key and value in values:
                found.append(values[value])
        if found:
            return found
    elif conditions and not expression and hash_key in conditions:
        return list(conditions[hash_key].get("AttributeValueList") or ())
    raise AwsError(
        "ValidationException", f"lab: the query does not say {hash_key} = VALUE in one way"
    )


def _attributes(part: Mapping[str, Any]) -> Iterator[str]:
    for member in _BY_NAME:
        yield from part.get(member) or ()
    yield from (name.partition(".")[0] for name in part.get("AttributesToGet") or ())
    for member in _EXPRESSIONS:
        for name in _NAME.findall(part.get(member) or ""):
            if name.lower() not in _WORDS:
                yield _resolved(name, part)


def _resolved(name: str, part: Mapping[str, Any]) -> str:
    names = part.get("ExpressionAttributeNames") or {}
    return str(names.get(name, name)) if name.startswith("#") else name


def _select(parts: Iterable[Mapping[str, Any]], index: str) -> str:
    """`Select` as asked for, else what DynamoDB takes in its place (API reference, Query)."""
    for part in parts:
        if part.get("Select"):
            return str(part["Select"])
        if not any(part.get(member) for member in _PROJECTIONS):
            return "ALL_PROJECTED_ATTRIBUTES" if index else "ALL_ATTRIBUTES"
    return "SPECIFIC_ATTRIBUTES"


def _value(attribute: Mapping[str, Any]) -> str:
    """The text of an attribute's value: `{"S": "a"}` is `a`."""
    return str(next(iter(attribute.values()), ""))
