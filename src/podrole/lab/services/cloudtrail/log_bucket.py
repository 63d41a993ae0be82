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

from podrole.lab.access.authorizer import Authorizer
from podrole.lab.aws_error import AwsError
from podrole.lab.identifiers import Identifiers
from podrole.lab.moto_adapter.backend import Moto, undisturbed
from podrole.lab.seed import Seed
from podrole.lab.services.s3.service import S3
from podrole.policy import PolicySet, Request, authorize

SERVICE = "cloudtrail.amazonaws.com"


class LogBuckets:
    """Buckets as CloudTrail sees them: by its own service principal, through their policies."""

    def __init__(self, buckets: S3, authorizer: Authorizer, moto: Moto, seed: Seed) -> None:
        self._buckets = buckets
        self._authorizer = authorizer
        self._moto = moto
        self._identifiers = Identifiers(seed, "log files")

    def check(self, bucket: str, prefix: str, trail_arn: str) -> None:
        """Raise AwsError unless the trail may write its files into the bucket."""
        owner = self._buckets.owner_of(bucket)
        if owner is None:
            raise AwsError("S3BucketDoesNotExistException", f"lab: there is no bucket {bucket}")
        account = trail_arn.split(":")[4]
        context: dict[str, Any] = {
            "aws:SourceArn": trail_arn,
            "aws:SourceAccount": account,
            "aws:PrincipalIsAWSService": "true",
            "aws:PrincipalServiceName": SERVICE,
            "aws:SecureTransport": "true",
            "s3:x-amz-acl": "bucket-owner-full-control",
            **self._authorizer.limits.keys(account, "Source"),
            **self._authorizer.resource_keys(owner),
        }
        arn = f"arn:aws:s3:::{bucket}"
        for action, resource in (
            ("s3:GetBucketAcl", arn),
            ("s3:PutObject", f"{arn}/{prefix}AWSLogs/{account}/CloudTrail/file"),
        ):
            policies = PolicySet(
                resource=self._buckets.policy_of(bucket),
                rcp=self._authorizer.limits.rcps(owner, action),
            )
            request = Request(SERVICE, action, resource, context, owner)
            if not authorize(request, policies).allowed:
                raise AwsError(
                    "InsufficientS3BucketPolicyException",
                    f"Incorrect S3 bucket policy is detected for bucket: {bucket}",
                )

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
