"""The doors of a served lab in this process, asked over WSGI, without a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

import botocore.auth
import botocore.awsrequest
import botocore.serialize
from botocore.credentials import Credentials
from botocore.model import OperationModel

from podrole.lab.aws_variables import ISOLATED, replace_aws_variables
from podrole.lab.journal import Settings
from podrole.lab.journal_entry import Options
from podrole.lab.operations import service_model
from podrole.lab.served_lab import ServedLab

URLS = {
    "aws": "http://127.0.0.1:1",
    "agent": "http://127.0.0.1:2",
    "metadata": "http://127.0.0.1:3",
    "kubernetes": "https://127.0.0.1:4",
}
CONTROL = {"X-Podrole-Lab": "1"}
Environ = dict[str, Any]


@dataclass
class Answer:
    """What a door answers."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


class Doors:
    """A served lab and what its clients do."""

    def __init__(self, served: ServedLab, notes: list[str]) -> None:
        self.served = served
        #: What `podrole lab serve` would print at the start.
        self.notes = notes

    def send(self, door: str, given: Environ) -> Answer:
        """The answer to a request."""
        heard: list[Any] = []
        parts = self.served.door(door)(given, lambda *said: heard.append(said))
        body = b"".join(parts)
        return Answer(int(heard[-1][0].split()[0]), dict(heard[-1][1]), body)

    def ask(self, door: str, method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
        """The answer to a request; `X_Name="…"` is a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(door, environ(door, method, target, named, body))

    def call(self, service: str, called: str, /, **parameters: Any) -> Answer:
        """The answer to a call of AWS's, signed by the operator of the first account."""
        operation = service_model(service).operation_model(called)
        method, target, headers, body = serialized(operation, parameters)
        keys = operator(self.served, self.served.lab.accounts[0])
        headers = signed(keys, service, method, target, headers, body)
        return self.send("aws", environ("aws", method, target, headers, body))

    def kubernetes(self, method: str, path: str, document: Any = None) -> Answer:
        """The answer of the lab's own cluster to its administrator."""
        token = self.served.kubeconfig()["users"][0]["user"]["token"]
        body = b"" if document is None else json.dumps(document).encode()
        given = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self.send("kubernetes", environ("kubernetes", method, path, given, body))

    def control(self, path: str, body: bytes = b"") -> Answer:
        """The answer of the lab's own interface to a POST."""
        return self.send("aws", environ("aws", "POST", f"/_podrole/{path}", CONTROL, body))


@contextmanager
def opened(
    state: Path | None = None,
    settings: Settings = Settings(),  # noqa: B008
    options: Options = Options(),  # noqa: B008
) -> Iterator[Doors]:
    """A served lab, closed at the end of the block."""
    former = replace_aws_variables(ISOLATED)
    served = ServedLab(settings, options)
    try:
        yield Doors(served, served.open(dict(URLS), state))
    finally:
        served.close()
        replace_aws_variables(former)


def environ(
    door: str, method: str, target: str, headers: dict[str, str], body: bytes = b""
) -> Environ:
    """What the server makes of a request that comes over a socket."""
    path, _, query = target.partition("?")
    found: Environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": target,
        "REQUEST_URI": target,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": URLS[door].partition("//")[2],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": URLS[door].partition(":")[0],
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(body)),
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        found[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value.encode().decode("latin-1")
    return found


def operator(served: ServedLab, account: str) -> Credentials:
    """The keys of an account's operator."""
    found = served.lab.environment(account)
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return Credentials(*(found[name] for name in names))


def serialized(
    operation: OperationModel, parameters: dict[str, Any]
) -> tuple[str, str, dict[str, str], bytes]:
    """Method, target, headers and body of a call, unsigned."""
    protocol = operation.service_model.metadata["protocol"]
    request = botocore.serialize.create_serializer(protocol, False).serialize_to_request(
        parameters, operation
    )
    body = request["body"]
    if isinstance(body, dict):
        body = urlencode(body, errors="replace").encode()
    elif isinstance(body, str):
        body = body.encode(errors="replace")
    query = urlencode(request["query_string"] or {}, doseq=True, errors="replace")
    path = request["url_path"]
    target = path + ("&" if "?" in path else "?") * bool(query) + query
    headers = {name: _header(value) for name, value in request["headers"].items()}
    if protocol == "query":
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    return request["method"], target, headers, body if isinstance(body, bytes) else b""


def signed(
    keys: Credentials, service: str, method: str, target: str, headers: dict[str, str], body: bytes
) -> dict[str, str]:
    """The headers with a signature."""
    url = f"{URLS['aws']}{target}"
    request = botocore.awsrequest.AWSRequest(method, url, headers, body)
    signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    signer(keys, service, "us-west-2").add_auth(request)
    return dict(request.headers)


def _header(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
