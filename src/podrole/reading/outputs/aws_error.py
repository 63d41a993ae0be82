"""Error texts of the AWS CLI and of kubectl, where an answer should be."""

from __future__ import annotations

import re
from typing import Any

_AWS = re.compile(
    r"An error occurred \((?P<code>[\w.]+)\)(?: when calling the (?P<operation>\w+) operation)?"
    r"(?: \(reached max retries: [0-9]+\))?:? ?(?P<message>.*)",
    re.DOTALL,
)
_KUBECTL = re.compile(r"Error from server(?: \((?P<code>\w+)\))?: (?P<message>.*)", re.DOTALL)


def error_tree(text: str) -> dict[str, Any]:
    """`{"Error": {"Code": …, "Operation": …, "Message": …}}`, each a text, empty if not told.

    Source: botocore's `ClientError.MSG_TEMPLATE`, kubectl's `checkErr` (read 2026-11-28).
    """
    said = " ".join(text.split())
    found = _AWS.search(said) or _KUBECTL.search(said)
    named = found.groupdict() if found else {"message": said}
    return {
        "Error": {
            "Code": named.get("code") or "",
            "Operation": named.get("operation") or "",
            "Message": named.get("message") or "",
        }
    }
