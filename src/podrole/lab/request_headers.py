"""The headers of a WSGI request: each name is worked out once, not at each request."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

_OWN = ("CONTENT_TYPE", "CONTENT_LENGTH")


def headers_of(environ: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names, as werkzeug spells them (`X-Amz-Date`), and values."""
    return [
        (_name(key), value)
        for key, value in environ.items()
        if (key.startswith("HTTP_") and key[5:] not in _OWN) or (key in _OWN and value)
    ]


@lru_cache(1024)
def _name(key: str) -> str:
    return key.removeprefix("HTTP_").replace("_", "-").title()
