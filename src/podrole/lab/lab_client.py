"""The other side of a served lab's own interface: `podrole lab exec` and `podrole lab reset`."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote, urlsplit

from .served_lab_interface import CONTROL_HEADER, CONTROL_PATH

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class LabUnreachable(RuntimeError):
    """No lab answered, or it said no: what to do."""


class LabClient:
    """Speaks to the lab at an endpoint of this machine."""

    def __init__(self, endpoint: str | None = None) -> None:
        """`endpoint` as `podrole lab serve` prints it; by default AWS_ENDPOINT_URL, then its port.

        Raises LabUnreachable for an endpoint that is not of this machine.
        """
        self.endpoint = endpoint or os.environ.get("AWS_ENDPOINT_URL") or "http://127.0.0.1:4566"
        if urlsplit(self.endpoint).hostname not in _LOOPBACK:
            raise LabUnreachable(
                f"{self.endpoint} is not on this machine: give --endpoint http://127.0.0.1:PORT"
            )

    def pod(self, name: str, namespace: str, container: str | None) -> dict[str, Any]:
        """The pod's name, variables, files, and how its programs reach the lab."""
        query = f"?container={quote(container)}" if container else ""
        return self._send("GET", f"pods/{quote(namespace)}/{quote(name)}{query}")

    def reset(self) -> None:
        """Make the lab new."""
        self._send("POST", "reset")

    def _send(self, method: str, path: str) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310  (http on the loopback)
            f"{self.endpoint}{CONTROL_PATH}{path}", method=method, headers={CONTROL_HEADER: "1"}
        )
        # A proxy of the reader's must not see what stays on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as response:
                found: dict[str, Any] = json.load(response)
                return found
        except urllib.error.HTTPError as error:
            raise LabUnreachable(error.read().decode(errors="replace").strip()) from error
        except (OSError, ValueError) as error:
            raise LabUnreachable(
                f"no lab at {self.endpoint}: start one with `podrole lab serve`"
            ) from error
