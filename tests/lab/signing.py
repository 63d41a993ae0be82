"""Requests that no SDK would build, signed by botocore's own signer as the operator."""

from __future__ import annotations

import os
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
from werkzeug.test import Client, TestResponse

from podrole.lab import Lab


def operator() -> botocore.credentials.Credentials:
    """The operator's keys, from the variables that a started lab sets."""
    return botocore.credentials.Credentials(
        os.environ["AWS_ACCESS_KEY_ID"],
        os.environ["AWS_SECRET_ACCESS_KEY"],
        os.environ["AWS_SESSION_TOKEN"],
    )


def sign(
    service: str,
    method: str,
    target: str,
    body: bytes | str = b"",
    *,
    signer: Any = None,
    credentials: botocore.credentials.Credentials | None = None,
    **headers: str,
) -> dict[str, str]:
    """The headers of a signed request to `service`."""
    url = f"https://{service}.us-west-2.amazonaws.com{target}"
    request = botocore.awsrequest.AWSRequest(method=method, url=url, data=body, headers=headers)
    if signer is None:
        signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    signer(credentials or operator(), service, "us-west-2").add_auth(request)
    return {"Host": f"{service}.us-west-2.amazonaws.com", **dict(request.headers)}


def send(
    lab: Lab, service: str, method: str, target: str, body: bytes | str = b"", **more: Any
) -> TestResponse:
    """A signed request to the gateway."""
    headers = sign(service, method, target, body, **more)
    return Client(lab.gateway).open(target, method=method, data=body, headers=headers)
