"""Requests that no SDK would send: always an answer in AWS's shape, never a traceback."""

from __future__ import annotations

import os
import random

import pytest
from werkzeug.test import Client

from podrole.lab import Lab
from tests.lab.signing import sign

SERVICES = ["iam", "sts", "s3", "eks", "eks-auth", "secretsmanager", "cloudtrail", "lambda", "x"]
SERVICES += ["dynamodb", "ecr", "kms", "sns", "sqs", "ssm", "organizations"]
BODIES = [
    b"",
    b"{",
    b"{}",
    b"[]",
    b"Action=GetUser&UserName=%ff%fe",
    b"Action=AssumeRole",
    b"Action=AssumeRoleWithWebIdentity&RoleArn=x&RoleSessionName=y&WebIdentityToken=z",
    b"Action=AssumeRole&RoleArn=arn:aws:iam::111122223333:role/x&DurationSeconds=abc",
    b"Action=AssumeRole&RoleArn=arn:aws:iam::111122223333:role/x&Tags.member.1.Key=a",
    b"Action=SimulateCustomPolicy&PolicyInputList.member.1={}&ActionNames.member.1=s3:Get",
    b"Action=SimulatePrincipalPolicy&PolicySourceArn=arn:aws:iam::1:role/x&ActionNames.member.1=a",
    b"Action=CreateRole&RoleName=x&AssumeRolePolicyDocument=%5B%5D",
    b"Action=CreateRole&RoleName=x&AssumeRolePolicyDocument={%22Statement%22:[5]}",
    b"Action=UpdateAssumeRolePolicy&RoleName=x&PolicyDocument=null",
    b"Action=GetFederationToken&Name=%00",
    b"Action=DecodeAuthorizationMessage&EncodedMessage=%ff",
    b'{"RootId": 5, "PolicyType": [], "Name": {}}',
    b'{"Type": "SERVICE_CONTROL_POLICY", "Name": "x", "Description": "", "Content": "[]"}',
    b'{"Target": {"Type": "ACCOUNT"}}',
    b'{"SecretId": 5}',
    b'{"Name": "x", "Tags": 5}',
    b'{"LookupAttributes": 5}',
    b'{"token": 3}',
    b'{"roleArn": 5, "namespace": [], "serviceAccount": {}}',
    b"Action=SendMessage&QueueUrl=http://x/111122223333/q&MessageBody=b",
    b"Action=CreateQueue&QueueName=a/../b&Attribute.1.Name=Policy&Attribute.1.Value=x",
    b"Action=Publish&TopicArn=arn:aws:sns:us-west-2:111122223333:x:y:z&Message=m",
    b"Action=Publish&Message=m",
    b'{"TableName": "arn:aws:dynamodb:eu-west-1:111122223333:table/x", "Key": {}}',
    b'{"RequestItems": {}}',
    b'{"RequestItems": {"x": {"Keys": [{"a": {"S": "b"}}]}}}',
    b'{"TransactItems": [{}]}',
    b'{"KeyId": "alias/none", "Plaintext": "eA=="}',
    b'{"CiphertextBlob": "/w=="}',
    b'{"CiphertextBlob": "===", "KeyId": "x y"}',
    b'{"Name": "/", "WithDecryption": true}',
    b'{"Names": ["a:b:c", "arn:aws:ssm:us-west-2:111122223333:parameter/x:1:2"]}',
    b'{"repositoryName": "x", "registryId": "1"}',
    b"<Delete>",
    b"\xff\xfe\x00",
]
PATHS = [
    "/",
    "/v1/credentials",
    "/id/x/keys",
    "/clusters",
    "/clusters/demo/pod-identity-associations",
    "/clusters/demo/assume-role-for-pod-identity",
    "/clusters/%ff",
    "/bucket?delete",
    "/bucket?policy&acl",
    "/bucket?list-type=2&max-keys=abc",
    "/bucket/%2e%2e/x",
    "/%00",
    "//",
    "/moto-api/reset",
]
TYPES = ["application/x-www-form-urlencoded", "application/json", "application/x-amz-json-1.1", "x"]
TARGETS = ["secretsmanager.GetSecretValue", "CloudTrail_20131101.LookupEvents", "x", ""]
TARGETS += ["DynamoDB_20120810.GetItem", "DynamoDB_20120810.BatchGetItem"]
TARGETS += ["DynamoDB_20120810.TransactWriteItems", "TrentService.Decrypt", "TrentService.Encrypt"]
TARGETS += ["AmazonSSM.GetParameter", "AmazonSSM.GetParameters", "AmazonSQS.SendMessage"]
TARGETS += ["AmazonEC2ContainerRegistry_V20150921.DescribeImages", "AmazonSQS.ListQueues"]
TARGETS += ["AWSOrganizationsV20161128.CreatePolicy"]
TARGETS += ["AWSOrganizationsV20161128.InviteAccountToOrganization"]


@pytest.mark.parametrize("seed", range(4))
def test_two_thousand_malformed_requests(lab: Lab, seed: int) -> None:
    draw = random.Random(seed)
    client = Client(lab.gateway)
    key = os.environ["AWS_ACCESS_KEY_ID"]
    for _ in range(500):
        service = draw.choice(SERVICES)
        scope = f"{draw.choice([key, 'AKIAX'])}/20260115/us-west-2/{service}/aws4_request"
        given = f"AWS4-HMAC-SHA256 Credential={scope}"
        headers = {
            "Host": draw.choice([f"{service}.us-west-2.amazonaws.com", "x.s3.amazonaws.com"]),
            "Authorization": draw.choice(
                [given, f"{given}, SignedHeaders=host, Signature=0", "a.b.c", "e30.e30.e30", ""]
            ),
            "X-Amz-Date": draw.choice(["20260115T090000Z", "20260114T000000Z", "x"]),
            "X-Amz-Security-Token": draw.choice([os.environ["AWS_SESSION_TOKEN"], "x"]),
            "Content-Type": draw.choice(TYPES),
            "X-Amz-Target": draw.choice(TARGETS),
            "X-Amz-Copy-Source": draw.choice(["", "/", "/b/k"]),
        }
        method = draw.choice(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"])
        path, body = draw.choice(PATHS), draw.choice(BODIES)
        genuine = draw.random() < 0.6  # well signed, so that what follows the signature is reached
        if genuine:
            kept = {name: headers[name] for name in ("Content-Type", "X-Amz-Target")}
            headers = sign(service, method, path, body, **kept)
        answer = client.open(path, method=method, data=body, headers=headers)
        if answer.status_code >= 300:
            assert b"Traceback" not in answer.data
            assert b"<!doctype" not in answer.data.lower()
        else:
            assert genuine, (method, path, body, headers)
