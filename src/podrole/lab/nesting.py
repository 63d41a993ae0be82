"""The refusal of what is nested too deeply in a request."""

from __future__ import annotations

from podrole.lab.aws_error import AwsError

TOO_DEEP = "lab: the request is nested too deeply"


def too_deep(protocol: str) -> AwsError:
    """The refusal of what is nested too deeply in a request of that protocol.

    Codes: Smithy's protocol tests, restJson1, "MalformedRequestBody"; S3 API reference, "Error
    responses"; IAM API reference, "Common errors" (checked 2026-11-28).
    """
    code = {"rest-xml": "MalformedXML", "query": "ValidationError", "ec2": "ValidationError"}
    return AwsError(code.get(protocol, "SerializationException"), TOO_DEEP, 400)
