"""Every operation of the tables is carried: moto has it, and odd parameters are no traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

import podrole.lab
from podrole.lab import Lab
from podrole.lab.access.action_table import ActionTable
from podrole.lab.service_models import service_model
from tests.files import files
from tests.lab.conftest import ACCOUNT

SERVICES_WITH_TABLE = [
    path.stem for path in files(Path(podrole.lab.__file__).parent / "access" / "actions", "*.yaml")
]
HERE = f"us-west-2:{ACCOUNT}"
#: Values that a name alone does not suggest.
VALUES: dict[str, Any] = {
    "TopicArn": f"arn:aws:sns:{HERE}:orders",
    "TargetArn": f"arn:aws:sns:{HERE}:orders",
    "SubscriptionArn": f"arn:aws:sns:{HERE}:orders:0a1b",
    "resourceArn": f"arn:aws:ecr:{HERE}:repository/orders",
    "AliasName": "alias/orders",
    "ResourceType": "Parameter",
    "CopySource": "orders/orders",
    "Protocol": "email",
}
RESOURCE_ARNS = {
    "sns": f"arn:aws:sns:{HERE}:orders",
    "dynamodb": f"arn:aws:dynamodb:{HERE}:table/orders",
}


def sample(shape: Any, name: str, service: str) -> Any:
    """A value of that shape, required members only."""
    if name == "ResourceArn" and service in RESOURCE_ARNS:
        return RESOURCE_ARNS[service]
    if name in VALUES and shape.type_name == "string":
        return VALUES[name]
    kind = shape.type_name
    if kind == "structure":
        return {
            member: sample(shape.members[member], member, service)
            for member in shape.required_members
        }
    if kind == "list":
        return [sample(shape.member, name, service)]
    if kind == "map":
        return {"orders": sample(shape.value, name, service)}
    if kind == "string":
        return shape.enum[0] if shape.enum else "orders" * (1 + shape.metadata.get("min", 0) // 6)
    samples = {"boolean": True, "blob": b"orders", "timestamp": 0}
    return samples.get(kind, max(1, shape.metadata.get("min", 1)))


@pytest.mark.parametrize("service", SERVICES_WITH_TABLE)
@pytest.mark.parametrize("existing", [False, True], ids=["nothing-there", "something-there"])
def test_every_operation_is_carried(lab: Lab, service: str, existing: bool) -> None:
    client = boto3.client(
        service, config=Config(parameter_validation=False, retries={"total_max_attempts": 1})
    )
    if existing:
        create(service)
    model = service_model(service)
    odd = {}
    for operation in ActionTable.of(service).operations:
        shape = model.operation_model(operation).input_shape
        parameters = sample(shape, "", service) if shape else {}
        try:
            getattr(client, xform_name(operation))(**parameters)
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            # Where moto stumbles over a parameter, the lab says so (test_secretsmanager.py).
            if code in ("NotImplemented", "500", "501") or (
                code == "InternalFailure" and not message.startswith("lab: moto failed at ")
            ):
                odd[operation] = message
    assert odd == {}


def create(service: str) -> None:
    if service == "sqs":
        boto3.client("sqs").create_queue(QueueName="orders")
    elif service == "sns":
        boto3.client("sns").create_topic(Name="orders")
    elif service == "ecr":
        boto3.client("ecr").create_repository(repositoryName="orders")
    elif service == "ssm":
        boto3.client("ssm").put_parameter(Name="orders", Value="x", Type="String")
    elif service == "secretsmanager":
        boto3.client("secretsmanager").create_secret(Name="orders", SecretString="x")
    elif service == "kms":
        kms = boto3.client("kms")
        kms.create_alias(
            AliasName="alias/orders", TargetKeyId=kms.create_key()["KeyMetadata"]["Arn"]
        )
    elif service == "s3":
        s3 = boto3.client("s3")
        where = {"LocationConstraint": "us-west-2"}
        s3.create_bucket(Bucket="orders", CreateBucketConfiguration=where)
        s3.put_object(Bucket="orders", Key="orders", Body=b"x")
    else:
        boto3.client("dynamodb").create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
