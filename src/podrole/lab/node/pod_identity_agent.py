"""The Pod Identity Agent: `GET /v1/credentials` with the pod's token in `Authorization`.

Statuses, bodies and caching read from aws/eks-pod-identity-agent v0.1.37 (2026-03-17).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from podrole.lab.aws_error import AwsError
from podrole.lab.clock import Clock, stamp
from podrole.lab.oidc.issuer import Token, TokenError
from podrole.lab.throttle import Throttle

ADDRESSES = ("169.254.170.23", "fd00:ec2::23")
#: Where the lab's agent listens for programs outside this process.
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TEXT = "text/plain; charset=utf-8"
_REFRESH_AFTER = timedelta(hours=3)
_CACHE_SIZE = 2000
#: Errors after which the agent forgets what it had; others leave the old credentials in use.
_FINAL = {
    "ResourceNotFoundException",
    "ExpiredTokenException",
    "InvalidTokenException",
    "AccessDeniedException",
}


@dataclass(frozen=True)
class _Entry:
    body: dict[str, Any]
    fetched: datetime
    expires: datetime


class Agent:
    """The agent of every node: one cache, keyed by token."""

    def __init__(
        self,
        clock: Clock,
        assume: Callable[[str], dict[str, Any]],
        request_id: Callable[[], str],
        throttle: Throttle,
    ) -> None:
        """`assume(token)` calls EKS Auth with the node's role; it raises AwsError."""
        self._clock = clock
        self._assume = assume
        self._request_id = request_id
        self._throttle = throttle
        self._cache: dict[str, _Entry] = {}

    def answer(self, request: Request) -> Response:
        """What the agent answers."""
        if "agent" in self._throttle.spent:
            return Response("Too Many Requests\n", 429, content_type=_TEXT)
        host = (urlsplit(f"//{request.host}").hostname or "").rstrip(".")
        if host not in (*ADDRESSES, *_LOOPBACK):
            known = " ".join(ADDRESSES)
            text = (
                "Access Denied. Called agent through invalid address, please use either"
                f" [{known}] address not {request.host}\n"
            )
            return Response(text, 403, content_type=_TEXT)
        if request.path != "/v1/credentials":
            return Response("404 page not found\n", 404, content_type=_TEXT)
        token = request.headers.get("Authorization", "")
        status, content_type, body = self._credentials(token)
        return Response(body, status, content_type=content_type)

    def _credentials(self, token: str) -> tuple[int, str, str]:
        """Status, content type and body for a pod's token."""
        fault = self._unreadable(token)
        if fault:
            return 400, _TEXT, f"{fault}\n"
        entry = self._cache.get(token)
        now = self._clock.now()
        if entry is None or now >= min(entry.fetched + _REFRESH_AFTER, entry.expires):
            try:
                entry = self._fetch(token)
            except AwsError as error:
                if error.code in _FINAL:
                    self._cache.pop(token, None)
                    entry = None
                if entry is None or now >= entry.expires:
                    text = (
                        f"[{self._request_id()}]: ({error.code}): {error.message}, fault: client\n"
                    )
                    return error.status, _TEXT, text
        return 200, "application/json", json.dumps(entry.body)

    def _fetch(self, token: str) -> _Entry:
        answer = self._assume(token)
        credentials = answer["credentials"]
        body = {
            "AccessKeyId": credentials["accessKeyId"],
            "SecretAccessKey": credentials["secretAccessKey"],
            "Token": credentials["sessionToken"],
            "AccountId": answer["assumedRoleUser"]["arn"].split(":")[4],
            "Expiration": stamp(credentials["expiration"]),
        }
        if len(self._cache) >= _CACHE_SIZE:
            del self._cache[next(iter(self._cache))]
        entry = _Entry(body, self._clock.now(), credentials["expiration"])
        self._cache[token] = entry
        return entry

    def _unreadable(self, text: str) -> str | None:
        """What the agent says of a token before it asks EKS Auth."""
        if not text:
            return "Service account token cannot be empty"
        try:
            token = Token.read(text)
        except TokenError as error:
            return f"Service account token cannot be parsed: {error}"
        now = self._clock.timestamp()
        claims = "Service account token failed basic claim validations"
        if now >= (token.seconds("exp") or 0):
            return f"{claims}: token is expired"
        if now < (token.seconds("nbf") or 0):
            return f"{claims}: token is not valid yet"
        return None
