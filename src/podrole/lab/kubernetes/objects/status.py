"""The API server's refusals: `Status` objects, in Kubernetes' own words.

Source: Kubernetes, `apimachinery/pkg/api/errors` and "Kubernetes API Concepts" (2026-11-24).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from podrole.lab.kubernetes.objects.kinds import Kind

_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    406: "NotAcceptable",
    410: "Expired",
    413: "RequestEntityTooLarge",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    501: "NotImplemented",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class ApiError(Exception):
    """A refusal of the API server."""

    def __init__(self, code: int, message: str, reason: str = "", **details: Any) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        self.reason = reason or _REASONS[code]
        self.details = details

    def status(self) -> dict[str, Any]:
        """The `Status` object."""
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,
            "code": self.code,
        }


def not_found(kind: Kind, name: str) -> ApiError:
    """There is no object of that name."""
    return ApiError(404, f'{kind.resource} "{name}" not found', name=name, kind=kind.plural)


def already_exists(kind: Kind, name: str) -> ApiError:
    """There is one of that name."""
    return ApiError(
        409,
        f'{kind.resource} "{name}" already exists',
        "AlreadyExists",
        name=name,
        kind=kind.plural,
    )


def conflict(kind: Kind, name: str, why: str, *, by_kind: bool = False) -> ApiError:
    """The object is not as the client took it to be; `by_kind` names `Pod`, not `pods`."""
    shown = kind.name if by_kind else kind.plural
    resource = f"{shown}.{kind.group}" if kind.group else shown
    said = f'Operation cannot be fulfilled on {resource} "{name}": {why}'
    return ApiError(409, said, name=name, kind=shown)


def invalid(kind: Kind, name: str, place: str, why: str) -> ApiError:
    """The object cannot be stored; `why` begins with Kubernetes' word, as `Required value`."""
    return invalid_in(kind, name, [(place, why)])


def invalid_in(kind: Kind, name: str, faults: Sequence[tuple[str, str]]) -> ApiError:
    """The object cannot be stored, for each field and reason; see `invalid`."""
    resource = f"{kind.name}.{kind.group}" if kind.group else kind.name
    said = list(dict.fromkeys(f"{place}: {why}" for place, why in faults))
    shown = said[0] if len(said) == 1 else f"[{', '.join(said)}]"
    return ApiError(
        422,
        f'{resource} "{name}" is invalid: {shown}',
        name=name,
        kind=kind.name,
        causes=[{"field": place, "message": why} for place, why in faults],
    )


def forbidden(kind: Kind, name: str, why: str) -> ApiError:
    """Admission or RBAC says no."""
    shown = f'{kind.resource} "{name}"' if name else kind.resource
    return ApiError(403, f"{shown} is forbidden: {why}", name=name, kind=kind.plural)
