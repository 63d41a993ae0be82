"""The event history: what LookupEvents finds among the records of an account.

Source: CloudTrail API reference, "LookupEvents"; user guide, "Working with CloudTrail event
history" (checked 2026-11-24). Which resources an event names: answers that AWS's EKS workshop
shows.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from podrole.lab.aws_error import AwsError

_DAYS = 90
_MOST = 50
#: Records with their numbers, from the one below a number on, or all.
NewestFirst = Callable[[int | None], Iterable[tuple[int, Mapping[str, Any]]]]
_TOKEN = re.compile(rb"lab/([0-9a-f-]{36})/([0-9]{1,12})")
_FOREIGN_TOKEN = "lab: NextToken does not belong to this search"  # noqa: S105
#: What a request's parameters name, and the type of it in an event.
_NAMED = {
    ("eks", "clusterName"): "AWS::EKS::Cluster",
    ("eks", "name"): "AWS::EKS::Cluster",
    ("eks-auth", "clusterName"): "AWS::EKS::Cluster",
    ("iam", "groupName"): "AWS::IAM::Group",
    ("iam", "openIDConnectProviderArn"): "AWS::IAM::OIDCProvider",
    ("iam", "policyArn"): "AWS::IAM::Policy",
    ("iam", "roleName"): "AWS::IAM::Role",
    ("iam", "userName"): "AWS::IAM::User",
    ("s3", "bucketName"): "AWS::S3::Bucket",
    ("secretsmanager", "secretId"): "AWS::SecretsManager::Secret",
}


def lookup(
    newest_first: NewestFirst, parameters: Mapping[str, Any], region: str, now: datetime
) -> dict[str, Any]:
    """LookupEvents: management events of a Region and of 90 days, newest first, a page at a time.

    `newest_first`: the records of one account. Raises AwsError for more than one attribute, for
    a range that ends before it begins, and for a token that no page has given.
    """
    attributes = parameters.get("LookupAttributes") or []
    if len(attributes) > 1:
        raise AwsError("InvalidLookupAttributesException", "lab: give one attribute at most")
    size = int(parameters.get("MaxResults", _MOST))
    if not 1 <= size <= _MOST:
        raise AwsError("InvalidMaxResultsException", f"lab: MaxResults is 1 to {_MOST}")
    start, end = _instant(parameters.get("StartTime")), _instant(parameters.get("EndTime"))
    if start and end and start > end:
        raise AwsError("InvalidTimeRangeException", "lab: StartTime is after EndTime")
    oldest = max(start or now - timedelta(days=_DAYS), now - timedelta(days=_DAYS))
    last, before = _last(parameters.get("NextToken"))
    page: list[dict[str, Any]] = []
    shown = 0
    # A page is made of the records that it shows: making events of all took most of the time.
    for number, record in newest_first(before):
        if not record["managementEvent"] or record["awsRegion"] != region:
            continue
        if last and record["eventID"] != last:
            break
        if not oldest <= datetime.fromisoformat(record["eventTime"]) <= (end or now):
            continue
        event = _event(record)
        if not all(
            _has(event, item["AttributeKey"], item["AttributeValue"]) for item in attributes
        ):
            continue
        if last:
            last = ""
        elif len(page) == size:
            return {"Events": page, "NextToken": _token(page[-1]["EventId"], shown)}
        else:
            page.append(event)
            shown = number
    if last:
        raise AwsError("InvalidNextTokenException", _FOREIGN_TOKEN)
    return {"Events": page, "NextToken": None}


def _has(event: Mapping[str, Any], key: str, value: str) -> bool:
    if key in ("ResourceName", "ResourceType"):
        return any(item[key] == value for item in event["Resources"])
    return bool(event.get(key) == value)


def _instant(value: Any) -> datetime | None:
    """A time as the JSON protocol sends it: seconds since 1970."""
    return None if value is None else datetime.fromtimestamp(float(value), UTC)


def _event(record: Mapping[str, Any]) -> dict[str, Any]:
    identity = record["userIdentity"]
    session = identity.get("sessionContext", {})
    event = {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": "true" if record["readOnly"] else "false",
        "AccessKeyId": identity.get("accessKeyId"),
        "EventTime": datetime.fromisoformat(record["eventTime"]),
        "EventSource": record["eventSource"],
        "Username": identity.get("userName")
        or (identity.get("arn", "").rpartition("/")[2] if session else None),
        "Resources": [
            {"ResourceType": kind, "ResourceName": name} for kind, name in _resources(record)
        ],
        "CloudTrailEvent": json.dumps(record, default=str),
    }
    return {key: value for key, value in event.items() if value is not None}


def _resources(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    issued = record.get("responseElements") or {}
    if "assumedRoleUser" in issued:
        user = issued["assumedRoleUser"]
        yield "AWS::IAM::AccessKey", issued["credentials"]["accessKeyId"]
        yield "AWS::STS::AssumedRole", user["arn"]
        yield "AWS::STS::AssumedRole", user["assumedRoleId"]
        yield "AWS::STS::AssumedRole", user["assumedRoleId"].partition(":")[2]
    service = record["eventSource"].partition(".")[0]
    if service == "sts":
        for resource in record.get("resources", []):
            yield resource["type"], resource["ARN"]
    for key, value in (record["requestParameters"] or {}).items():
        if (service, key) in _NAMED and isinstance(value, str):
            yield _NAMED[service, key], value


def _token(event_id: str, number: int) -> str:
    """Names the last event of a page: newer ones, which come before it, do not shift the next."""
    return base64.urlsafe_b64encode(f"lab/{event_id}/{number}".encode()).decode()


def _last(token: str | None) -> tuple[str, int | None]:
    """The id of the last event of the page before, and where to look for it."""
    if not token:
        return "", None
    try:
        match = _TOKEN.fullmatch(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error):
        match = None
    if match is None:
        raise AwsError("InvalidNextTokenException", _FOREIGN_TOKEN)
    return match[1].decode(), int(match[2]) + 1
