"""S3 beside moto: who owns a bucket, bucket policies, and the objects that a call names.

Bucket policies stay here: moto would half-evaluate them (any Deny that names the action applies to
everyone: moto 5.2.5, `IAMPolicy` in `moto/iam/access_control.py`, which `moto/s3/models.py` asks;
tried 2026-11-23).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from podrole.lab.access.action_table import Row
from podrole.lab.access.authorizer import Requirement
from podrole.lab.access.data_service import DataService, Resource, resource_policy
from podrole.lab.access.service import Answer
from podrole.lab.aws_error import AwsError, not_carried
from podrole.lab.caller import Caller
from podrole.lab.moto_adapter.backend import Moto
from podrole.lab.protocol.call import Call
from podrole.lab.services.kms import Kms
from podrole.lab.services.s3 import body as s3_body
from podrole.lab.services.s3.encryption import ObjectEncryption
from podrole.lab.services.s3.events import S3Events
from podrole.policy import Policy

_JSON = "application/json"
#: Calls whose decision may ask for the tags that an object has (s3:ExistingObjectTag).
_OF_EXISTING = ("Get", "Head", "DeleteObjectTagging", "PutObjectTagging")
#: Calls that S3 answers only with ACLs, which a bucket has not had by default since April 2023.
_BY_ACL = {"x-amz-acl", "x-amz-grant-read", "x-amz-grant-write", "x-amz-grant-full-control"}
_BY_ACL |= {"x-amz-grant-read-acp", "x-amz-grant-write-acp"}
_EXPECTED = {
    "x-amz-expected-bucket-owner": "Bucket",
    "x-amz-source-expected-bucket-owner": "CopySource",
}


class S3(DataService):
    """The lab's buckets: names are global, so each has one owner among the accounts."""

    events = S3Events()

    def __init__(self, moto: Moto, keys: Kms) -> None:
        super().__init__("s3", moto)
        self._owners: dict[str, str] = {}
        self._policies: dict[str, tuple[str, Policy]] = {}
        self._encryption = ObjectEncryption(moto, keys)

    def owner_of(self, bucket: str) -> str | None:
        """The account that made the bucket, None if there is no such bucket."""
        return self._owners.get(bucket)

    def account(self, call: Call, caller: Caller) -> str:
        """The bucket's owner."""
        return self.owner_of(call.parameters.get("Bucket", "")) or caller.account

    def unsigned_error(self, call: Call) -> AwsError:
        """No bucket of the lab is public."""
        return AwsError("AccessDenied", "Access Denied", 403)

    def validate(self, call: Call) -> None:
        """moto validates: parameters are in the XML bodies too, which it reads."""

    def missing(self, call: Call, caller: Caller) -> list[Requirement]:
        """`s3:ListBucket`: without it S3 does not tell a missing key from a forbidden one."""
        if call.name not in ("GetObject", "HeadObject"):
            return []
        row = (self.table.rows("HeadBucket") or ())[0]
        location = self._on(call, caller, call.parameters["Bucket"], None)
        return [self._requirement(row, self.found(call, caller, row, *location), {})]

    # -- what a call names ---------------------------------------------------------------

    def requirements(self, call: Call, caller: Caller) -> list[Requirement] | None:
        """What the call needs. Raises AwsError for a bucket of another owner than expected."""
        for header, member in _EXPECTED.items():
            bucket = call.parameters.get(member, "")
            if member == "CopySource":
                bucket = _source(bucket)[0]
            owner = self.owner_of(bucket)
            if header in call.headers and owner not in (None, call.headers[header]):
                # S3 user guide, "Verifying bucket ownership with bucket owner condition".
                raise AwsError("AccessDenied", "Access Denied", 403)
        return super().requirements(call, caller)

    def parameters(self, call: Call) -> Mapping[str, Any]:
        """The parameters of path, query and headers, and the keys of DeleteObjects' body."""
        if call.name == "DeleteObjects":
            return {**call.parameters, "Delete": {"Objects": s3_body.deleted(call)}}
        return call.parameters

    def place(self, call: Call, caller: Caller, row: Row, name: str) -> tuple[str, str]:
        """A bucket by name, an object by its key, or by bucket and key where it is copied from."""
        if row.names == "CopySource":
            return self._on(call, caller, *_source(name)[:2])
        bucket = call.parameters["Bucket"]
        assert row.type is not None
        return self._on(call, caller, bucket, None if row.type.name == "bucket" else name)

    def _on(self, call: Call, caller: Caller, bucket: str, key: str | None) -> tuple[str, str]:
        owner = self.owner_of(bucket)
        if owner is None:
            if call.name != "CreateBucket":
                raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
            owner = caller.account
        return f"arn:aws:s3:::{bucket}" + ("" if key is None else f"/{key}"), owner

    def found(self, call: Call, caller: Caller, row: Row, arn: str, account: str) -> Resource:
        """The bucket or the object with the bucket's policy, and the tags of the object."""
        bucket, _, key = arn.removeprefix("arn:aws:s3:::").partition("/")
        keys: dict[str, Any] = {"s3:ResourceAccount": account, **_signed(call)}
        if key and call.name.startswith(_OF_EXISTING):
            version = call.parameters.get("VersionId")
            which = {"VersionId": version} if version else {}
            found = self.ask(call, account, "GetObjectTagging", Bucket=bucket, Key=key, **which)
            for tag in found.get("TagSet", []):
                keys[f"s3:ExistingObjectTag/{tag['Key']}"] = tag["Value"]
        requested = _requested_tags(call)
        if key and requested:
            keys |= {f"s3:RequestObjectTag/{name}": value for name, value in requested.items()}
            keys["s3:RequestObjectTagKeys"] = list(requested)
        return Resource(arn, account, self.policy_of(bucket), keys=keys)

    def further(self, call: Call, caller: Caller) -> Iterable[Requirement]:
        """The customer's keys that encrypt the objects of the call."""
        source = _source(call.parameters["CopySource"]) if "CopySource" in call.parameters else None
        owners = [self.account(call, caller), self.owner_of(source[0]) if source else None]
        return self._encryption.requirements(call, caller, owners[0] or "", source, owners[1] or "")

    def shown(self, resource: Resource) -> str | None:
        """Refusals put the ARN into quotes; that of the key that encrypts an object stays bare."""
        return f'"{resource.arn}"'

    # -- bucket policies -----------------------------------------------------------------

    def before_moto(self, call: Call) -> Answer | None:
        """The answer to a call about a bucket's policy; ACLs are refused. Raises AwsError."""
        bucket = call.parameters.get("Bucket", "")
        _refuse_acl(call)
        s3_body.check(call)
        if "CopySource" in call.parameters:  # moto would read a `#` or `;` in it as a URL's
            source, key, version = _source(call.parameters["CopySource"])
            text = quote(f"/{source}/{key}") + (f"?versionId={quote(version)}" if version else "")
            call.environ["HTTP_X_AMZ_COPY_SOURCE"] = text
        if call.name == "PutBucketPolicy":
            text = call.environ["wsgi.input"].read().decode("utf-8", "replace")
            name = f"policy of bucket {bucket}"
            policy = resource_policy(text or "{}", name, code="MalformedPolicy")
            assert policy is not None
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

    def after_moto(self, call: Call, account: str, body: bytes) -> bytes:
        """Note a bucket that moto has just made or removed."""
        bucket = call.parameters.get("Bucket", "")
        if call.name == "CreateBucket":
            self._owners.setdefault(bucket, account)
        elif call.name == "DeleteBucket":
            self._owners.pop(bucket, None)
            self._policies.pop(bucket, None)
        return body

    def policy_of(self, bucket: str) -> Policy | None:
        """The bucket's policy, None if it has none."""
        return self._policies[bucket][1] if bucket in self._policies else None


#: The one canned ACL that a bucket without ACLs takes.
_OWNERS = "bucket-owner-full-control"
_ENFORCED = "BucketOwnerEnforced"


def _refuse_acl(call: Call) -> None:
    """S3 user guide, "Controlling ownership of objects": no ACLs, as of new buckets by default."""
    given = {name: call.headers[name] for name in _BY_ACL if name in call.headers}
    if call.headers.get("x-amz-object-ownership", _ENFORCED) != _ENFORCED:
        raise not_carried("s3", "a bucket with ACLs")
    if call.name == "CreateBucket":
        if given and given != {"x-amz-acl": "private"}:
            raise AwsError(
                "InvalidBucketAclWithObjectOwnership",
                "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
            )
    elif call.name in ("PutBucketAcl", "PutObjectAcl") or set(given.values()) - {_OWNERS}:
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")


def _source(text: str) -> tuple[str, str, str | None]:
    """Bucket, key and version of `x-amz-copy-source`: `/bucket/key?versionId=…`, encoded."""
    path, _, query = text.partition("?")
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    name, _, version = query.partition("&")[0].partition("=")
    return bucket, key, unquote(version) if name == "versionId" else None


def _signed(call: Call) -> dict[str, str]:
    """How the request was signed (S3 API reference, "Policy keys for Signature Version 4")."""
    signature = call.signature
    if signature is None:
        return {}
    keys = {"s3:authType": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256"}
    if signature.expires is not None:
        keys["s3:authType"] = "REST-QUERY-STRING"
    if "x-amz-content-sha256" in call.headers:
        keys["s3:x-amz-content-sha256"] = call.headers["x-amz-content-sha256"]
    return keys


def _requested_tags(call: Call) -> dict[str, str]:
    if call.name == "PutObjectTagging":
        return s3_body.tags(call)
    return dict(parse_qsl(call.headers.get("x-amz-tagging", ""), keep_blank_values=True))
