"""A fault of the lab's own as an error of AWS's.

Codes: IAM API reference, "Common errors" (InternalFailure); S3 API reference, "Error responses"
(InternalError). Checked 2026-11-28.
"""

from __future__ import annotations

from podrole.lab import nesting
from podrole.lab.aws_error import AwsError
from podrole.lab.fault import report


def aws_error(error: Exception, protocol: str) -> AwsError:
    """The fault as an error of AWS's. `protocol` is the name in botocore's models.

    What recurses without end does so over what the request has nested: that is the caller's.
    """
    if isinstance(error, RecursionError):
        return nesting.too_deep(protocol)
    return AwsError(failure_code(protocol), report(error), 500)


def failure_code(protocol: str) -> str:
    """AWS's code for a fault of its own, in a protocol of botocore's models."""
    """AWS's code for a fault of its own, in a protocol of botocore's models."""
    return "InternalError" if protocol == "rest-xml" else "InternalFailure"
