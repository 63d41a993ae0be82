"""Who may speak to a door: programs of this machine, and no web page in a browser on it.

A page of any site can send requests to the loopback. It has no keys, but whatever needs none, and
whatever a link carries (a presigned URL), would be its to use. Browsers say in headers that no page
can change where a request comes from: Fetch standard, "Origin header" and W3C "Fetch Metadata
Request Headers" (checked 2026-11-28). No SDK and no kubectl sends either.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

HOST = "127.0.0.1"
_LOOPBACK_NAMES = {"127.0.0.1", "localhost", "[::1]"}
_PLAIN = re.compile(r"[a-z0-9.-]+:[0-9]+")
_CROSS_ORIGIN = "access-control-"
App = Callable[..., Any]


def guarded(app: App) -> App:
    """The app, behind both guards. They look at headers alone: no body is read, no lock taken."""
    return loopback_only(no_web_pages(app))


def loopback_only(app: App) -> App:
    """Refuse a Host that is no name of this machine: a web page's DNS must not lead here."""

    def guard(environ: dict[str, Any], start_response: Any) -> Any:
        if not _is_loopback(_host(environ)):
            return _refused(f"the lab answers to {HOST}, not to this host", environ, start_response)
        return app(environ, start_response)

    return guard


def no_web_pages(app: App) -> App:
    """Refuse what a page sends, a page of the lab's own S3 too, and invite none to read answers.

    What a reader types into the address bar passes: `Sec-Fetch-Site: none` and no `Origin`.
    """

    def guard(environ: dict[str, Any], start_response: Any) -> Any:
        # Another port of this machine is the same site, and a GET of an image has no Origin.
        site = environ.get("HTTP_SEC_FETCH_SITE", "none")
        if "HTTP_ORIGIN" in environ or site != "none":
            return _refused("lab: no web page may use it, and one asks", environ, start_response)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            # moto's apps answer for every origin.
            kept = [pair for pair in headers if not pair[0].lower().startswith(_CROSS_ORIGIN)]
            return start_response(status, kept, *more)

        return app(environ, start)

    return guard


def _host(environ: dict[str, Any]) -> str:
    """The host that a request names; a name alone is read by werkzeug."""
    host: str = environ.get("HTTP_HOST", "")
    return host if _PLAIN.fullmatch(host) else Request(environ).host


def _refused(text: str, environ: dict[str, Any], start_response: Any) -> Any:
    # Whoever is refused here gets no second try on the connection.
    return Response(f"{text}\n", 403, {"Connection": "close"})(environ, start_response)


def _is_loopback(host: str) -> bool:
    name = host if host.endswith("]") else re.sub(r":[0-9]*\Z", "", host)
    # `.localhost` is the machine's own by RFC 6761: S3 clients put the bucket's name before it.
    return name.lower() in _LOOPBACK_NAMES or name.lower().endswith(".localhost")
