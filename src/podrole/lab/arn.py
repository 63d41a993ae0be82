"""Amazon Resource Names: `arn:partition:service:region:account:resource`."""

from __future__ import annotations

_ACCOUNT, _PARTS = 4, 6


def account_of(arn: str) -> str:
    """The account in an ARN, empty where it names none."""
    parts = arn.split(":", _PARTS - 1)
    return parts[_ACCOUNT] if len(parts) == _PARTS else ""
