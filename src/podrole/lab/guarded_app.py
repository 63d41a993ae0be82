"""The app of a door, which answers a fault of the lab's own in the shape that its clients read.

Codes: IAM API reference, "Common errors" (InternalFailure, ServiceUnavailable); S3 API
reference, "Error responses" (InternalError). Checked 2026-11-28.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

from podrole.lab.aws_error import AwsError
from podrole.lab.fault import report
from podrole.lab.kubernetes.http import api_request
from podrole.lab.kubernetes.http.internal_error import INTERNAL
from podrole.lab.kubernetes.objects.status import ApiError
from podrole.lab.metadata_modes import Silence
from podrole.lab.protocol import codec
from podrole.lab.protocol.internal_failure import failure_code
from podrole.lab.protocol.request_reader import likely_protocol

App = Callable[[dict[str, Any], Any], Iterable[bytes]]
_TEXT = "text/plain; charset=utf-8"


def guarded(door: str, app: App) -> App:
    """The app of a door (`aws`, `agent`, `metadata`, `kubernetes` or `control`, the lab's own),
    which answers its faults."""

    def guard(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        except Silence:
            raise
        except Exception as error:
            return answer(door, Request(environ), 500, report(error))(environ, start_response)

    return guard


def answer(door: str, request: Request, status: int, text: str) -> Response:
    """A failure of the lab (500, or 503 for one that goes by), in the shape that a door speaks."""
    if door == "kubernetes":
        message = f"{INTERNAL}{text}" if status == 500 else text
        return api_request.answer(ApiError(status, message).status(), status)
    if door == "aws":
        protocol = likely_protocol(request)
        code = failure_code(protocol) if status == 500 else "ServiceUnavailable"
        return codec.refusal(AwsError(code, text, status), protocol, "", "")
    return Response(f"{text}\n", status, content_type=_TEXT)
