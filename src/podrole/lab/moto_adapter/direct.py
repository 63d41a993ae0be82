"""A request handed to moto's own function for it, without the Flask app around it.

The app routes, opens contexts and adds headers for other origins: a third of moto's part of a call,
and 4 MB (measured 2026-11-29). What is done here of it: `create_backend_app` of
`moto/moto_server/werkzeug_app.py` and `convert_to_flask_response` of `moto/core/utils.py` (5.2.5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Any

import moto.backends
from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.request import Request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, Map, Rule

from podrole.lab.request_headers import headers_of

_NO_TYPE = "text/html; charset=utf-8"


class _Request(Request):  # type: ignore[misc]
    from_wsgi_server = True

    @property
    def raw_url(self) -> str:
        """moto's own decodes and encodes the host each time."""
        query = self.environ["QUERY_STRING"]
        scheme, host = self.environ["wsgi.url_scheme"], self.environ["HTTP_HOST"]
        url = f"{scheme}://{host}{self.raw_path}"
        return f"{url}?{query}" if query else url


class _WithoutForms(_Request):
    """A request whose body is an object, whatever its type: moto would read `curl --data`'s as
    parameters of the call, and store an empty object."""

    want_form_data_parsed = False


class NoSuchPath(Exception):
    """moto has no function for the path."""


class _Regex(BaseConverter):
    """`<regex("…"):name>` in the paths of moto's services."""

    part_isolating = False

    def __init__(self, url_map: Map, pattern: str) -> None:
        super().__init__(url_map)
        self.regex = pattern


def load(service: str) -> None:
    """Import moto's modules of a service and read its paths."""
    _adapter(service)


@cache
def _adapter(service: str) -> Any:
    regions: Any = moto.backends.get_backend(service)[DEFAULT_ACCOUNT_ID]
    backend = regions["us-east-1" if "us-east-1" in regions else "aws"]
    rules = [
        Rule(path, endpoint=function, strict_slashes=False)
        for path, function in backend.flask_paths.items()
        if path
    ]
    return Map(rules, converters={"regex": _Regex}).bind("localhost")


@lru_cache(4096)
def _at(service: str, path: str) -> Callable[..., Any]:
    try:
        return _adapter(service).match(path, "GET")[0]  # type: ignore[no-any-return]
    except HTTPException as error:  # none, or a redirect to a path without two slashes
        raise NoSuchPath(path) from error


def answer(service: str, environ: dict[str, Any]) -> tuple[int, Headers, bytes]:
    """moto's answer to a WSGI request: status, headers and body. Raises NoSuchPath."""
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace") or "/"
    callback = _at(service, path)
    request = (_WithoutForms if service == "s3" else _Request)(environ)
    try:
        result = callback(request, request.raw_url, dict(headers_of(environ)))
    except ClientError as error:
        result = 400, {}, error.response["Error"]["Message"]
    except HTTPException as error:
        response = error.get_response(environ)
        return response.status_code, response.headers, response.get_data()
    status, given, content = result if len(result) == 3 else (200, {}, result)
    said = Headers(given)
    body = _bytes(content)
    if "Content-Type" not in said:
        said["Content-Type"] = _NO_TYPE
    if environ["REQUEST_METHOD"] != "HEAD" or "Content-Length" not in said:
        said["Content-Length"] = str(len(body))
    return int(status), said, body


def _bytes(content: Any) -> bytes:
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, bytes | bytearray):
        return bytes(content)
    if content is None:
        return b""
    parts: Iterable[Any] = content
    return b"".join(one.encode() if isinstance(one, str) else one for one in parts)
