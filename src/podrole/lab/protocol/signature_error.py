"""What AWS says of a signature that it does not take, in each protocol.

Codes: IAM and S3 API references, "Common errors" and "Error responses". Sentences: as users of the
services report them (cited; botocore, aws-sdk-js and aws-cli issues). Checked 2026-11-24.
"""

from __future__ import annotations

from podrole.lab.aws_error import AwsError

_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS"
    " Secret Access Key and signing method. Consult the service documentation for details."
)
_S3 = {
    "signature": (
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your"
        " key and signing method.",
        403,
    ),
    "skewed": (
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        403,
    ),
    "presigned": ("AccessDenied", "Request has expired", 403),
    "expires": (
        "AuthorizationQueryParametersError",
        "X-Amz-Expires must be between 1 and 604800 seconds",
        400,
    ),
    "payload": (
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        400,
    ),
    "unsigned headers": (
        "AccessDenied",
        "There were headers present in the request which were not signed",
        403,
    ),
    "two signatures": (
        "InvalidArgument",
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature"
        " query string parameter or the Authorization header should be specified",
        400,
    ),
    "algorithm": (
        "InvalidRequest",
        "The authorization mechanism you have provided is not supported."
        " Please use AWS4-HMAC-SHA256.",
        400,
    ),
}


def signature_error(fault: str, protocol: str, text: str = "") -> AwsError:
    """The refusal of a signature.

    `fault`: signature (wrong), skewed, presigned (its time is over), expires (no such time),
    scope, incomplete, payload, algorithm, two signatures or unsigned headers; `text` is the
    sentence where it names details of the request.
    """
    if protocol == "rest-xml":
        if fault in _S3:
            return AwsError(*_S3[fault])
        return AwsError("AuthorizationHeaderMalformed", text, 400)
    query = protocol in ("query", "ec2")
    status = 400 if protocol == "json" else 403
    if fault in ("signature", "skewed", "presigned", "scope"):
        code = "SignatureDoesNotMatch" if query else "InvalidSignatureException"
        return AwsError(code, text or _MISMATCH, status)
    code = "IncompleteSignature" if query else "IncompleteSignatureException"
    return AwsError(code, text or f"lab: {_WORDS.get(fault, fault)}", 400)


def wrong_region(region: str, expected: str, protocol: str) -> AwsError:
    """The refusal of a signature for a Region that does not exist.

    Sentences: cognitect-labs/aws-api #27 of 2018-12-18 (STS, of one it does not serve) and
    aws/aws-cli #2954 of 2017-11-11 (S3); checked 2026-11-28.
    """
    if protocol == "rest-xml":
        text = (
            f"The authorization header is malformed; the region '{region}' is wrong;"
            f" expecting '{expected}'"
        )
    else:
        text = f"Credential should be scoped to a valid region, not '{region}'. "
    return signature_error("scope", protocol, text)


_WORDS = {
    "algorithm": "sign with AWS4-HMAC-SHA256",
    "two signatures": "sign in the Authorization header or in the query, not in both",
    "expires": "X-Amz-Expires must be between 1 and 604800 seconds",
}


def missing_token(protocol: str) -> AwsError:
    """The refusal of a request that is not signed at all."""
    if protocol in ("query", "ec2"):
        return AwsError(
            "MissingAuthenticationToken", "Request is missing Authentication Token", 403
        )
    if protocol == "rest-xml":
        return AwsError("AccessDenied", "Access Denied", 403)
    status = 400 if protocol == "json" else 403
    return AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", status)
