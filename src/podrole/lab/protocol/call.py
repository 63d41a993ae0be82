"""One call of an AWS operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from botocore.model import OperationModel

from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.protocol.signature import Signature

#: The address that calls come from, of the range for documentation (RFC 5737).
SOURCE_IP = "203.0.113.10"


@dataclass
class Call:
    """One call of an AWS operation."""

    environ: dict[str, Any]
    operation: OperationModel
    region: str
    parameters: Mapping[str, Any]
    headers: Mapping[str, str]
    signature: Signature | None
    request_id: str = ""
    caller: Caller | None = None
    #: The service principal that makes the call with its caller's keys; empty: the caller does.
    via: str = ""
    #: What its service does once the call has succeeded and is recorded.
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    @property
    def service(self) -> str:
        """The service's name in botocore, for example `eks-auth`."""
        return str(self.operation.service_model.service_name)

    @property
    def protocol(self) -> str:
        """query, json, rest-json or rest-xml."""
        return str(self.operation.service_model.metadata["protocol"])

    @property
    def name(self) -> str:
        """The operation's name, for example `GetObject`."""
        return str(self.operation.name)

    def replace_body(self, body: bytes) -> None:
        """Let moto see this body in the place of the request's."""
        self.environ["wsgi.input"] = BytesIO(body)
        self.environ["CONTENT_LENGTH"] = str(len(body))


class Unreadable(Exception):
    """No call of the lab: the refusal, and the protocol to say it in."""

    def __init__(self, error: AwsError, protocol: str, namespace: str = "") -> None:
        super().__init__(error.message)
        self.error, self.protocol, self.namespace = error, protocol, namespace
