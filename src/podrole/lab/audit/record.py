"""One CloudTrail-shaped record of a call.

Shape: CloudTrail user guide, "CloudTrail record contents"; IAM user guide, "Logging IAM and AWS STS
API calls with AWS CloudTrail"; S3 user guide, "Amazon S3 CloudTrail events". That Pod Identity's
session tags stand in `tags`, and an EKS Auth denial's code without `Exception`: records that AWS's
EKS workshop shows (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.model import Shape

from podrole.lab.access.authorizer import SOURCE_IP, account_of
from podrole.lab.aws_error import AwsError
from podrole.lab.clock import stamp
from podrole.lab.protocol.call import Call

_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_SECRET_PARAMETERS = {"WebIdentityToken", "token", "SecretString", "SecretBinary", "Body"}
_SECRET_PARAMETERS |= {"Plaintext", "Value", "Message", "MessageBody"}  # of KMS, SSM, SNS, SQS
#: Calls on what a resource holds are data events: not recorded unless a trail asks for them.
#: Source: each service's developer guide, on CloudTrail (checked 2026-11-24). KMS, Secrets Manager
#: and Parameter Store have management events only.
_DATA_EVENTS = {
    "dynamodb": ("Item", "Query", "Scan"),
    "s3": ("Object", "UploadPart", "Multipart", "ListParts"),
    "sns": ("Publish",),
    "sqs": ("Message", "GetQueue", "ListDeadLetterSourceQueues", "ListQueue"),
}
#: Calls that change nothing that stays; STS and EKS Auth, checks and the use of a key are among
#: them.
_READS = (
    "Assume",
    "BatchGet",
    "Check",
    "Decode",
    "Decrypt",
    "Describe",
    "Encrypt",
    "GenerateData",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Query",
    "Scan",
    "Simulate",
    "Validate",
)


def record_of(
    call: Call,
    identity: Mapping[str, Any],
    account: str,
    *,
    time: datetime,
    event_id: str,
    error: AwsError | None = None,
    response: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The record of a call that `account` gets.

    `identity` is the element userIdentity; `response` is the result by botocore's names, given for
    those operations whose result CloudTrail tells.
    """
    data_event = any(part in call.name for part in _DATA_EVENTS.get(call.service, ()))
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": dict(identity),
        "eventTime": stamp(time),
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": call.name,
        "awsRegion": call.region,
        "sourceIPAddress": identity.get("invokedBy", SOURCE_IP),
        "userAgent": identity.get("invokedBy", call.headers.get("user-agent", "")),
        "requestParameters": _request_parameters(call) or None,
        "responseElements": _response_elements(call, response) if response else None,
        "requestID": call.request_id,
        "eventID": event_id,
        "readOnly": call.name.startswith(_READS),
        "eventType": "AwsApiCall",
        "managementEvent": not data_event,
        "recipientAccountId": account,
        "eventCategory": "Data" if data_event else "Management",
    }
    if error is not None:
        record |= _error(call, error)
    resources = _resources(call, account) if error is None or data_event else []
    if resources:
        record["resources"] = resources
    return record


def _error(call: Call, error: AwsError) -> dict[str, str]:
    if error.code in ("AccessDenied", "AccessDeniedException"):
        message = error.message
        if call.name == "AssumeRoleWithWebIdentity":
            message = "An unknown error occurred"  # so AWS re:Post, "Troubleshoot an OIDC provider"
        return {"errorCode": "AccessDenied", "errorMessage": message}
    return {"errorCode": error.code, "errorMessage": error.message}


def _request_parameters(call: Call) -> dict[str, Any]:
    found = {}
    shape = call.operation.input_shape
    members = shape.members if shape else {}
    for key, value in call.parameters.items():
        name = _s3_name(key, members.get(key)) if call.service == "s3" else _lowered(key)
        hidden = key in _SECRET_PARAMETERS
        found[name] = _HIDDEN if hidden else _shaped(value, members.get(key))
    session = call.caller.session if call.caller else None
    if call.name == "AssumeRole" and session is not None and session.transitive_tags:
        found["incomingTransitiveTags"] = {
            key: value for key, value in session.tags.items() if key in session.transitive_tags
        }
    return found


def _s3_name(member: str, shape: Shape | None) -> str:
    """S3's records say bucketName and key, and the rest as it stands in headers and the query."""
    if shape is not None and shape.serialization.get("location") in ("header", "querystring"):
        return str(shape.serialization["name"])
    return {"Bucket": "bucketName"}.get(member) or _lowered(member)


def _response_elements(call: Call, response: Mapping[str, Any]) -> dict[str, Any]:
    known = {key: value for key, value in response.items() if value is not None}
    found: dict[str, Any] = _shaped(known, call.operation.output_shape)
    credentials = found.get("credentials")
    if isinstance(credentials, dict):
        credentials.pop("secretAccessKey", None)
    return found


def _shaped(value: Any, shape: Shape | None) -> Any:
    """The value with the members of structures in camel case; a map's keys are a user's own."""
    if isinstance(value, datetime):
        # "Apr 16, 2024, 3:20:04 PM", as STS's records have it.
        return f"{value:%b} {value.day}, {value:%Y}, {int(value.strftime('%I'))}:{value:%M:%S %p}"
    if isinstance(value, Mapping):
        members = shape.members if shape is not None and shape.type_name == "structure" else None
        if members is None:
            return {key: _shaped(item, None) for key, item in value.items()}
        return {_lowered(key): _shaped(item, members.get(key)) for key, item in value.items()}
    if isinstance(value, list):
        inner = shape.member if shape is not None and shape.type_name == "list" else None
        return [_shaped(item, inner) for item in value]
    return value


def _lowered(name: str) -> str:
    return name[:1].lower() + name[1:]


def _resources(call: Call, account: str) -> list[dict[str, str]]:
    """The resources that the record names, as far as STS, S3 and the data services say them."""
    parameters, region = call.parameters, call.region
    if call.service == "sts" and "RoleArn" in parameters:
        return _resource("AWS::IAM::Role", parameters["RoleArn"])
    if call.service == "s3" and "Bucket" in parameters:
        bucket = f"arn:aws:s3:::{parameters['Bucket']}"
        named = [{"accountId": account, "type": "AWS::S3::Bucket", "ARN": bucket}]
        if "Key" in parameters:
            key = f"{bucket}/{parameters['Key']}"
            return [{"type": "AWS::S3::Object", "ARN": key}, *named]
        return named
    name = kind = ""
    if call.service == "dynamodb":
        name, kind = parameters.get("TableName", ""), "AWS::DynamoDB::Table"
        name = name if name.startswith("arn:") else f"table/{name}"
    elif call.service == "sqs":
        name, kind = str(parameters.get("QueueUrl", "")).rpartition("/")[2], "AWS::SQS::Queue"
    elif call.service == "sns":
        name, kind = parameters.get("TopicArn", ""), "AWS::SNS::Topic"
    if not name or name == "table/":
        return []
    arn = name if name.startswith("arn:") else f"arn:aws:{call.service}:{region}:{account}:{name}"
    return _resource(kind, arn)


def _resource(kind: str, arn: str) -> list[dict[str, str]]:
    """The resource of an ARN; nothing for a name that only begins like one, such as `arn:`."""
    account = account_of(arn)
    return [{"accountId": account, "type": kind, "ARN": arn}] if account else []
