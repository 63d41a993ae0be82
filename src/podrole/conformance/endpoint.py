"""Requests to the endpoint under test, signed by botocore; nothing goes anywhere else."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError
from botocore.model import Shape
from botocore.signers import RequestSigner

from podrole.partitions import PARTITIONS
from podrole.policy.error import InputError

#: How the hosts of AWS end: in each of its partitions, with dual stack, and elsewhere.
_AWS = (
    *dict.fromkeys(partition.dns_suffix for partition in PARTITIONS),
    "api.aws",
    "api.amazonwebservices.com.cn",
    "api.amazonwebservices.eu",
    "aws.dev",
    "on.aws",
)
_SECONDS = 30
#: The reader's profiles stay out of it.
_NO_FILES = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class Unreachable(InputError):
    """The endpoint does not answer."""


class Elsewhere(RuntimeError):
    """A request was about to leave for another host."""


@dataclass(frozen=True)
class Keys:
    """Access keys. Without a secret, requests are not signed."""

    access_key: str = ""
    secret_key: str = ""
    token: str | None = None

    @classmethod
    def of(cls, credentials: Mapping[str, Any]) -> Keys:
        """The keys in an answer of STS or EKS Auth."""
        found = {name[0].lower() + name[1:]: value for name, value in credentials.items()}
        return cls(found["accessKeyId"], found["secretAccessKey"], found["sessionToken"])


@dataclass(frozen=True)
class Answer:
    """What the endpoint has answered: its body, or an error's code and text."""

    status: int
    body: Mapping[str, Any]
    code: str | None = None
    message: str = ""

    def at(self, path: str) -> Any:
        """What stands in the body at a path such as `Role.Arn`; None where nothing does."""
        found: Any = self.body
        for part in path.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found


def checked_url(text: str) -> str:
    """The endpoint's URL, without a slash at its end.

    Raises InputError for what is no URL by HTTP, and for a host of AWS: the suite creates and
    deletes roles, keys and buckets.
    """
    try:
        parts = urlsplit(text)
        host, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https") or not text.isprintable():
        raise InputError(f"--endpoint {text!r} is no URL such as http://127.0.0.1:4566")
    if any(host == one or host.endswith(f".{one}") for one in _AWS):
        raise InputError(
            f"--endpoint {text}: {host} belongs to AWS. The suite creates and deletes roles, keys"
            " and buckets: run it against an emulator, such as the lab"
        )
    return f"{parts.scheme}://{parts.netloc}"


class Endpoint:
    """An endpoint that speaks AWS's protocols, for all services."""

    def __init__(self, url: str, region: str) -> None:
        """`url` as `checked_url` returns it; `region` is what requests are signed for."""
        self.url, self.region = url, region
        self._session = botocore.session.Session(session_vars=_NO_FILES)
        self._session.set_credentials("none", "none")
        self._signing = self._session.get_credentials()
        self._clients: dict[tuple[str, bool], Any] = {}

    def call(self, keys: Keys, name: str, parameters: Mapping[str, Any]) -> Answer:
        """The answer to a call, such as `iam.CreateRole`, that `keys` sign. Raises Unreachable.

        A mapping or a list where the API takes a text is sent as JSON.
        """
        service, _, operation = name.partition(".")
        client = self._client(service, signed=bool(keys.secret_key))
        self._signing.access_key = keys.access_key
        self._signing.secret_key = keys.secret_key
        self._signing.token = keys.token
        shape = client.meta.service_model.operation_model(operation).input_shape
        filled = _as_sent(dict(parameters), shape)
        try:
            body = getattr(client, xform_name(operation))(**filled)
        except ClientError as error:
            told, meta = error.response["Error"], error.response["ResponseMetadata"]
            return Answer(
                meta["HTTPStatusCode"], {}, told.get("Code", ""), told.get("Message") or ""
            )
        except (ConnectionError, HTTPClientError) as error:
            raise Unreachable(f"{self.url} does not answer {name}: {error}") from error
        except Elsewhere:
            raise
        except Exception as error:  # of botocore's parsers: an answer may be anything
            said = f"botocore cannot read the answer: {type(error).__name__}: {error}"
            return Answer(0, {}, "unreadable", said)
        status = body.pop("ResponseMetadata")["HTTPStatusCode"]
        if hasattr(body.get("Body"), "read"):
            body["Body"] = body["Body"].read()
        return Answer(status, body)

    def presigned_identity(self, keys: Keys, header: Mapping[str, str]) -> str:
        """A presigned URL of GetCallerIdentity with one more signed header, for 60 seconds."""
        client = self._client("sts", signed=True)
        signer = RequestSigner(
            client.meta.service_model.service_id,
            self.region,
            "sts",
            "v4",
            Credentials(keys.access_key, keys.secret_key, keys.token),
            self._session.get_component("event_emitter"),
        )
        request = {
            "method": "GET",
            "url": f"{self.url}/?Action=GetCallerIdentity&Version=2011-06-15",
            "body": {},
            "headers": dict(header),
            "context": {},
        }
        return str(
            signer.generate_presigned_url(
                request, region_name=self.region, expires_in=60, operation_name=""
            )
        )

    def _client(self, service: str, *, signed: bool) -> Any:
        found = self._clients.get((service, signed))
        if found is None:
            found = self._session.create_client(
                service,
                region_name=self.region,
                endpoint_url=self.url,
                config=Config(
                    parameter_validation=False,
                    retries={"total_max_attempts": 1},
                    connect_timeout=_SECONDS,
                    read_timeout=_SECONDS,
                    proxies={},
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    s3={"addressing_style": "path"},
                    signature_version=None if signed else UNSIGNED,
                    inject_host_prefix=False,
                ),
            )
            found.meta.events.register("before-send", self._stay)
            self._clients[service, signed] = found
        return found

    def _stay(self, request: Any, **_: Any) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.url).netloc:
            raise Elsewhere(f"a request was about to go to {request.url}")


def _as_sent(value: Any, shape: Shape | None) -> Any:
    if shape is None:
        return value
    if shape.type_name == "structure" and isinstance(value, dict):
        return {key: _as_sent(item, shape.members.get(key)) for key, item in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_as_sent(item, shape.member) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _as_sent(item, shape.value) for key, item in value.items()}
    if shape.type_name == "string" and isinstance(value, dict | list):
        return json.dumps(value)
    return value
