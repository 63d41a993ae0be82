"""Signature Version 4 of requests that no SDK's signer takes: any bytes, any method, any body.

Written from the IAM user guide, "Create a signed AWS API request", not from the lab's code.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, unquote_to_bytes

from tests.lab.fuzz.wsgi_request import WireRequest

_REGION = "us-west-2"


def sign(request: WireRequest, service: str, keys: Mapping[str, str], *, presigned: bool) -> None:
    """Sign the request as it is, in its header or in its query. `keys` are AWS_* variables."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{_REGION}/{service}/aws4_request"
    request.headers.setdefault("Host", f"{service}.{_REGION}.amazonaws.com")
    payload = hashlib.sha256(request.body).hexdigest()
    if presigned:
        arguments = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{keys['AWS_ACCESS_KEY_ID']}/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": "600",
            "X-Amz-Security-Token": keys["AWS_SESSION_TOKEN"],
            "X-Amz-SignedHeaders": "host",
        }
        text = "&".join(f"{name}={quote(value, safe='')}" for name, value in arguments.items())
        request.target += ("&" if "?" in request.target else "?") + text
        payload = "UNSIGNED-PAYLOAD" if service == "s3" else payload
        names = ["host"]
    else:
        request.headers.setdefault("X-Amz-Date", stamp)
        request.headers.setdefault("X-Amz-Security-Token", keys["AWS_SESSION_TOKEN"])
        payload = request.headers.setdefault("X-Amz-Content-Sha256", payload)
        names = sorted(name.lower() for name in request.headers)
    values = {name.lower(): " ".join(value.split()) for name, value in request.headers.items()}
    path, _, query = request.line.partition("?")
    canonical = "\n".join(
        [
            request.method,
            path if service == "s3" else quote(path, safe="/-_.~"),
            _canonical_query(query),
            *(f"{name}:{values[name]}" for name in names),
            "",
            ";".join(names),
            payload if not presigned else values.get("x-amz-content-sha256", payload),
        ]
    )
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
    key = f"AWS4{keys['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in (stamp[:8], _REGION, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    if presigned:
        request.target += f"&X-Amz-Signature={signature}"
    else:
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={keys['AWS_ACCESS_KEY_ID']}/{scope},"
            f" SignedHeaders={';'.join(names)}, Signature={signature}"
        )


def _canonical_query(query: str) -> str:
    pairs = sorted(
        tuple(
            quote(unquote_to_bytes(part.replace("+", " ").encode("latin-1")), safe="-_.~")
            for part in item.partition("=")[::2]
        )
        for item in query.split("&")
        if item
    )
    return "&".join(f"{name}={value}" for name, value in pairs)
