"""A fault of the lab's own: told as one at every door, with the traceback on the lab's stderr.

Codes: IAM API reference, "Common errors" (InternalFailure, ServiceUnavailable); S3 API reference,
"Error responses" (InternalError); Kubernetes, `apimachinery/pkg/api/errors` (InternalError, in the
words of NewInternalError). Checked 2026-11-28. What follows `lab:` are the lab's own words.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

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
