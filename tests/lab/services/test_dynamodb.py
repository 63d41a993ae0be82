"""DynamoDB's fine-grained access control: leading keys, attributes, Select, indexes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from podrole.lab import Lab
from podrole.lab.services.dynamodb.item_access import item_keys
from tests.lab.conftest import ACCOUNT, Setup, allow
from tests.lab.services.sts.test_irsa import refused

TABLE = f"arn:aws:dynamodb:us-west-2:{ACCOUNT}:table/carts"
ITEM = {"user": {"S": "ann"}, "day": {"S": "1"}, "amount": {"N": "5"}, "card": {"S": "4111"}}
ANN, BOB = ({"user": {"S": name}, "day": {"S": "1"}} for name in ("ann", "bob"))


@pytest.fixture
def carts(lab: Lab) -> str:
    """A table by user and day, with an index by day."""
    db = boto3.client("dynamodb")
    db.create_table(
        TableName="carts",
        KeySchema=[
            {"AttributeName": "user", "KeyType": "HASH"},
            {"AttributeName": "day", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("user", "day")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-day",
                "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for user in ("ann", "bob"):
        db.put_item(TableName="carts", Item={**ITEM, "user": {"S": user}})
    return "carts"


def query(user: str, **more: Any) -> dict[str, Any]:
    return {
        "TableName": "carts",
        "KeyConditionExpression": "#u = :u",
        "ExpressionAttributeNames": {"#u": "user"},
        "ExpressionAttributeValues": {":u": {"S": user}},
        **more,
    }


OWN: list[Callable[[Any], Any]] = [
    lambda db: db.get_item(TableName="carts", Key=ANN),
    lambda db: db.get_item(TableName=TABLE, Key=ANN),
    lambda db: db.put_item(TableName="carts", Item=ITEM),
    lambda db: db.update_item(
        TableName="carts",
        Key=ANN,
        UpdateExpression="SET amount = :t",
        ExpressionAttributeValues={":t": {"N": "1"}},
    ),
    lambda db: db.query(**query("ann")),
    lambda db: db.query(
        TableName="carts",
        KeyConditions={"user": {"AttributeValueList": [{"S": "ann"}], "ComparisonOperator": "EQ"}},
    ),
    lambda db: db.batch_get_item(RequestItems={"carts": {"Keys": [ANN]}}),
    lambda db: db.batch_write_item(RequestItems={"carts": [{"PutRequest": {"Item": ITEM}}]}),
    lambda db: db.transact_get_items(TransactItems=[{"Get": {"TableName": "carts", "Key": ANN}}]),
    lambda db: db.transact_write_items(
        TransactItems=[{"Put": {"TableName": "carts", "Item": ITEM}}]
    ),
]
OTHERS: list[Callable[[Any], Any]] = [
    lambda db: db.get_item(TableName="carts", Key=BOB),
    lambda db: db.get_item(TableName=TABLE, Key=BOB),
    lambda db: db.put_item(TableName="carts", Item={**ITEM, "user": {"S": "bob"}}),
    lambda db: db.delete_item(TableName="carts", Key=BOB),
    lambda db: db.query(**query("bob")),
    lambda db: db.batch_get_item(RequestItems={"carts": {"Keys": [ANN, BOB]}}),
    lambda db: db.batch_get_item(RequestItems={TABLE: {"Keys": [ANN, BOB]}}),
    lambda db: db.batch_write_item(
        RequestItems={"carts": [{"PutRequest": {"Item": ITEM}}, {"DeleteRequest": {"Key": BOB}}]}
    ),
    lambda db: db.transact_get_items(TransactItems=[{"Get": {"TableName": "carts", "Key": BOB}}]),
    lambda db: db.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": "carts", "Item": ITEM}},
            {"Delete": {"TableName": "carts", "Key": BOB}},
        ]
    ),
    lambda db: db.scan(TableName="carts"),
]


def test_leading_keys_keep_each_user_to_its_items(setup: Setup, carts: str) -> None:
    condition = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["ann"]}}
    # AWS's own example leaves out Scan: with ForAllValues an absent key would allow it.
    actions = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Batch*"]
    names = [f"dynamodb:{action}" for action in actions]
    with setup.irsa_pod(allow(names, TABLE, Condition=condition)).inside():
        db = boto3.client("dynamodb")
        for call in OWN:
            call(db)
        for call in OTHERS:
            code, status, _ = refused(lambda c=call: c(db))
            assert (code, status) == ("AccessDeniedException", 400)


def test_a_query_that_hides_its_partition_key_is_refused(setup: Setup, carts: str) -> None:
    condition = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["ann"]}}
    with setup.irsa_pod(allow("dynamodb:Query", Condition=condition)).inside():
        db = boto3.client("dynamodb")
        reversed_ = query("bob", KeyConditionExpression=":u = #u")
        assert refused(lambda: db.query(**reversed_))[0] == "AccessDeniedException"
        for hidden in ({"KeyConditionExpression": "#u BETWEEN :u AND :u"}, {"KeyConditions": {}}):
            with pytest.raises(Exception, match=r"ValidationException|AccessDenied|InvalidParam"):
                db.query(**query("bob", **hidden))


def test_attributes_and_select(setup: Setup, carts: str) -> None:
    condition = {
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["user", "day", "amount"]},
        "StringEqualsIfExists": {
            "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
            "dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"],
        },
    }
    actions = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"]
    with setup.irsa_pod(allow(actions, TABLE, Condition=condition)).inside():
        db = boto3.client("dynamodb")
        get = {"TableName": "carts", "Key": ANN}
        db.get_item(
            **get, ProjectionExpression="amount, #d", ExpressionAttributeNames={"#d": "day"}
        )
        db.query(**query("ann", ProjectionExpression="amount"))
        update = {"UpdateExpression": "SET amount = :t", "ReturnValues": "UPDATED_NEW"}
        values = {":t": {"N": "2"}}
        db.update_item(**get, **update, ExpressionAttributeValues=values)
        refusals: list[Callable[[], Any]] = [
            lambda: db.get_item(**get),
            lambda: db.get_item(**get, ProjectionExpression="card"),
            lambda: db.get_item(
                **get, ProjectionExpression="#c", ExpressionAttributeNames={"#c": "card"}
            ),
            lambda: db.get_item(**get, AttributesToGet=["card"]),
            lambda: db.query(**query("ann")),
            lambda: db.query(
                **query("ann", FilterExpression="attribute_exists(card)", Select="COUNT")
            ),
            lambda: db.update_item(
                **get,
                UpdateExpression="SET card = :t",
                ExpressionAttributeValues={":t": {"S": "x"}},
            ),
            lambda: db.update_item(
                **get,
                **{**update, "ReturnValues": "ALL_OLD"},
                ExpressionAttributeValues=values,
            ),
        ]
        for call in refusals:
            assert refused(call)[0] == "AccessDeniedException"


def test_an_index_is_a_resource_of_its_own(setup: Setup, carts: str) -> None:
    with setup.irsa_pod(allow("dynamodb:Query", f"{TABLE}/index/by-day")).inside():
        db = boto3.client("dynamodb")
        by_day = {
            "KeyConditionExpression": "#d = :d",
            "ExpressionAttributeNames": {"#d": "day"},
            "ExpressionAttributeValues": {":d": {"S": "1"}},
        }
        answer = db.query(TableName="carts", IndexName="by-day", **by_day)
        assert answer["Count"] == 2
        message = refused(lambda: db.query(**query("ann")))[2]
        assert f"dynamodb:Query on resource: {TABLE} because" in message


DESCRIBED = {"KeySchema": [{"AttributeName": "user", "KeyType": "HASH"}]}


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("SET a.b[0].c = :v, #n = if_not_exists(#n, :v)", {"a", "real", "user"}),
        ("REMOVE list[2] ADD counter :v DELETE tags :v", {"list", "counter", "tags", "user"}),
        ("SET x = list_append(x, y.z)", {"x", "y", "user"}),
    ],
)
def test_the_attributes_of_an_expression(expression: str, names: set[str]) -> None:
    parameters = {
        "TableName": "t",
        "Key": {"user": {"S": "ann"}},
        "UpdateExpression": expression,
        "ExpressionAttributeNames": {"#n": "real"},
        "ExpressionAttributeValues": {":v": {"N": "1"}},
    }
    keys = item_keys("UpdateItem", "dynamodb:UpdateItem", parameters, {"t"}, DESCRIBED)
    assert set(keys["dynamodb:Attributes"]) == names
    assert keys["dynamodb:LeadingKeys"] == ["ann"]
