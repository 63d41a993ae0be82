"""A fault of the lab's own as the API server tells one.

Source: Kubernetes, `apimachinery/pkg/api/errors` (InternalError, in the words of
NewInternalError), checked 2026-11-28.
"""

from __future__ import annotations

from podrole.lab import nesting
from podrole.lab.fault import report
from podrole.lab.kubernetes.objects.status import ApiError

INTERNAL = "Internal error occurred: "


def api_error(error: Exception) -> ApiError:
    """The fault as the API server tells one; BadRequest for what is nested without end."""
    if isinstance(error, RecursionError):
        return ApiError(400, nesting.TOO_DEEP)
    text = report(error)
    return ApiError(500, f"{INTERNAL}{text}", causes=[{"message": text}])
