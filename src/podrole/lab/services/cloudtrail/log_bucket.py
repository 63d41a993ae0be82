"""A trail's bucket: whether CloudTrail may write there, and its log files.

Source: CloudTrail user guide, "Amazon S3 bucket policy for CloudTrail" and "CloudTrail log file
name format" (checked 2026-11-24). What a delivery is asked for is what AWS's policy on that page
allows: it names the bucket's ACL and an object below AWSLogs/, and the trail in aws:SourceArn.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from podrole.lab.access.authorizer import Authorizer, Denial, Requirement
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import AwsService
from podrole.lab.identifiers import Identifiers
from podrole.lab.moto_adapter.backend import Moto, undisturbed
from podrole.lab.protocol.call import Call
from podrole.lab.seed import Seed
from podrole.lab.services.s3.service import S3

SERVICE = "cloudtrail.amazonaws.com"


class LogBuckets:
    """Buckets as CloudTrail sees them: by its own service principal, through their policies."""

    def __init__(self, buckets: S3, authorizer: Authorizer, moto: Moto, seed: Seed) -> None:
        self._buckets = buckets
        self._authorizer = authorizer
        self._moto = moto
        self._identifiers = Identifiers(seed, "log files")

    def check(self, bucket: str, prefix: str, trail_arn: str, call: Call | None = None) -> None:
        """Raise AwsError unless the trail may write its files into the bucket.

        `call` is the one that this refuses; None where CloudTrail delivers by itself.
        """
        owner = self._buckets.owner_of(bucket)
        if owner is None:
            raise AwsError("S3BucketDoesNotExistException", f"lab: there is no bucket {bucket}")
        region, account = trail_arn.split(":")[3:5]
        service = AwsService(SERVICE, trail_arn, account)
        policy = self._buckets.policy_of(bucket)
        context = {"s3:x-amz-acl": "bucket-owner-full-control"}
        arn = f"arn:aws:s3:::{bucket}"
        for action, resource in (
            ("s3:GetBucketAcl", arn),
            ("s3:PutObject", f"{arn}/{prefix}AWSLogs/{account}/CloudTrail/file"),
        ):
            needed = Requirement(action, resource, owner, context, policy, denial=_denial(bucket))
            if call is not None:
                self._authorizer.check(call, service, needed)
            elif not self._authorizer.allows_service(service, region, needed):
                raise AwsError("AccessDenied", "Access Denied", 403)

    def write(
        self,
        bucket: str,
        prefix: str,
        account: str,
        region: str,
        time: datetime,
        records: Sequence[Mapping[str, Any]],
    ) -> None:
        """Write one log file of a Region. Raises AwsError as S3 refuses it."""
        unique = self._identifiers.alphanumeric(16)
        name = f"{account}_CloudTrail_{region}_{time:%Y%m%dT%H%MZ}_{unique}.json.gz"
        text = json.dumps({"Records": list(records)}, default=str)
        owner = self._buckets.owner_of(bucket) or account
        with undisturbed():
            self._moto.call(
                "s3",
                "PutObject",
                owner,
                region,
                Bucket=bucket,
                Key=f"{prefix}AWSLogs/{account}/CloudTrail/{region}/{time:%Y/%m/%d}/{name}",
                # Without the time of the machine: the same records make the same file.
                Body=gzip.compress(text.encode(), mtime=int(time.timestamp())),
                ContentType="application/json",
                ContentEncoding="gzip",
            )


def _denial(bucket: str) -> Denial:
    return Denial(
        "InsufficientS3BucketPolicyException",
        400,
        message=f"Incorrect S3 bucket policy is detected for bucket: {bucket}",
    )
