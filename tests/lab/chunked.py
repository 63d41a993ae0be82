"""Uploads in signed chunks, as the Java and C++ SDKs send them; botocore has no such signer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib

import botocore.auth

from tests.lab.signing import operator, sign

_EMPTY = hashlib.sha256(b"").hexdigest()


def upload(
    target: str, chunks: list[bytes], *, trailer: str | None = None
) -> tuple[dict[str, str], bytes]:
    """Headers and body of a PUT in signed chunks, with a signed trailer if asked for.

    Written from the S3 API reference's worked example, not from the lab's code.
    """
    form = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")
    data = b"".join(chunks)
    more = {"x-amz-decoded-content-length": str(len(data)), "content-encoding": "aws-chunked"}
    if trailer:
        more["x-amz-trailer"] = trailer

    class Signer(botocore.auth.S3SigV4Auth):
        def payload(self, request: object) -> str:
            return form

    headers = sign("s3", "PUT", target, signer=Signer, **more)
    previous = headers["Authorization"].rpartition("=")[2]
    stamp = headers["X-Amz-Date"]
    scope = f"{stamp[:8]}/us-west-2/s3/aws4_request"
    key = f"AWS4{operator().secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()

    def signature(kind: str, *lines: str) -> str:
        text = "\n".join([f"AWS4-HMAC-SHA256-{kind}", stamp, scope, previous, *lines])
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    body = b""
    for chunk in [*chunks, b""]:
        previous = signature("PAYLOAD", _EMPTY, hashlib.sha256(chunk).hexdigest())
        body += f"{len(chunk):x};chunk-signature={previous}\r\n".encode() + chunk
        body += b"\r\n" if chunk or not trailer else b""
    if trailer:
        value = base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
        digest = hashlib.sha256(f"{trailer}:{value}\n".encode()).hexdigest()
        last = signature("TRAILER", digest)
        body += f"{trailer}:{value}\r\nx-amz-trailer-signature:{last}\r\n\r\n".encode()
    return headers, body
