"""A fault of the lab's own: told as one at every door, with the traceback on the lab's stderr.

Codes: IAM API reference, "Common errors" (InternalFailure, ServiceUnavailable); S3 API reference,
"Error responses" (InternalError); Kubernetes, `apimachinery/pkg/api/errors` (InternalError, in the
words of NewInternalError). Checked 2026-11-28. What follows `lab:` are the lab's own words.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from werkzeug.wrappers import Request, Response

from . import wire
from .aws_error import AwsError
from .call import likely_protocol
from .kubernetes_api import api_request
from .kubernetes_api.status import ApiError

App = Callable[[dict[str, Any], Any], Iterable[bytes]]
_TEXT = "text/plain; charset=utf-8"
_INTERNAL = "Internal error occurred: "
_LONGEST = 300
_held: ContextVar[list[Exception] | None] = ContextVar("held", default=None)


@contextmanager
def held() -> Iterator[list[Exception]]:
    """The faults of the block, oldest first, in place of their tracebacks on stderr."""
    found: list[Exception] = []
    token = _held.set(found)
    try:
        yield found
    finally:
        _held.reset(token)


def report(error: Exception) -> str:
    """Print the traceback on stderr. Returns what the client is told."""
    found = _held.get()
    if found is None:
        traceback.print_exception(error, file=sys.stderr)
        sys.stderr.flush()
    else:
        found.append(error)
    return f"lab: a fault of the lab, not of the request ({said(error)}); see the lab's stderr"


def said(error: Exception) -> str:
    """The error in one line of ASCII: `KeyError: 'spec'`."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text.encode("ascii", "backslashreplace").decode()[:_LONGEST]


def aws_error(error: Exception, protocol: str) -> AwsError:
    """The fault as an error of AWS's. `protocol` is the name in botocore's models.

    What recurses without end does so over what the request has nested: that is the caller's.
    """
    if isinstance(error, RecursionError):
        return wire.too_deep(protocol)
    return AwsError(_failure(protocol), report(error), 500)


def _failure(protocol: str) -> str:
    return "InternalError" if protocol == "rest-xml" else "InternalFailure"


def api_error(error: Exception) -> ApiError:
    """The fault as the API server tells one; BadRequest for what is nested without end."""
    if isinstance(error, RecursionError):
        return ApiError(400, wire.TOO_DEEP)
    text = report(error)
    return ApiError(500, f"{_INTERNAL}{text}", causes=[{"message": text}])


def guarded(door: str, app: App) -> App:
    """The app of a door (`aws`, `agent`, `metadata`, `kubernetes` or `control`, the lab's own),
    which answers its faults."""

    def guard(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        except ConnectionError:  # the metadata service's silence at hop limit 1
            raise
        except Exception as error:
            return answer(door, Request(environ), 500, report(error))(environ, start_response)

    return guard


def answer(door: str, request: Request, status: int, text: str) -> Response:
    """A failure of the lab (500, or 503 for one that goes by), in the shape that a door speaks."""
    if door == "kubernetes":
        message = f"{_INTERNAL}{text}" if status == 500 else text
        return api_request.answer(ApiError(status, message).status(), status)
    if door == "aws":
        protocol = likely_protocol(request)
        code = _failure(protocol) if status == 500 else "ServiceUnavailable"
        return wire.refusal(AwsError(code, text, status), protocol, "", "")
    return Response(f"{text}\n", status, content_type=_TEXT)
