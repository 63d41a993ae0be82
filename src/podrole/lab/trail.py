"""One CloudTrail-shaped record a call, and the event history that LookupEvents reads.

Shape: CloudTrail user guide, "CloudTrail record contents" and "userIdentity element"; that data
events are not in the event history: "Viewing events with event history" (checked 2026-11-23).
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .authorization import SOURCE_IP, Requirement
from .aws_error import AwsError
from .call import Call
from .clock import Clock
from .credentials import Caller
from .identifiers import Identifiers
from .service import Operation, Service

#: The newest records stay: a lab that serves for days must not grow for days.
_KEPT = 20_000
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
_LOOKUP_KEYS = {"EventName", "Username", "AccessKeyId", "EventSource", "EventId"}


class Trail(Service):
    """The records of a lab, oldest first, by account."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._identifiers = Identifiers(seed, "trail")
        self._records: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def requirements(self, call: Call, caller: Caller) -> list[Requirement]:
        """The event history has no resource."""
        return [Requirement(f"cloudtrail:{call.name}", "*", caller.account)]

    def operation(self, name: str) -> Operation | None:
        """LookupEvents."""
        return self.lookup_events if name == "LookupEvents" else None

    def record(
        self,
        call: Call,
        identity: Mapping[str, Any],
        account: str,
        error: AwsError | None,
        response: Mapping[str, Any] | None = None,
    ) -> None:
        """Write one record. `identity` is the element userIdentity."""
        data_event = any(part in call.name for part in _DATA_EVENTS.get(call.service, ()))
        record: dict[str, Any] = {
            "eventVersion": "1.11",
            "userIdentity": dict(identity),
            "eventTime": self._clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": f"{call.service}.amazonaws.com",
            "eventName": call.name,
            "awsRegion": call.region,
            "sourceIPAddress": SOURCE_IP,
            "userAgent": call.headers.get("user-agent", ""),
            "requestParameters": {
                key[:1].lower() + key[1:]: _HIDDEN if key in _SECRET_PARAMETERS else value
                for key, value in call.parameters.items()
            },
            "responseElements": response,
            "requestID": call.request_id,
            "eventID": self._identifiers.uuid(),
            "readOnly": call.name.startswith(("Get", "List", "Describe", "Head", "Lookup")),
            "eventType": "AwsApiCall",
            "managementEvent": not data_event,
            "recipientAccountId": account,
            "eventCategory": "Data" if data_event else "Management",
        }
        if error is not None:
            record |= {"errorCode": error.code, "errorMessage": error.message}
        self._records.append(record)

    def records(self, account: str) -> list[dict[str, Any]]:
        """All records of an account, data events included: what a full trail would deliver."""
        return [item for item in self._records if item["recipientAccountId"] == account]

    def lookup_events(self, call: Call, caller: Caller) -> dict[str, Any]:
        """LookupEvents: management events of 90 days, newest first, by at most one attribute."""
        attributes = call.parameters.get("LookupAttributes") or []
        if len(attributes) > 1 or any(
            item.get("AttributeKey") not in _LOOKUP_KEYS for item in attributes
        ):
            raise AwsError(
                "InvalidLookupAttributesException",
                f"lab: give one attribute of {', '.join(sorted(_LOOKUP_KEYS))}",
            )
        limit = call.parameters.get("MaxResults", 50)
        events = []
        for record in reversed(self.records(caller.account)):
            event = _event(record)
            wanted = all(
                event.get(item["AttributeKey"]) == item["AttributeValue"] for item in attributes
            )
            if record["managementEvent"] and wanted:
                events.append(event)
        return {"Events": events[: int(limit)]}


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
        "Resources": [],
        "CloudTrailEvent": json.dumps(record),
    }
    return {key: value for key, value in event.items() if value is not None}


def caller_identity(caller: Caller) -> dict[str, Any]:
    """userIdentity of a caller who signed."""
    identity: dict[str, Any] = {
        "type": "AssumedRole" if caller.session else "IAMUser",
        "principalId": caller.unique_id,
        "arn": caller.arn,
        "accountId": caller.account,
        "accessKeyId": caller.access_key_id,
    }
    session = caller.session
    if session is None:
        return identity | _user(caller)
    context: dict[str, Any] = {
        "sessionIssuer": {
            "type": "Role",
            "principalId": session.role_id,
            "arn": caller.principal_arn,
            "accountId": session.account,
            "userName": session.role_name,
        },
        "attributes": {
            "creationDate": session.issued.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "mfaAuthenticated": "false",
        },
    }
    if session.source_identity:
        context["sourceIdentity"] = session.source_identity
    if session.provider:
        context["webIdFederationData"] = {"federatedProvider": session.provider, "attributes": {}}
    return identity | {"sessionContext": context}


def _user(caller: Caller) -> dict[str, Any]:
    """What userIdentity says of a user, of its temporary credentials, and of whom it federates."""
    temporary = caller.user_session
    if temporary is None:
        return {"userName": caller.user_name}
    created = temporary.issued.strftime("%Y-%m-%dT%H:%M:%SZ")
    context: dict[str, Any] = {"attributes": {"creationDate": created, "mfaAuthenticated": "false"}}
    if temporary.federated_name is None:
        return {"userName": caller.user_name, "sessionContext": context}
    issuer = {"type": "IAMUser", "accountId": caller.account, "userName": caller.user_name}
    return {"type": "FederatedUser", "sessionContext": {"sessionIssuer": issuer, **context}}


def web_identity(provider: str, audience: str, subject: str) -> dict[str, Any]:
    """userIdentity of AssumeRoleWithWebIdentity: the token's subject, by name."""
    return {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:{audience}:{subject}",
        "userName": subject,
        "identityProvider": provider,
    }


def service_identity(service: str) -> dict[str, Any]:
    """userIdentity of a call that an AWS service makes."""
    return {"type": "AWSService", "invokedBy": service}
