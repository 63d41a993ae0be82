"""Long answers a page at a time: maxResults and nextToken, or MaxResults and NextToken."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from podrole.lab.aws_error import AwsError

Item = TypeVar("Item")
_PAGE = 100
_TOKEN = re.compile(rb"lab/([0-9]{1,9})")


def page(items: Sequence[Item], parameters: Mapping[str, Any]) -> tuple[list[Item], str | None]:
    """The page that the parameters ask for, and the token of the next one.

    Raises AwsError for a token that no page has given.
    """
    size = int(parameters.get("maxResults") or parameters.get("MaxResults") or _PAGE)
    start = _start(parameters.get("nextToken") or parameters.get("NextToken"))
    end = start + size
    return list(items[start:end]), _token(end) if end < len(items) else None


def _token(position: int) -> str:
    return base64.urlsafe_b64encode(f"lab/{position}".encode()).decode()


def _start(token: str | None) -> int:
    if not token:
        return 0
    try:
        match = _TOKEN.fullmatch(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error):
        match = None
    if match is None:
        raise AwsError("InvalidParameterException", "lab: nextToken was not given by the lab")
    return int(match[1])
