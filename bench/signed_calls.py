"""Twelve calls of AWS as they go over the wire: signed once by boto3, sent again and again.

What a client spends on serializing and signing is not the server's.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

_REGION = "us-west-2"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
}


@dataclass(frozen=True)
class SignedCall:
    """A request that a server takes as often as it is sent, for a quarter of an hour."""

    name: str
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def send(self, connection: http.client.HTTPConnection) -> None:
        """Send it and read the answer; a refusal ends the program."""
        connection.request(self.method, self.target, self.body, self.headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{self.name}: {answer.status} {said.decode()[:300]}")


class Clients:
    """boto3's clients of one server."""

    def __init__(self, endpoint: str, keys: dict[str, str]) -> None:
        self._endpoint = endpoint
        self._keys = keys
        self._sent: list[Any] = []
        self._made: dict[str, Any] = {}

    def __getitem__(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = boto3.client(
                service,
                endpoint_url=self._endpoint,
                region_name=_REGION,
                aws_access_key_id=self._keys["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=self._keys["AWS_SECRET_ACCESS_KEY"],
                aws_session_token=self._keys.get("AWS_SESSION_TOKEN"),
                config=Config(
                    retries={"total_max_attempts": 1}, request_checksum_calculation="when_required"
                ),
            )
            events = self._made[service].meta.events
            events.register("before-send", lambda request, **_: self._sent.append(request))
        return self._made[service]

    def signed(self, service: str, operation: str, /, **parameters: Any) -> SignedCall:
        """The request that a call of boto3 makes."""
        client = self[service]
        getattr(client, operation)(**parameters)
        name = f"{service} {client.meta.method_to_api_mapping[operation]}"
        request = self._sent[-1]
        url = urlsplit(request.url)
        headers = {
            key: value.decode() if isinstance(value, bytes) else str(value)
            for key, value in request.headers.items()
        }
        body = request.body
        if hasattr(body, "read"):
            body.seek(0)
            body = body.read()
        data = body.encode() if isinstance(body, str) else bytes(body or b"")
        target = url.path + (f"?{url.query}" if url.query else "")
        return SignedCall(name, request.method, target or "/", headers, data)


def twelve(endpoint: str, keys: dict[str, str]) -> list[SignedCall]:
    """The calls of one server, after what they need was made there."""
    to = Clients(endpoint, keys)
    to["s3"].create_bucket(
        Bucket="bench", CreateBucketConfiguration={"LocationConstraint": _REGION}
    )
    to["s3"].put_object(Bucket="bench", Key="k", Body=b"x" * 1000)
    trust = json.dumps(_TRUST)
    to["iam"].create_role(RoleName="bench", AssumeRolePolicyDocument=trust)
    to["secretsmanager"].create_secret(Name="bench", SecretString="x")
    url = to["sqs"].create_queue(QueueName="bench")["QueueUrl"]
    to["dynamodb"].create_table(
        TableName="bench",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    key = to["kms"].create_key()["KeyMetadata"]["KeyId"]
    to["ssm"].put_parameter(Name="/bench", Value="x", Type="String")
    if not to["eks"].list_clusters()["clusters"]:
        network = {"subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": []}
        role = "arn:aws:iam::123456789012:role/bench"
        to["eks"].create_cluster(name="demo", roleArn=role, resourcesVpcConfig=network)
    policy = json.dumps(_POLICY)
    named = {"RoleName": "bench", "PolicyName": "p", "PolicyDocument": policy}
    return [
        to.signed("sts", "get_caller_identity"),
        to.signed("iam", "get_role", RoleName="bench"),
        to.signed("iam", "put_role_policy", **named),
        to.signed("s3", "get_object", Bucket="bench", Key="k"),
        to.signed("s3", "put_object", Bucket="bench", Key="k", Body=b"y" * 1000),
        to.signed("s3", "list_objects_v2", Bucket="bench"),
        to.signed("sqs", "send_message", QueueUrl=url, MessageBody="x"),
        to.signed("dynamodb", "put_item", TableName="bench", Item={"id": {"S": "1"}}),
        to.signed("secretsmanager", "get_secret_value", SecretId="bench"),
        to.signed("kms", "encrypt", KeyId=key, Plaintext=b"x" * 100),
        to.signed("ssm", "get_parameter", Name="/bench"),
        to.signed("eks", "describe_cluster", name="demo"),
    ]
