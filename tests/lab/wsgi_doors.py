"""The doors of a served lab in this process, asked over WSGI, without a socket."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from podrole.lab.doors.aws_variables import ISOLATED, replace_aws_variables
from podrole.lab.doors.body_limits import LIMITS
from podrole.lab.protocol.request_body import whole_bodies
from podrole.lab.serving.journal_entry import Options
from podrole.lab.serving.served_lab import DOORS, ServedLab
from podrole.lab.settings import Settings
from tests.lab.fuzz.aws_requests import AwsRequests
from tests.lab.fuzz.wsgi_request import Answer, WireRequest, ask


class Doors:
    """A served lab and what its clients do."""

    def __init__(self, served: ServedLab, notes: list[str]) -> None:
        self.served = served
        #: What `podrole lab serve` would say at the start.
        self.notes = notes
        self.apps = {door: whole_bodies(served.door(door), LIMITS[door]) for door in DOORS}
        self.requests = AwsRequests(random.Random(0), served.described()["environment"])

    def send(self, door: str, request: WireRequest) -> Answer:
        """The answer to a request."""
        answer = ask(self.apps[door], request)
        assert answer is not None
        return answer

    def ask(self, door: str, method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
        """The answer to a request; `X_Name="…"` is a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(door, WireRequest(method, target, {"Host": "127.0.0.1", **named}, body))

    def call(self, service: str, operation: str, given: Mapping[str, Any] = {}) -> Answer:
        """The answer to a call of AWS's, signed by the operator of the first account."""
        return self.send("aws", self.requests.call(service, operation, given))

    def kubernetes(self, method: str, path: str, document: Any = None) -> Answer:
        """The answer of the lab's own cluster to its administrator."""
        token = self.served.kubeconfig()["users"][0]["user"]["token"]
        body = b"" if document is None else json.dumps(document).encode()
        given = {"Authorization": f"Bearer {token}", "Content_Type": "application/json"}
        return self.ask("kubernetes", method, path, body, **given)

    def control(self, method: str, path: str, body: bytes = b"") -> Answer:
        """The answer of the lab's own interface to whoever has its token."""
        token = self.served.control_token
        return self.ask("aws", method, f"/_podrole/{path}", body, X_Podrole_Lab=token)


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
        urls = {door: f"https://127.0.0.1:{port}" for port, door in enumerate(DOORS, 4566)}
        yield Doors(served, served.open(urls, state))
    finally:
        served.close()
        replace_aws_variables(former)
