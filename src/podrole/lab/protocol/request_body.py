"""A request's body: whole and within its limit before anyone waits for it, and read once."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, Generic, TypeVar

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from podrole.request_syntax import BrokenChunks

App = Callable[..., Any]
_FEW = 64 * 1024
Read = TypeVar("Read")


class BodyLimit:
    """How large a door's bodies may be, and what it says of larger ones. As it stands: small."""

    def largest(self, request: Request) -> int:
        """The most bytes that a request may send; its headers are all that is known of it."""
        return _FEW

    def refusal(self, request: Request, largest: int) -> Response:
        """The answer to a larger one."""
        return Response(f"lab: a body has at most {largest} bytes here\n", 413)


def whole_bodies(app: App, limit: BodyLimit) -> App:
    """Read each request's body to its end before the app takes a lock and all others wait.

    One that is too large, breaks off or is encoded in no way known is refused.
    """

    def reading(environ: dict[str, Any], start_response: Any) -> Any:
        if (body := _small(environ)) is not None:
            rewind(environ, body)
            return app(environ, start_response)
        request = Request(environ)
        largest = limit.largest(request)
        # One more: of chunks beyond the maximum werkzeug (3.1.9) gives what fits, without an error.
        request.max_content_length = largest + 1
        too_large = (request.content_length or 0) > largest
        try:
            body = b"" if too_large else request.get_data(cache=False)
        except BrokenChunks as error:
            return Response(f"lab: {error}\n", 400)(environ, start_response)
        except HTTPException as error:
            text = f"lab: {error.description}\n"
            return Response(text, error.code)(environ, start_response)
        if too_large or len(body) > largest:
            return limit.refusal(request, largest)(environ, start_response)
        rewind(environ, body)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return app(environ, start_response)

    return reading


def _small(environ: dict[str, Any]) -> bytes | None:
    """A body that every door takes, whole; None for another one, which takes longer to judge."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if "HTTP_TRANSFER_ENCODING" in environ or not length.isdecimal() or int(length) > _FEW:
        return None
    size = int(length)
    body: bytes = environ["wsgi.input"].read(size) if size else b""
    if len(body) == size:
        return body
    environ["wsgi.input"] = BytesIO(body)  # it breaks off, which is told below
    return None


def rewind(environ: dict[str, Any], body: bytes) -> None:
    """Let the next reader of a request find its body from the beginning."""
    environ["wsgi.input"] = BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))


class Reading(Generic[Read]):
    """What was made of a body, or the error that came of it: told when it is asked for.

    A body is read before the lock is taken, and what came of it counts under the lock.
    """

    def __init__(self, read: Callable[[], Read]) -> None:
        self._error: Exception | None = None
        try:
            self._found = read()
        except Exception as error:
            self._error = error

    def get(self) -> Read:
        """What was read. Raises what the reading raised."""
        if self._error is not None:
            raise self._error
        return self._found


def read_ahead(environ: dict[str, Any], key: str, read: Callable[[], Any]) -> None:
    """Keep what `read()` makes of a request's body, under the key; the body stays readable."""
    data: bytes = environ["wsgi.input"].read()
    rewind(environ, data)
    environ[key] = Reading(read)
    rewind(environ, data)
