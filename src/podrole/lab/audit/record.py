"""One CloudTrail-shaped record of a call.

Shape: CloudTrail user guide, "CloudTrail record contents"; IAM user guide, "Logging IAM and AWS STS
API calls with AWS CloudTrail"; S3 user guide, "Amazon S3 CloudTrail events". That Pod Identity's
session tags stand in `tags`, and an EKS Auth denial's code without `Exception`: records that AWS's
EKS workshop shows (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.model import Shape

from podrole.lab.audit.events import Events, lowered
from podrole.lab.aws_error import AwsError
from podrole.lab.clock import stamp
from podrole.lab.protocol.call import SOURCE_IP, Call

_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


@dataclass(frozen=True)
class Identity:
    """Who called, as a record tells it."""

    element: Mapping[str, Any]  # userIdentity
    account: str  # which gets the record


def record_of(
    call: Call, identity: Identity, events: Events, time: datetime, error: AwsError | None = None
) -> dict[str, Any]:
    """The record of a call, without its eventID and before it has a result.

    `events` is what the call's service tells.
    """
    data_event = events.is_data_event(call)
    element = identity.element
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": dict(element),
        "eventTime": stamp(time),
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": call.name,
        "awsRegion": call.region,
        "sourceIPAddress": element.get("invokedBy", SOURCE_IP),
        "userAgent": element.get("invokedBy", call.headers.get("user-agent", "")),
        "requestParameters": _request_parameters(call, events) or None,
        "responseElements": None,
        "requestID": call.request_id,
        "eventID": "",
        "readOnly": events.is_read_only(call),
        "eventType": "AwsApiCall",
        "managementEvent": not data_event,
        "recipientAccountId": identity.account,
        "eventCategory": "Data" if data_event else "Management",
    }
    if error is not None:
        record |= _error(call, error, events)
    resources = events.resources(call, identity.account) if error is None or data_event else []
    if resources:
        record["resources"] = resources
    return record


def response_elements(
    call: Call, events: Events, result: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """What a record tells of the lab's own answer, which comes by botocore's names."""
    told = events.result(call, result) if result else None
    if not told:
        return None
    known = {key: value for key, value in told.items() if value is not None}
    found: dict[str, Any] = _shaped(known, call.operation.output_shape)
    credentials = found.get("credentials")
    if isinstance(credentials, dict):
        credentials.pop("secretAccessKey", None)
    return found


def _error(call: Call, error: AwsError, events: Events) -> dict[str, str]:
    if error.code in ("AccessDenied", "AccessDeniedException"):
        return {"errorCode": "AccessDenied", "errorMessage": events.denial_message(call, error)}
    return {"errorCode": error.code, "errorMessage": error.message}


def _request_parameters(call: Call, events: Events) -> dict[str, Any]:
    found = {}
    shape = call.operation.input_shape
    members = shape.members if shape else {}
    for key, value in call.parameters.items():
        hidden = key in events.secret
        name = events.parameter(key, members.get(key))
        found[name] = _HIDDEN if hidden else _shaped(value, members.get(key))
    return found | events.further_parameters(call)


def _shaped(value: Any, shape: Shape | None) -> Any:
    """The value with the members of structures in camel case; a map's keys are a user's own."""
    if isinstance(value, datetime):
        # "Apr 16, 2024, 3:20:04 PM", as STS's records have it.
        return f"{value:%b} {value.day}, {value:%Y}, {int(value.strftime('%I'))}:{value:%M:%S %p}"
    if isinstance(value, Mapping):
        members = shape.members if shape is not None and shape.type_name == "structure" else None
        if members is None:
            return {key: _shaped(item, None) for key, item in value.items()}
        return {lowered(key): _shaped(item, members.get(key)) for key, item in value.items()}
    if isinstance(value, list):
        inner = shape.member if shape is not None and shape.type_name == "list" else None
        return [_shaped(item, inner) for item in value]
    return value
