"""The other side of a served lab's own interface: `podrole lab exec`, `reset` and `connect`.

Whatever answers at the endpoint is believed nothing that a lab would not say: another program may
listen there, or another user's.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

from podrole.lab.eks_auth_states import EKS_AUTH_STATES
from podrole.lab.loopback_hosts import LOOPBACK_HOSTS
from podrole.lab.metadata_modes import METADATA_MODES
from podrole.lab.serving.control_interface import (
    CONTROL_HEADER,
    CONTROL_PATH,
    TOKEN_VARIABLE,
    doors_file,
    token_file,
)
from podrole.lab.serving.private_folder import SERVED, read_kept

#: A pod's variables and files have at most 1 MiB each in Kubernetes; a lab's answer is far smaller.
_MOST_BYTES = 4 * 2**20
#: The variables by which a lab leads a program to itself: these to its doors, these to no file.
_DOORS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_EC2_METADATA_SERVICE_ENDPOINT")
_NO_FILES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CREDENTIAL_PROFILES_FILE")


class LabUnreachable(RuntimeError):
    """No lab answered, or it said no: what to do."""


@dataclass(frozen=True)
class PodDescription:
    """A container of a pod, as a program of this machine needs it.

    `env` is variable to value, `files` is path to text, and `reach` the variables by which its
    programs find the lab in AWS's place. `metadata` is one of METADATA_MODES.
    """

    name: str
    env: Mapping[str, str]
    files: Mapping[str, str]
    reach: Mapping[str, str]
    metadata: str


@dataclass(frozen=True)
class Connection:
    """What a cluster outside the lab needs of it.

    `webhook` is the URL that its API server calls, `certificate` base64 of the PEM of the authority
    behind that, and `variables` those by which a pod's program finds the lab in AWS's place.
    """

    webhook: str
    certificate: str
    variables: Mapping[str, str]


class LabClient:
    """Speaks to the lab at an endpoint of this machine."""

    def __init__(self, endpoint: str | None = None) -> None:
        """`endpoint` as `podrole lab serve` prints it; by default AWS_ENDPOINT_URL, then its port.

        Raises LabUnreachable for an endpoint that is not of this machine.
        """
        given = endpoint or os.environ.get("AWS_ENDPOINT_URL") or "http://127.0.0.1:4566"
        if not _is_local(given):
            raise LabUnreachable(
                f"{given} is not on this machine: give --endpoint http://127.0.0.1:PORT"
            )
        self.endpoint = given.rstrip("/")
        port = urlsplit(given).port or 80
        kept = read_kept(SERVED, token_file(port))
        #: The folder with a socket for each of its doors; empty where this user runs no lab there.
        self.sockets = read_kept(SERVED, doors_file(port)) or ""
        self._token = kept or os.environ.get(TOKEN_VARIABLE, "")

    def pod(self, name: str, namespace: str, container: str | None) -> PodDescription:
        """A container of a pod, by default its first. Raises LabUnreachable."""
        query = f"?container={quote(container, safe='')}" if container else ""
        path = f"pods/{quote(namespace, safe='')}/{quote(name, safe='')}{query}"
        answer = self._send("GET", path)
        try:
            return _described(answer)
        except ValueError as error:
            raise self._no_lab(error) from None

    def eks_auth(self, state: str) -> str:
        """Let EKS Auth be up, down or hanging; the state before. Raises LabUnreachable."""
        answer = self._send("POST", f"eks-auth/{quote(state, safe='')}")
        was = answer.get("was") if isinstance(answer, dict) else None
        if was not in EKS_AUTH_STATES:
            raise self._no_lab("no state of EKS Auth")
        return str(was)

    def connection(self) -> Connection:
        """What a cluster outside the lab needs of it. Raises LabUnreachable."""
        answer = self._send("GET", "connection")
        try:
            if not isinstance(answer, dict):
                raise ValueError("no connection")
            webhook, certificate = answer.get("webhook"), answer.get("certificate")
            if not isinstance(webhook, str) or not isinstance(certificate, str):
                raise ValueError("no webhook")
            return Connection(webhook, certificate, _texts(answer, "variables"))
        except ValueError as error:
            raise self._no_lab(error) from None

    def reset(self) -> None:
        """Make the lab new. Raises LabUnreachable."""
        self._send("POST", "reset")

    def _send(self, method: str, path: str) -> Any:
        request = urllib.request.Request(  # noqa: S310  (http on the loopback)
            f"{self.endpoint}{CONTROL_PATH}{path}",
            method=method,
            headers={CONTROL_HEADER: self._token},
        )
        # A proxy of the reader's must not see what stays on this machine, nor another machine be
        # asked because something here says so.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)
        try:
            with opener.open(request, timeout=30) as response:
                text = response.read(_MOST_BYTES + 1)
        except urllib.error.HTTPError as error:
            raise LabUnreachable(self._refusal(error)) from error
        except (OSError, ValueError, HTTPException) as error:
            raise LabUnreachable(
                f"no lab at {self.endpoint}: start one with `podrole lab serve`"
            ) from error
        if len(text) > _MOST_BYTES:
            raise self._no_lab(f"an answer of more than {_MOST_BYTES} bytes")
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise self._no_lab("no JSON") from None

    def _refusal(self, error: urllib.error.HTTPError) -> str:
        with error:
            text = error.read(2000).decode(errors="replace").strip()
        shown = "".join(one if one.isprintable() else " " for one in text)
        return shown or f"{self.endpoint} answers {error.code}"

    def _no_lab(self, why: object) -> LabUnreachable:
        return LabUnreachable(
            f"the server at {self.endpoint} is not a lab ({why}): give the --endpoint that"
            " `podrole lab serve` printed"
        )


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _is_local(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        _ = parts.port  # ValueError for one that is none
    except ValueError:
        return False
    plain = endpoint.isascii() and endpoint.isprintable()
    return plain and parts.scheme in ("http", "https") and parts.hostname in LOOPBACK_HOSTS


def _described(answer: Any) -> PodDescription:
    """Raises ValueError: what no lab would say."""
    if not isinstance(answer, dict) or not isinstance(answer.get("name"), str):
        raise ValueError("no pod")
    reach = _texts(answer, "reach")
    for variable, value in reach.items():
        led = variable in _DOORS and _is_local(value)
        if not led and not (variable in _NO_FILES and value == os.devnull):
            raise ValueError(f"it leads the program elsewhere by {variable!r}")
    env, files = _texts(answer, "env"), _texts(answer, "files")
    if answer.get("metadata") not in METADATA_MODES:
        raise ValueError("metadata: no mode that a lab has")
    return PodDescription(answer["name"], env, files, reach, answer["metadata"])


def _texts(answer: dict[str, Any], key: str) -> dict[str, str]:
    found = answer.get(key)
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise ValueError(f"{key}: no texts by name")
    return found
