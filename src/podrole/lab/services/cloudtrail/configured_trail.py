"""One trail that someone has made: where records go, which ones, and what waits for delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from podrole.lab.aws_error import AwsError
from podrole.lab.services.cloudtrail import event_selectors
from podrole.lab.services.cloudtrail.log_bucket import LogBuckets

#: CloudTrail delivers "within an average of about 5 minutes"; the lab's clock keeps the figure.
_DELAY = timedelta(minutes=5)
#: A file is written earlier when this many records wait: a lab's clock may stand for long.
_FULL = 5_000
#: Services whose events are of us-east-1, wherever the call came from.
_GLOBAL = {"iam.amazonaws.com", "organizations.amazonaws.com"}


@dataclass
class ConfiguredTrail:
    """A trail of an account, with its state."""

    name: str
    account: str
    region: str
    bucket: str
    settings: Mapping[str, Any]  # the parameters of CreateTrail
    selectors: list[Mapping[str, Any]] = field(default_factory=lambda: event_selectors.DEFAULT)
    advanced: list[Mapping[str, Any]] = field(default_factory=list)
    logging: bool = False
    started: datetime | None = None
    stopped: datetime | None = None
    delivered: datetime | None = None
    attempted: datetime | None = None
    error: str | None = None
    waiting: list[dict[str, Any]] = field(default_factory=list)
    due: datetime | None = None

    @property
    def arn(self) -> str:
        """The trail's ARN, which its bucket's policy names in aws:SourceArn."""
        return f"arn:aws:cloudtrail:{self.region}:{self.account}:trail/{self.name}"

    @property
    def prefix(self) -> str:
        """What stands before AWSLogs/ in the keys of its files."""
        prefix = self.settings.get("S3KeyPrefix")
        return f"{prefix}/" if prefix else ""

    @property
    def multi_region(self) -> bool:
        """Whether it takes the records of every Region."""
        return bool(self.settings.get("IsMultiRegionTrail"))

    @property
    def global_events(self) -> bool:
        """Whether it takes the records of services without a Region."""
        return bool(self.settings.get("IncludeGlobalServiceEvents", True))

    def wants(self, record: Mapping[str, Any]) -> bool:
        """Whether it delivers the record, while it logs."""
        if record["recipientAccountId"] != self.account:
            return False
        if record["awsRegion"] != self.region and not self.multi_region:
            return False
        if record["eventSource"] in _GLOBAL and not self.global_events:
            return False
        return event_selectors.selected(self.selectors, self.advanced, record)

    def take(self, record: dict[str, Any], now: datetime) -> None:
        """Keep a record for the next delivery."""
        self.waiting.append(record)
        self.due = self.due or now + _DELAY

    def is_due(self, now: datetime) -> bool:
        """Whether a delivery is to be made by now."""
        return self.due is not None and (now >= self.due or len(self.waiting) >= _FULL)

    def deliver(self, buckets: LogBuckets, time: datetime) -> None:
        """Write what waits, one file a Region, as of `time`. What S3 refuses waits on."""
        if not self.waiting:
            return
        self.attempted = time
        try:
            buckets.check(self.bucket, self.prefix, self.arn)
            for region in sorted({record["awsRegion"] for record in self.waiting}):
                records = [item for item in self.waiting if item["awsRegion"] == region]
                buckets.write(self.bucket, self.prefix, self.account, region, time, records)
        except AwsError as refused:
            gone = refused.code == "S3BucketDoesNotExistException"
            self.error = "NoSuchBucket" if gone else "AccessDenied"
            self.due = time + _DELAY
            del self.waiting[:-_FULL]
            return
        self.error, self.delivered, self.due = None, time, None
        self.waiting.clear()
