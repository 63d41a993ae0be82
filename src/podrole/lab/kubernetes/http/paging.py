"""`?limit=` and `?continue=`: a list a page at a time.

Source: Kubernetes, "Kubernetes API Concepts", section "Retrieving large results sets in chunks";
texts: k8s.io/apiserver 0.37.2, `pkg/storage` (read 2026-11-29). Objects come oldest first here; the
API server's come by name.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from podrole.lab.kubernetes.objects.kinds import Object
from podrole.lab.kubernetes.objects.status import ApiError

_ENCODED_AS = "meta.k8s.io/v1"
_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start"
    " a new list without the continue parameter."
)


def page(
    found: Sequence[Object], arguments: Mapping[str, str], version: int
) -> tuple[Sequence[Object], dict[str, Any]]:
    """The objects that a request's `limit` and `continue` ask for, and the list's metadata.

    `found` are all that its selectors leave, `version` the newest that the store has. Raises
    ApiError: BadRequest for a limit or a token that is none, Expired (410) where the last object of
    the page before is gone.
    """
    meta: dict[str, Any] = {"resourceVersion": str(version)}
    limit = _limit(arguments.get("limit", ""))
    begin = 0
    if token := arguments.get("continue", ""):
        last = _last(token)
        begin = next((at for at, one in enumerate(found, 1) if _place(one) == last), 0)
        if not begin:
            raise ApiError(410, _TOO_OLD, "Expired")
    end = begin + limit if limit else len(found)
    if end < len(found):
        start = _place(found[end - 1])
        text = json.dumps({"v": _ENCODED_AS, "rv": version, "start": start})
        meta["continue"] = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        if not arguments.get("labelSelector") and not arguments.get("fieldSelector"):
            meta["remainingItemCount"] = len(found) - end
    return found[begin:end], meta


def check_version(arguments: Mapping[str, str], version: int) -> None:
    """Raise ApiError for a `resourceVersion` that is none, or that the store does not have yet."""
    text = arguments.get("resourceVersion", "")
    if not text:
        return
    if not (text.isascii() and text.isdecimal()) or len(text) > 19:
        raise ApiError(
            400,
            f'invalid resource version: resourceVersion: Invalid value: "{text}":'
            f' strconv.ParseUint: parsing "{text}": invalid syntax',
        )
    if int(text) > version:
        why = f"Timeout: Too large resource version: {int(text)}, current: {version}"
        raise ApiError(504, why, retryAfterSeconds=1)


def _limit(text: str) -> int:
    if not text:
        return 0
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 18:
        raise ApiError(400, f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return max(int(text), 0)


def _last(token: str) -> str:
    try:
        found = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        version, start = found["v"], found["start"]
    except (ValueError, binascii.Error, TypeError, KeyError) as error:
        raise ApiError(400, f"continue key is not valid: {error}") from None
    if version != _ENCODED_AS or not isinstance(start, str):
        why = f'server does not recognize this encoded version "{version}"'
        raise ApiError(400, f"continue key is not valid: {why}")
    return start


def _place(found: Object) -> str:
    metadata = found["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"
