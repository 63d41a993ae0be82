"""How large a session token is: session policies and tags are in it, and it has a limit.

botocore 1.44.8's model of STS: since 2026-09-14 a token has at most 4,096 bytes, and the packed
size of policies and tags has no limit of its own any more; PackedPolicySize is deprecated and tells
of the token too (checked 2026-11-28). How AWS writes a token is not public. The lab's has an inline
policy deflated, managed ones by their ARN, tags as they are, transitive keys again, all in base64.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from podrole.lab.aws_error import AwsError
from podrole.lab.services.sts.session_request import NO_TAGS, SessionTags
from podrole.policy import Policy

#: Bytes.
LARGEST = 4096


def with_content(
    token: str,
    policies: Iterable[Policy] = (),
    tags: SessionTags = NO_TAGS,
    origin: Mapping[str, str] | None = None,
    at_least: int = 0,
) -> str:
    """The token, made as long as it is with what the session carries.

    `at_least` is the call's MinimumSessionTokenSize. Raises AwsError (PackedPolicyTooLarge).
    """
    room = sum(len(item.arn) if item.arn else _deflated(item) for item in policies)
    room += sum(len(key) + len(value) for key, value in tags.tags.items())
    room += sum(len(key) for key in tags.transitive)
    room += sum(len(key) + len(value) for key, value in (origin or {}).items())
    size = max(len(token) + -(-4 * room // 3), at_least)
    if size > LARGEST:
        message = (
            f"lab: the session token would have {size:,} bytes; at most {LARGEST:,} are allowed"
        )
        raise AwsError("PackedPolicyTooLarge", message)
    more = hashlib.shake_256(token.encode()).digest(size - len(token))
    return token + base64.urlsafe_b64encode(more).decode()[: size - len(token)]


def sizes(token: str) -> dict[str, Any]:
    """What STS tells of a token: bytes, and per cent of the most that there may be."""
    utilization = -(-100 * len(token) // LARGEST)
    return {"SessionTokenSize": len(token), "SessionTokenUtilization": utilization}


def _deflated(policy: Policy) -> int:
    return len(zlib.compress(json.dumps(policy.document, separators=(",", ":")).encode(), 9))
