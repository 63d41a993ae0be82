"""The Pod Identity Agent: `GET /v1/credentials` with the pod's token in `Authorization`.

Statuses, headers and bodies as aws/eks-pod-identity-agent d4dc0f3 (0.1.37) answers, run on
2026-11-29; its cache was read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from http import HTTPStatus
from posixpath import normpath
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from podrole.lab.aws_error import AwsError
from podrole.lab.clock import Clock, stamp
from podrole.lab.eks_auth_states import SECONDS, TAKES, Unreached
from podrole.lab.loopback_hosts import LOOPBACK_HOSTS
from podrole.lab.node.agent_token import fault_of
from podrole.lab.node_addresses import AGENT_ADDRESSES
from podrole.lab.throttle import Throttle, TokenBucket

_TEXT = "text/plain; charset=utf-8"
_REFRESH_AFTER = timedelta(hours=3)
#: Credentials that end sooner are fetched again, whatever EKS Auth says.
_LEAST_LEFT = timedelta(seconds=15)
_CACHE_SIZE = 2000
#: Requests a second, and at once.
_RATE, _BURST = 1000, 500
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
    #: From when on the agent does not hand them out.
    ends: datetime


class _ShortLived(Exception):
    """EKS Auth has sent credentials that end too soon to be handed out."""


class Agent:
    """The agent of every node: one cache, keyed by token."""

    def __init__(
        self,
        clock: Clock,
        assume: Callable[[str], dict[str, Any]],
        request_id: Callable[[], str],
        throttle: Throttle,
    ) -> None:
        """`assume(token)` calls EKS Auth with the node's role; it raises AwsError and Unreached."""
        self._clock = clock
        self._assume = assume
        self._request_id = request_id
        self._throttle = throttle
        self._bucket = TokenBucket(clock, rate=_RATE, burst=_BURST)
        self._cache: dict[str, _Entry] = {}

    def answer(self, request: Request) -> Response:
        """What the agent answers. If that takes it a while, TAKES in the request's environment
        says how long."""
        path = request.environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        if (clean := _clean(path)) != path:
            return _redirect(request, clean)
        if path != "/v1/credentials":
            return _refusal(404, "404 page not found")
        if not self._bucket.allows() or "agent" in self._throttle.spent:
            return _refusal(429, "Too Many Requests")
        host = _host(request.environ.get("HTTP_HOST", ""))
        if host not in (*AGENT_ADDRESSES, *LOOPBACK_HOSTS):
            known = " ".join(AGENT_ADDRESSES)
            text = (
                "Access Denied. Called agent through invalid address, please use either"
                f" [{known}] address not {host}"
            )
            return _refusal(403, text)
        token = request.headers.get("Authorization", "").strip(" \t")
        fault = fault_of(token, self._clock.timestamp())
        return _refusal(400, fault) if fault else self._credentials(token, request.environ)

    def _credentials(self, token: str, environ: dict[str, Any]) -> Response:
        entry = self._cache.get(token)
        now = self._clock.now()
        if entry is None or now >= min(entry.fetched + _REFRESH_AFTER, entry.ends):
            try:
                entry = self._fetch(token)
            except _ShortLived as error:
                return _refusal(500, str(error))
            except Unreached as error:
                if entry is None or now >= entry.ends:
                    environ.setdefault(TAKES, []).append(SECONDS[str(error)])
                    return _refusal(500, "[]")
            except AwsError as error:
                if error.code in _FINAL:
                    self._cache.pop(token, None)
                    entry = None
                if entry is None or now >= entry.ends:
                    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
                        environ.setdefault(TAKES, []).append(SECONDS["throttled"])
                    said = f"({error.code}): {error.message}, fault: client"
                    return _refusal(error.status, f"[{self._request_id()}]: {said}")
        body = json.dumps(entry.body, separators=(",", ":"))
        return Response(body, content_type="application/json")

    def _fetch(self, token: str) -> _Entry:
        answer = self._assume(token)
        credentials = answer["credentials"]
        left: timedelta = credentials["expiration"] - self._clock.now()
        if left <= _LEAST_LEFT:
            raise _ShortLived(
                "fetched credentials are expired or will expire within the next"
                f" {left.total_seconds():.2f} seconds"
            )
        body = {
            "AccessKeyId": credentials["accessKeyId"],
            "SecretAccessKey": credentials["secretAccessKey"],
            "Token": credentials["sessionToken"],
            "AccountId": answer["assumedRoleUser"]["arn"].split(":")[4],
            "Expiration": stamp(credentials["expiration"]),
        }
        if len(self._cache) >= _CACHE_SIZE:
            del self._cache[next(iter(self._cache))]
        entry = _Entry(body, self._clock.now(), credentials["expiration"] - _LEAST_LEFT)
        self._cache[token] = entry
        return entry


def _clean(path: str) -> str:
    """The path that Go's ServeMux sends a client to: without dots and doubled slashes."""
    found = "/" + normpath(path).lstrip("/")
    return f"{found}/" if path.endswith("/") and found != "/" else found


def _redirect(request: Request, path: str) -> Response:
    query = request.query_string.decode("latin-1")
    place = quote(path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")
    response = Response("", 307, {"Location": place})
    response.autocorrect_location_header = False
    del response.headers["Content-Type"]
    if request.method in ("GET", "HEAD"):
        response.content_type = "text/html; charset=utf-8"
        response.set_data(f'<a href="{escape(place)}">Temporary Redirect</a>.\n\n')
    return response


def _host(header: str) -> str:
    """The host that a client has named, without its port and the brackets of IPv6."""
    host, colon, port = header.rpartition(":")
    if colon and port.isdecimal() and (":" not in host or host.endswith("]")):
        header = host
    return header[1:-1] if header.startswith("[") and header.endswith("]") else header


def _refusal(status: int, text: str) -> Response:
    """As Go's `http.Error` writes one."""
    headers = {"X-Content-Type-Options": "nosniff"}
    return Response(f"{text}\n", status, headers, content_type=_TEXT)
