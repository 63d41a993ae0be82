"""CloudTrail: the event history, and trails that deliver log files into a bucket.

Source: CloudTrail API reference (botocore 1.44.8's model); codes are the model's, texts with `lab:`
the lab's own. moto has trails too, but neither records nor deliveries
(moto 5.2.5, `moto/cloudtrail/models.py`).
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from typing import Any

from podrole.lab.access.authorizer import Requirement
from podrole.lab.access.service import Operation, Service
from podrole.lab.audit.trail import Trail
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.clock import Clock, stamp
from podrole.lab.protocol.call import Call
from podrole.lab.services.cloudtrail import event_history, event_selectors
from podrole.lab.services.cloudtrail.configured_trail import ConfiguredTrail
from podrole.lab.services.cloudtrail.log_bucket import LogBuckets

_NAME = re.compile(r"(?=.{3,128}\Z)[A-Za-z0-9](?:[A-Za-z0-9]|[._-](?![._-]))*[A-Za-z0-9]\Z")
_MOST = 5
_LISTS = ("DescribeTrails", "ListTrails", "LookupEvents")
#: Settings of CreateTrail that would need services that the lab lacks.
_ELSEWHERE = ("SnsTopicName", "CloudWatchLogsLogGroupArn", "KmsKeyId", "IsOrganizationTrail")


class CloudTrail(Service):
    """The records of a lab through CloudTrail's API."""

    def __init__(self, trail: Trail, buckets: LogBuckets, clock: Clock) -> None:
        self._trail = trail
        self._buckets = buckets
        self._clock = clock
        self._trails: dict[str, ConfiguredTrail] = {}  # by ARN
        trail.listeners.append(self._take)

    def requirements(self, call: Call, caller: Caller) -> list[Requirement] | None:
        """The trail that the call names; lists have no resource.

        Source: service authorization reference, "AWS CloudTrail" (checked 2026-11-24).
        """
        if self.operation(call.name) is None:
            return None
        resource = "*"
        if call.name not in _LISTS:
            resource = self._arn(call, caller)
        return [Requirement(f"cloudtrail:{call.name}", resource, caller.account)]

    def operation(self, name: str) -> Operation | None:
        """All of it is the lab's own."""
        return {
            "CreateTrail": self.create_trail,
            "DeleteTrail": self.delete_trail,
            "DescribeTrails": self.describe_trails,
            "GetEventSelectors": self.get_event_selectors,
            "GetTrail": self.get_trail,
            "GetTrailStatus": self.get_trail_status,
            "ListTrails": self.list_trails,
            "LookupEvents": self.lookup_events,
            "PutEventSelectors": self.put_event_selectors,
            "StartLogging": self.start_logging,
            "StopLogging": self.stop_logging,
        }.get(name)

    def lookup_events(self, call: Call, caller: Caller) -> dict[str, Any]:
        """The event history of the caller's account."""
        newest_first = partial(self._trail.newest_first, caller.account)
        return event_history.lookup(newest_first, call.parameters, call.region, self._clock.now())

    # -- delivery ------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Write the log files that are due: five minutes after the first record that waits."""
        now = self._clock.now()
        for trail in self._trails.values():
            if trail.is_due(now):
                assert trail.due is not None
                trail.deliver(self._buckets, min(now, trail.due))

    def deliver(self) -> None:
        """Write what waits now, without its five minutes."""
        for trail in self._trails.values():
            trail.deliver(self._buckets, self._clock.now())

    def _take(self, record: dict[str, Any]) -> None:
        self.catch_up()  # what is due goes without what has happened since
        now = self._clock.now()
        for trail in self._trails.values():
            if trail.logging and trail.wants(record):
                trail.take(record, now)

    # -- trails --------------------------------------------------------------------------

    def create_trail(self, call: Call, caller: Caller) -> dict[str, Any]:
        """A trail that does not log yet. Its bucket's policy must let CloudTrail write.

        Raises AwsError.
        """
        parameters = call.parameters
        name, bucket = parameters["Name"], parameters["S3BucketName"]
        if not _NAME.match(name):
            raise AwsError(
                "InvalidTrailNameException",
                f"lab: {name!r} is not a trail name: use 3 to 128 letters, digits, '.', '_' and"
                " '-', none of these three twice in a row, at the beginning or at the end",
            )
        for setting in _ELSEWHERE:
            if parameters.get(setting):
                raise AwsError("NotImplemented", f"the lab does not carry {setting}", 501)
        if parameters.get("IsMultiRegionTrail") and (
            parameters.get("IncludeGlobalServiceEvents") is False
        ):
            raise AwsError(
                "InvalidParameterCombinationException",
                "lab: a trail of all Regions includes the global services' events",
            )
        trail = ConfiguredTrail(name, caller.account, call.region, bucket, dict(parameters))
        if trail.arn in self._trails:
            raise AwsError("TrailAlreadyExistsException", f"lab: there is a trail {name} already")
        if len(self._seen(caller.account, call.region)) >= _MOST:
            reason = f"lab: a Region has {_MOST} trails at most"
            raise AwsError("MaximumNumberOfTrailsExceededException", reason)
        self._buckets.check(bucket, trail.prefix, trail.arn, call)
        self._trails[trail.arn] = trail
        return _created(trail)

    def delete_trail(self, call: Call, caller: Caller) -> dict[str, Any]:
        """The trail is gone; its files stay."""
        trail = self._found(call, caller)
        trail.deliver(self._buckets, self._clock.now())
        del self._trails[trail.arn]
        return {}

    def start_logging(self, call: Call, caller: Caller) -> dict[str, Any]:
        """From here on the trail takes records."""
        trail = self._found(call, caller)
        if not trail.logging:
            trail.logging, trail.started = True, self._clock.now()
        return {}

    def stop_logging(self, call: Call, caller: Caller) -> dict[str, Any]:
        """The trail's last record is of this call; then all that waits is delivered at once."""
        trail = self._found(call, caller)
        if trail.logging:
            trail.stopped = self._clock.now()
            call.afterwards.append(lambda: self._stop(trail))
        return {}

    def _stop(self, trail: ConfiguredTrail) -> None:
        trail.logging = False
        trail.deliver(self._buckets, self._clock.now())

    def put_event_selectors(self, call: Call, caller: Caller) -> dict[str, Any]:
        """Which records the trail takes from now on."""
        trail = self._found(call, caller)
        event_selectors.check(call.parameters)
        trail.selectors = list(call.parameters.get("EventSelectors") or [])
        trail.advanced = list(call.parameters.get("AdvancedEventSelectors") or [])
        return self.get_event_selectors(call, caller)

    def get_event_selectors(self, call: Call, caller: Caller) -> dict[str, Any]:
        """Which records the trail takes."""
        trail = self._found(call, caller)
        kind, value = "EventSelectors", trail.selectors
        if trail.advanced:
            kind, value = "AdvancedEventSelectors", trail.advanced
        return {"TrailARN": trail.arn, kind: value}

    def get_trail(self, call: Call, caller: Caller) -> dict[str, Any]:
        """One trail."""
        return {"Trail": _described(self._found(call, caller))}

    def describe_trails(self, call: Call, caller: Caller) -> dict[str, Any]:
        """The trails of a Region, those of all Regions among them; or those that are named."""
        wanted = call.parameters.get("trailNameList") or []
        shadows = call.parameters.get("includeShadowTrails", True)
        found = [
            trail
            for trail in self._seen(caller.account, call.region)
            if (not wanted or trail.name in wanted or trail.arn in wanted)
            and (shadows or trail.region == call.region)
        ]
        return {"trailList": [_described(trail) for trail in found]}

    def list_trails(self, call: Call, caller: Caller) -> dict[str, Any]:
        """The account's trails in all Regions."""
        return {
            "Trails": [
                {"TrailARN": trail.arn, "Name": trail.name, "HomeRegion": trail.region}
                for trail in self._trails.values()
                if trail.account == caller.account
            ]
        }

    def get_trail_status(self, call: Call, caller: Caller) -> dict[str, Any]:
        """Whether it logs, and what became of its last delivery."""
        trail = self._found(call, caller)
        return {
            "IsLogging": trail.logging,
            "LatestDeliveryError": trail.error,
            "LatestDeliveryTime": trail.delivered,
            "StartLoggingTime": trail.started,
            "StopLoggingTime": trail.stopped,
            "LatestDeliveryAttemptTime": _text(trail.attempted),
            "LatestDeliveryAttemptSucceeded": _text(trail.delivered),
            "TimeLoggingStarted": _text(trail.started),
            "TimeLoggingStopped": _text(trail.stopped),
        }

    # -- which trail ---------------------------------------------------------------------

    def _seen(self, account: str, region: str) -> list[ConfiguredTrail]:
        return [
            trail
            for trail in self._trails.values()
            if trail.account == account and (trail.region == region or trail.multi_region)
        ]

    def _arn(self, call: Call, caller: Caller) -> str:
        """The ARN of the trail that a call names, by name or by ARN, whether it exists or not."""
        name = str(call.parameters.get("TrailName") or call.parameters.get("Name") or "")
        if name.startswith("arn:"):
            return name
        return f"arn:aws:cloudtrail:{call.region}:{caller.account}:trail/{name}"

    def _found(self, call: Call, caller: Caller) -> ConfiguredTrail:
        arn = self._arn(call, caller)
        trail = self._trails.get(arn)
        if trail is None or trail.account != caller.account:
            raise AwsError("TrailNotFoundException", f"lab: there is no trail {arn}")
        return trail


def _created(trail: ConfiguredTrail) -> dict[str, Any]:
    return {
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "S3KeyPrefix": trail.settings.get("S3KeyPrefix"),
        "IncludeGlobalServiceEvents": trail.global_events,
        "IsMultiRegionTrail": trail.multi_region,
        "TrailARN": trail.arn,
        "LogFileValidationEnabled": False,  # the lab writes no digest files
        "IsOrganizationTrail": False,
    }


def _described(trail: ConfiguredTrail) -> dict[str, Any]:
    return _created(trail) | {
        "HomeRegion": trail.region,
        "HasCustomEventSelectors": trail.selectors is not event_selectors.DEFAULT,
        "HasInsightSelectors": False,
    }


def _text(instant: datetime | None) -> str | None:
    return stamp(instant) if instant else None
