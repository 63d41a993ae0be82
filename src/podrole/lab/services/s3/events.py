"""S3's calls in CloudTrail's records.

Source: S3 user guide, "Amazon S3 CloudTrail events" (checked 2026-11-24).
"""

from __future__ import annotations

from botocore.model import Shape

from podrole.lab.audit.events import Events, lowered
from podrole.lab.protocol.call import Call


class S3Events(Events):
    """Calls on objects are data events; both the object and its bucket are resources."""

    data = ("Object", "UploadPart", "Multipart", "ListParts")
    secret = frozenset({"Body"})

    def parameter(self, member: str, shape: Shape | None) -> str:
        """Records say bucketName and key, and the rest as it stands in headers and the query."""
        if shape is not None and shape.serialization.get("location") in ("header", "querystring"):
            return str(shape.serialization["name"])
        return {"Bucket": "bucketName"}.get(member) or lowered(member)

    def resources(self, call: Call, account: str) -> list[dict[str, str]]:
        """The bucket, and before it the object that the call names."""
        if "Bucket" not in call.parameters:
            return []
        bucket = f"arn:aws:s3:::{call.parameters['Bucket']}"
        named = [{"accountId": account, "type": "AWS::S3::Bucket", "ARN": bucket}]
        if "Key" in call.parameters:
            key = f"{bucket}/{call.parameters['Key']}"
            return [{"type": "AWS::S3::Object", "ARN": key}, *named]
        return named
