"""Requests at the doors that take no signature: agent, metadata service, issuers, control path."""

from __future__ import annotations

import json
import random
from urllib.parse import quote

from tests import hostile
from tests.lab.fuzz.wsgi_request import WireRequest

_METHODS = ("GET", "GET", "GET", "PUT", "POST", "HEAD", "OPTIONS", "DELETE", "BREW")
_PATHS = {
    "agent": ("/v1/credentials", "/v1/credentials", "/v1/credentials/", "/", "/healthz"),
    "metadata": (
        "/latest/api/token",
        "/latest/api/token",
        "/latest/meta-data/iam/security-credentials/",
        "/latest/meta-data/iam/security-credentials/eks-node",
        "/latest/dynamic/instance-identity/document",
        "/latest/meta-data/",
        "/latest/user-data",
    ),
    "issuer": ("{issuer}/.well-known/openid-configuration", "{issuer}/keys", "/id/x/keys"),
    "control": (
        "/_podrole/pods/default/orders",
        "/_podrole/pods/default",
        "/_podrole/pods",
        "/_podrole/clock",
        "/_podrole/clock",
    ),
}
_HOSTS = {
    "agent": ("169.254.170.23", "[fd00:ec2::23]", "127.0.0.1:4567", "localhost", "[::1"),
    "metadata": ("169.254.169.254", "[fd00:ec2::254]", "127.0.0.1:4568"),
    "issuer": ("oidc.eks.us-west-2.amazonaws.com", "127.0.0.1:4566"),
    "control": ("127.0.0.1:4566", "localhost:4566"),
}
_HEADERS = {
    "Authorization": ("", "Bearer x", "Basic YTpi"),
    "X-aws-ec2-metadata-token-ttl-seconds": ("1", "21600", "0", "21601", "²", "1e3", "-1", "١"),
    "X-aws-ec2-metadata-token": ("x",),
    "X-Forwarded-For": ("127.0.0.1",),
    "X-Podrole-Lab": ("1",),
    "Content-Type": ("application/json", "text/plain; charset=nope", "multipart/form-data"),
}
#: Which server listens there: issuers and the control path are at AWS's door.
SERVERS = {"agent": "agent", "metadata": "metadata", "issuer": "aws", "control": "aws"}


class PlainRequests:
    """An endless supply for one of SERVERS, the same for the same seed."""

    def __init__(self, draw: random.Random, door: str, issuer: str) -> None:
        """`issuer` is the path of a cluster's issuer."""
        self._draw = draw
        self._door = door
        self._issuer = issuer

    def draw(self) -> WireRequest:
        """One request."""
        draw = self._draw
        path = draw.choice(_PATHS[self._door]).replace("{issuer}", self._issuer)
        if draw.random() < 0.3:
            place = draw.randrange(1, len(path) + 1)
            path = path[:place] + self._quoted() + path[place:]
        if draw.random() < 0.2:
            path += f"?container={self._quoted()}"
        host = draw.choice(_HOSTS[self._door]) if draw.random() < 0.95 else self._text()
        headers = {"Host": host}
        if self._door == "control":
            headers["X-Podrole-Lab"] = "1"
        for name in draw.sample(list(_HEADERS), draw.choice((0, 1, 1, 2))):
            headers[name] = draw.choice(_HEADERS[name]) if draw.random() < 0.4 else self._text()
        if self._door == "agent" and draw.random() < 0.6:
            headers["Authorization"] = draw.choice(hostile.texts("token"))
        body = draw.choice(hostile.flat(hostile.JSON)) if draw.random() < 0.1 else b""
        if path.endswith("/clock"):
            value = draw.choice([0.001, *hostile.flat(hostile.VALUES)])
            body = json.dumps({draw.choice(("seconds", "hours", self._text())): value}).encode()
        return WireRequest(draw.choice(_METHODS), path, headers, body)

    def _text(self) -> str:
        return self._draw.choice(hostile.texts())

    def _quoted(self) -> str:
        text = self._text()
        return text if self._draw.random() < 0.3 else quote(hostile.utf8(text), safe="~")
