"""S3 beside moto: who owns a bucket, bucket policies, and what each call needs.

Bucket policies stay here: moto would half-evaluate them (any Deny that names the action applies to
everyone, shared facts). Actions by call: service authorization reference, "Actions, resources, and
condition keys for Amazon S3" (checked 2026-11-23).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from podrole.policy import Policy, PolicyError, parse_policy

from .authorization import Requirement
from .aws_error import AwsError
from .call import Call
from .credentials import Caller
from .service import Answer, Service

_OBJECT_ACTIONS = {
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "ListParts": "s3:ListMultipartUploadParts",
    "GetObjectTagging": "s3:GetObjectTagging",
    "PutObjectTagging": "s3:PutObjectTagging",
    "DeleteObjectTagging": "s3:DeleteObjectTagging",
}
_VERSIONED = {"s3:GetObject", "s3:DeleteObject", "s3:GetObjectTagging", "s3:PutObjectTagging"}
_BUCKET_ACTIONS = {
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "HeadBucket": "s3:ListBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "CreateBucket": "s3:CreateBucket",
    "DeleteBucket": "s3:DeleteBucket",
    "GetBucketLocation": "s3:GetBucketLocation",
    "GetBucketPolicy": "s3:GetBucketPolicy",
    "PutBucketPolicy": "s3:PutBucketPolicy",
    "DeleteBucketPolicy": "s3:DeleteBucketPolicy",
    "GetBucketVersioning": "s3:GetBucketVersioning",
    "PutBucketVersioning": "s3:PutBucketVersioning",
    "GetBucketTagging": "s3:GetBucketTagging",
    "PutBucketTagging": "s3:PutBucketTagging",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
_JSON = "application/json"
_QUERY_KEYS = {"Prefix": "s3:prefix", "Delimiter": "s3:delimiter", "MaxKeys": "s3:max-keys"}
_HEADER_KEYS = {
    "x-amz-acl": "s3:x-amz-acl",
    "x-amz-server-side-encryption": "s3:x-amz-server-side-encryption",
    "x-amz-copy-source": "s3:x-amz-copy-source",
}


class Buckets(Service):
    """The lab's buckets: names are global, so each has one owner among the accounts."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._policies: dict[str, tuple[str, Policy]] = {}

    def owner(self, bucket: str) -> str | None:
        """The account that made the bucket, None if there is no such bucket."""
        return self._owners.get(bucket)

    def account(self, call: Call, caller: Caller) -> str:
        """The bucket's owner."""
        return self.owner(call.parameters.get("Bucket", "")) or caller.account

    def after_moto(self, call: Call, account: str, body: bytes) -> bytes:
        """Note a bucket that moto has just made or removed."""
        bucket = call.parameters.get("Bucket", "")
        if call.name == "CreateBucket":
            self._owners.setdefault(bucket, account)
        elif call.name == "DeleteBucket":
            self._owners.pop(bucket, None)
            self._policies.pop(bucket, None)
        return body

    # -- bucket policies -----------------------------------------------------------------

    def before_moto(self, call: Call) -> Answer | None:
        """The answer to a call about a bucket's policy."""
        bucket = call.parameters.get("Bucket", "")
        if call.name == "PutBucketPolicy":
            text = call.environ["wsgi.input"].read().decode("utf-8", "replace")
            try:
                policy = parse_policy(text, kind="resource", name=f"policy of bucket {bucket}")
            except PolicyError as error:
                # The code is AWS's, the reason the lab's.
                raise AwsError("MalformedPolicy", str(error), 400) from error
            self._policies[bucket] = (json.dumps(json.loads(text)), policy)
            return 204, _JSON, b""
        if call.name == "GetBucketPolicy":
            if bucket not in self._policies:
                raise AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
            return 200, _JSON, self._policies[bucket][0].encode()
        if call.name == "DeleteBucketPolicy":
            self._policies.pop(bucket, None)
            return 204, _JSON, b""
        return None

    def _policy(self, bucket: str) -> Policy | None:
        return self._policies[bucket][1] if bucket in self._policies else None

    # -- what a call needs ---------------------------------------------------------------

    def requirements(self, call: Call, caller: Caller) -> list[Requirement] | None:
        """What an S3 call needs, None where the lab does not know the call.

        Raises AwsError (NoSuchBucket), which S3 answers before it decides.
        """
        if call.name == "ListBuckets":
            return [Requirement("s3:ListAllMyBuckets", "*", caller.account)]
        if call.name == "CopyObject":
            source = unquote(call.headers.get("x-amz-copy-source", "")).lstrip("/")
            bucket, _, key = source.partition("?")[0].partition("/")
            return [
                self._on(call, caller, "s3:GetObject", bucket, key),
                self._on(call, caller, "s3:PutObject", **_target(call)),
            ]
        if call.name == "DeleteObjects":
            bucket = call.parameters["Bucket"]
            return [self._on(call, caller, "s3:DeleteObject", bucket, key) for key in _keys(call)]
        if call.name in _OBJECT_ACTIONS:
            action = _OBJECT_ACTIONS[call.name]
            if call.parameters.get("VersionId") and action in _VERSIONED:
                action = action.replace("Object", "ObjectVersion")
            return [self._on(call, caller, action, **_target(call))]
        if call.name in _BUCKET_ACTIONS:
            action = _BUCKET_ACTIONS[call.name]
            return [self._on(call, caller, action, call.parameters["Bucket"], None)]
        return None

    def list_requirement(self, call: Call, caller: Caller) -> Requirement:
        """`s3:ListBucket`: without it S3 does not tell a missing key from a forbidden one."""
        return self._on(call, caller, "s3:ListBucket", call.parameters["Bucket"], None)

    def _on(
        self, call: Call, caller: Caller, action: str, bucket: str, key: str | None
    ) -> Requirement:
        owner = self._owners.get(bucket)
        if owner is None:
            if call.name != "CreateBucket":
                raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
            owner = caller.account
        arn = f"arn:aws:s3:::{bucket}" + ("" if key is None else f"/{key}")
        context = dict(_context(call)) | {"aws:ResourceAccount": owner, "s3:ResourceAccount": owner}
        return Requirement(action, arn, owner, context, self._policy(bucket))


def _target(call: Call) -> dict[str, str]:
    return {"bucket": call.parameters["Bucket"], "key": call.parameters["Key"]}


def _keys(call: Call) -> list[str]:
    stream = call.environ["wsgi.input"]
    text = stream.read()
    stream.seek(0)
    try:
        # The expat parser of ElementTree resolves no external entities, and the body is bounded.
        document = ElementTree.fromstring(text)  # noqa: S314
    except ElementTree.ParseError as error:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed", 400) from error
    keys = [element.text or "" for element in document.iter() if element.tag.endswith("}Key")]
    keys += [element.text or "" for element in document.iter("Key")]
    if not keys:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed", 400)
    return keys


def _context(call: Call) -> Iterator[tuple[str, Any]]:
    parameters: Mapping[str, Any] = call.parameters
    for name, key in _QUERY_KEYS.items():
        if name in parameters:
            yield key, str(parameters[name])
    for name, key in _HEADER_KEYS.items():
        if name in call.headers:
            yield key, call.headers[name]
    if parameters.get("VersionId"):
        yield "s3:VersionId", parameters["VersionId"]
