"""One API server, the real one or the lab's, as its administrator or as a service account."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What a request was answered: the status, the `Warning` headers and the JSON document."""

    status: int
    warnings: tuple[str, ...]
    document: Any


class ApiClient:
    """Sends requests over one connection."""

    def __init__(self, url: str, context: ssl.SSLContext, token: str = "") -> None:
        """`context` may hold the administrator's certificate, `token` is theirs without one."""
        place = urlsplit(url)
        self._base = place.path
        self._host = place.netloc
        self._context = context
        self._anonymous = ssl.create_default_context()
        self._anonymous.load_verify_locations(cadata=_authorities(context))
        self._token = token
        self._connections: dict[bool, http.client.HTTPSConnection] = {}

    def __call__(
        self, call: str, body: Any = None, *, kind: str = "", token: str = "", text: str = ""
    ) -> Answer:
        """Send `GET /path`, with a body as JSON or as `text`."""
        method, path = call.split(" ", 1)
        connection = self._connection(bool(token))
        headers = {"Accept": "application/json", "User-Agent": "beside"}
        sent = text if body is None else json.dumps(body)
        if sent:
            headers["Content-Type"] = kind or "application/json"
        if token or self._token:
            headers["Authorization"] = f"Bearer {token or self._token}"
        connection.request(method, self._base + path, sent or None, headers)
        response = connection.getresponse()
        content = response.read()
        try:
            document = json.loads(content)
        except ValueError:
            document = {"message": content.decode(errors="replace").strip()}
        return Answer(response.status, tuple(response.headers.get_all("Warning") or ()), document)

    def _connection(self, own: bool) -> http.client.HTTPSConnection:
        """A connection with the administrator's certificate, or without one for a token `own`."""
        if own not in self._connections:
            context = self._anonymous if own else self._context
            self._connections[own] = http.client.HTTPSConnection(
                self._host, context=context, timeout=30
            )
        return self._connections[own]

    def close(self) -> None:
        """End the connections."""
        for connection in self._connections.values():
            connection.close()

    def token(self, account: str, **specification: Any) -> str:
        """A token of a service account `namespace/name`."""
        namespace, name = account.split("/")
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        return str(self(f"POST {path}", {"spec": specification}).document["status"]["token"])

    def wait(self, path: str, seconds: float = 20) -> Answer:
        """The answer of a path as soon as it is 200, or the last one."""
        end = time.monotonic() + seconds
        while (answer := self(f"GET {path}")).status != 200 and time.monotonic() < end:
            time.sleep(0.05)
        return answer


def _authorities(context: ssl.SSLContext) -> str:
    return "".join(map(ssl.DER_cert_to_PEM_cert, context.get_ca_certs(binary_form=True)))


def of_kubeconfig(path: str) -> ApiClient:
    """A client of the server of a kubeconfig with a token."""
    with open(path) as file:
        config = json.load(file)
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    context = ssl.create_default_context()
    context.load_verify_locations(
        cadata=base64.b64decode(cluster["certificate-authority-data"]).decode()
    )
    return ApiClient(cluster["server"], context, user["token"])
