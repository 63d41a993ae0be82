"""When a role or a user last used each service that its policies allow.

Source: IAM API reference, GenerateServiceLastAccessedDetails and GetServiceLastAccessedDetails;
user guide, "Refine permissions in AWS using last accessed information" (botocore 1.44.8's model,
checked 2026-11-29). Attempts count, refused ones too. AWS needs up to four hours; the lab answers
at once, and knows what its own trail has kept.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from podrole.lab.access.iam_state import Entity, IamState
from podrole.lab.access.service import Operation
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.protocol.call import Call

#: The records of an account, oldest first.
Records = Callable[[str], Sequence[Mapping[str, Any]]]

#: Titles of the service authorization reference's pages (checked 2026-11-29).
_TITLES = {
    "access-analyzer": "AWS IAM Access Analyzer",
    "cloudtrail": "AWS CloudTrail",
    "dynamodb": "Amazon DynamoDB",
    "ecr": "Amazon Elastic Container Registry",
    "eks": "Amazon Elastic Kubernetes Service",
    "eks-auth": "Amazon EKS Auth",
    "iam": "AWS Identity and Access Management",
    "kms": "AWS Key Management Service",
    "organizations": "AWS Organizations",
    "s3": "Amazon S3",
    "secretsmanager": "AWS Secrets Manager",
    "sns": "Amazon SNS",
    "sqs": "Amazon SQS",
    "ssm": "AWS Systems Manager",
    "sts": "AWS Security Token Service",
}
_MOST_JOBS = 1_000
#: Actions on what a resource holds are not told apart, as data events are not (user guide, "IAM
#: action last accessed information services and actions", checked 2026-11-29).
_UNTRACKED = {
    "dynamodb": re.compile(".*(Item|Query|Scan|PartiQL).*"),
    "s3": re.compile(".*(Object|Multipart|ListBucket).*"),
    "sns": re.compile("Publish.*"),
    "sqs": re.compile(".*Message.*"),
}


class LastAccessed:
    """Its two operations."""

    def __init__(
        self, state: IamState, records: Records, clock: Clock, identifiers: Identifiers
    ) -> None:
        """`records` gives those of an account, oldest first."""
        self._state = state
        self._records = records
        self._clock = clock
        self._identifiers = identifiers
        self._jobs: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()

    def operation(self, name: str) -> Operation | None:
        """The operation of that name."""
        return {
            "GenerateServiceLastAccessedDetails": self._generate,
            "GetServiceLastAccessedDetails": self._get,
        }.get(name)

    def _generate(self, call: Call, caller: Caller) -> dict[str, Any]:
        arn = call.parameters["Arn"]
        entity = self._state.by_arn(arn)
        if entity is None or f":{caller.account}:" not in arn:
            raise AwsError("NoSuchEntity", f"lab: there is no user, group or role {arn}", 404)
        if ":group/" in arn:
            raise AwsError("NotImplemented", "lab: reports are made for users and roles", 501)
        detailed = call.parameters.get("Granularity") == "ACTION_LEVEL"
        now = self._clock.now()
        job = self._identifiers.uuid()
        self._jobs[caller.account, job] = {
            "JobStatus": "COMPLETED",
            "JobType": "ACTION_LEVEL" if detailed else "SERVICE_LEVEL",
            "JobCreationDate": now,
            "JobCompletionDate": now,
            "ServicesLastAccessed": list(self._services(entity, caller.account, detailed)),
        }
        if len(self._jobs) > _MOST_JOBS:
            self._jobs.popitem(last=False)
        return {"JobId": job}

    def _get(self, call: Call, caller: Caller) -> dict[str, Any]:
        job = call.parameters["JobId"]
        found = self._jobs.get((caller.account, job))
        if found is None:
            raise AwsError("NoSuchEntity", f"lab: there is no report with the job id {job}", 404)
        start, size = (
            call.parameters.get("Marker") or "0",
            int(call.parameters.get("MaxItems", 100)),
        )
        if not (start.isascii() and start.isdecimal() and len(start) < 9):
            raise AwsError("InvalidInput", "lab: Marker was not given by the lab", 400)
        services = found["ServicesLastAccessed"]
        end = int(start) + size
        more = {"IsTruncated": True, "Marker": str(end)} if end < len(services) else {}
        page = {"ServicesLastAccessed": services[int(start) : end], "IsTruncated": False}
        return {**found, **page, **more}

    def _services(self, entity: Entity, account: str, detailed: bool) -> Iterator[dict[str, Any]]:
        allowed = _allowed(entity)
        uses: dict[str, list[Mapping[str, Any]]] = {}
        for record in self._records(account):
            if _made_by(record, entity):
                uses.setdefault(record["eventSource"].partition(".")[0], []).append(record)
        named = allowed.keys() - {"*"}
        for namespace in sorted(named | (set(_TITLES) if "*" in allowed else set())):
            used = uses.get(namespace, [])
            found: dict[str, Any] = {
                "ServiceName": _TITLES.get(namespace, namespace),
                "ServiceNamespace": namespace,
                "TotalAuthenticatedEntities": 1 if used else 0,
            }
            if used:
                found |= _last(used[-1], entity, "LastAuthenticated", "LastAuthenticated")
            if detailed:
                actions = allowed.get(namespace, set())
                found["TrackedActionsLastAccessed"] = list(
                    _actions(namespace, actions, used, entity)
                )
            yield found


def _allowed(entity: Entity) -> dict[str, set[str]]:
    """The actions that the policies name, by service: those without a wildcard."""
    found: dict[str, set[str]] = {}
    for attached in entity.attachments:
        statements = json.loads(attached.document).get("Statement", ())
        for statement in statements if isinstance(statements, list) else [statements]:
            if statement.get("Effect") != "Allow":
                continue
            listed = statement.get("Action", "*")
            for action in [listed] if isinstance(listed, str) else listed:
                service, _, name = action.partition(":")
                named = found.setdefault(service.lower() if name else "*", set())
                if name and not set(name) & set("*?"):
                    named.add(name)
    return found


def _actions(
    service: str, allowed: set[str], used: Sequence[Mapping[str, Any]], entity: Entity
) -> Iterator[dict[str, Any]]:
    last = {record["eventName"]: record for record in used}
    untracked = _UNTRACKED.get(service)
    for name in sorted(allowed | last.keys()):
        if untracked is not None and untracked.fullmatch(name):
            continue
        found = {"ActionName": name}
        if name in last:
            found |= _last(last[name], entity, "LastAccessed", "LastAccessedTime")
        yield found


def _last(record: Mapping[str, Any], entity: Entity, prefix: str, time: str) -> dict[str, Any]:
    return {
        time: datetime.fromisoformat(record["eventTime"]),
        f"{prefix}Entity": entity.arn,
        f"{prefix}Region": record["awsRegion"],
    }


def _made_by(record: Mapping[str, Any], entity: Entity) -> bool:
    identity = record["userIdentity"]
    issuer = (identity.get("sessionContext") or {}).get("sessionIssuer") or {}
    return entity.arn in (issuer.get("arn"), identity.get("arn"))
