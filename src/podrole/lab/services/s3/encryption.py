"""SSE-KMS: what a caller needs of the key that encrypts an S3 object.

Source: S3 user guide, "Using server-side encryption with AWS KMS keys", "Permissions"; the
encryption context: KMS developer guide, "Encryption context" (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from podrole.lab.access.authorizer import Denial, Requirement
from podrole.lab.caller import Caller
from podrole.lab.moto_adapter.backend import Moto
from podrole.lab.protocol.call import Call
from podrole.lab.services.kms import Kms

_ALGORITHM = "x-amz-server-side-encryption"
_KEY = "x-amz-server-side-encryption-aws-kms-key-id"
_BUCKET_KEY = "x-amz-server-side-encryption-bucket-key-enabled"
_WRITES = {
    "PutObject": ("kms:GenerateDataKey",),
    "CopyObject": ("kms:GenerateDataKey",),
    # Decrypt for the parts that are to follow; asked here, since only this call names the key.
    "CreateMultipartUpload": ("kms:GenerateDataKey", "kms:Decrypt"),
}
_READS = ("GetObject", "GetObjectAttributes")
_COPIES = ("CopyObject", "UploadPartCopy")
_DENIAL = Denial(code="AccessDenied", status=403)


class ObjectEncryption:
    """Which keys of KMS a call on objects uses, by its headers, its bucket and its objects."""

    def __init__(self, moto: Moto, keys: Kms) -> None:
        self._moto = moto
        self._keys = keys

    def requirements(
        self,
        call: Call,
        caller: Caller,
        owner: str,
        source: tuple[str, str, str | None] | None,
        source_owner: str,
    ) -> Iterator[Requirement]:
        """The keys' part. `owner` holds the call's bucket, `source` is what is copied, if any."""
        bucket, key = call.parameters.get("Bucket", ""), call.parameters.get("Key", "")
        if call.name in _READS:
            version = call.parameters.get("VersionId")
            yield from self._read(call, caller, owner, bucket, key, version)
        if call.name in _COPIES and source:
            yield from self._read(call, caller, source_owner, *source)
        if call.name in _WRITES:
            yield from self._write(call, caller, owner, bucket, key)

    def _read(
        self, call: Call, caller: Caller, owner: str, bucket: str, key: str, version: str | None
    ) -> Iterator[Requirement]:
        which = {"VersionId": version} if version else {}
        found = self._ask(call, owner, "HeadObject", Bucket=bucket, Key=key, **which)
        name = found.get("SSEKMSKeyId")
        if name and found.get("ServerSideEncryption") == "aws:kms":
            whole = bool(found.get("BucketKeyEnabled"))
            context = {"aws:s3:arn": f"arn:aws:s3:::{bucket}" + ("" if whole else f"/{key}")}
            yield from self._keys.used_by(
                "s3", call, caller, "kms:Decrypt", name, owner, context, _DENIAL
            )

    def _write(
        self, call: Call, caller: Caller, owner: str, bucket: str, key: str
    ) -> Iterator[Requirement]:
        algorithm, name = call.headers.get(_ALGORITHM), call.headers.get(_KEY)
        whole = call.headers.get(_BUCKET_KEY, "").lower() == "true"
        if algorithm is None:
            rule = self._default(call, owner, bucket)
            applied = rule.get("ApplyServerSideEncryptionByDefault", {})
            algorithm, name = applied.get("SSEAlgorithm"), applied.get("KMSMasterKeyID")
            whole = bool(rule.get("BucketKeyEnabled"))
        if algorithm != "aws:kms" or not name or name.startswith("alias/aws/"):
            return
        # A bare id or alias is the caller's own account's; what S3 keeps is the key's ARN.
        arn, _ = self._keys.key(call, caller.account, name)
        call.environ["HTTP_" + _ALGORITHM.upper().replace("-", "_")] = algorithm
        call.environ["HTTP_" + _KEY.upper().replace("-", "_")] = arn
        context = {"aws:s3:arn": f"arn:aws:s3:::{bucket}" + ("" if whole else f"/{key}")}
        for action in _WRITES[call.name]:
            yield from self._keys.used_by("s3", call, caller, action, arn, owner, context, _DENIAL)

    def _default(self, call: Call, owner: str, bucket: str) -> Mapping[str, Any]:
        found = self._ask(call, owner, "GetBucketEncryption", Bucket=bucket)
        rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
        return rules[0] if rules else {}

    def _ask(self, call: Call, account: str, operation: str, **more: Any) -> Mapping[str, Any]:
        return self._moto.ask("s3", operation, account, call.region, **more)
