"""How long a policy may be, by AWS's counting rules.

Source: IAM user guide, "IAM and AWS STS quotas" (white space does not count); AWS Organizations
user guide, "Quotas"; Amazon S3 user guide, "Bucket policies" (checked 2026-11-23). Copies of these
pages differ on some maxima, so the default quota is what is compared.

SCPs have 10,240 characters since 2026-05-15, twice as many as before: AWS's announcement
"aws-organizations-increased-scp-quotas", named and tried in an account by aws-size's pull request
71 (secondary; the announcement itself was not read; checked 2026-11-28). RCPs: no change was seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from podrole.policy.document import Policy


@dataclass(frozen=True)
class Limit:
    """A quota: how much, of what, and where it stands."""

    most: int
    unit: str  # characters without white space, or bytes
    what: str


_WITHOUT_SPACE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_CHARACTERS = "characters without white space"
LIMITS = {
    "identity": Limit(6144, _CHARACTERS, "a managed policy"),
    "boundary": Limit(6144, _CHARACTERS, "a managed policy"),
    "trust": Limit(2048, _CHARACTERS, "a trust policy by default (8,192 on request)"),
    "session": Limit(2048, _CHARACTERS, "a session policy"),
    "scp": Limit(10240, _CHARACTERS, "a service control policy"),
    "rcp": Limit(5120, _CHARACTERS, "a resource control policy"),
    "resource": Limit(20480, "bytes", "a bucket policy or a secret's policy"),
}


def size(policy: Policy) -> int:
    """The policy's size in the unit of its kind; white space inside of texts does not count."""
    text = _WITHOUT_SPACE.encode(policy.document)
    if LIMITS[policy.kind].unit == "bytes":
        return len(text.encode("utf-8", "surrogatepass"))
    return len("".join(text.split()))


def over_limit(policy: Policy) -> str | None:
    """What is too long and by how much, None if the policy fits."""
    limit, actual = LIMITS[policy.kind], size(policy)
    if actual <= limit.most:
        return None
    return f"{actual:,} {limit.unit}; {limit.what} has at most {limit.most:,}"
