"""What a call of STS asks for: a role, a session's name and length, tags, a source identity.

Codes and texts: STS API reference; re:Post ("Request ARN is invalid"); localstack's recordings of
AWS of 2025-04-10 (tags) and 2025-07-21 (ARNs). Rules of tags: IAM user guide, "Pass session tags in
AWS STS" (checked 2026-11-23).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from podrole.lab.aws_error import AwsError
from podrole.lab.credentials import Session

_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_ROLE_ARN = re.compile(r"arn:aws:iam::([0-9]{12}):role/(?:.*/)?([\w+=,.@-]+)\Z")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}\Z", re.ASCII)
_DEFAULT_DURATION, _SHORTEST, _CHAINED_LONGEST = 3600, 900, 3600


def role_of(parameters: Mapping[str, Any]) -> tuple[str, str]:
    """Account and name of the role. Raises AwsError (ValidationError)."""
    match = _ROLE_ARN.match(parameters.get("RoleArn", ""))
    if match is None:
        raise AwsError("ValidationError", "Request ARN is invalid")
    return match[1], match[2]


def check_arn(parameters: Mapping[str, Any]) -> None:
    """AssumeRole names what is no ARN at all; recorded of it alone. Raises AwsError."""
    arn = parameters.get("RoleArn", "")
    if not _ARN.fullmatch(arn):
        raise AwsError("ValidationError", f"{arn} is invalid")


def session_name(parameters: Mapping[str, Any]) -> str:
    """The session's name. Raises AwsError (ValidationError)."""
    name = str(parameters.get("RoleSessionName", ""))
    if not _SESSION_NAME.match(name):
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy"
            " constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        )
    return name


def duration(parameters: Mapping[str, Any], longest: int, *, chained: bool) -> int:
    """Seconds, at most the role's own `longest`. Raises AwsError (ValidationError)."""
    seconds = int(parameters.get("DurationSeconds", _DEFAULT_DURATION))
    if seconds < _SHORTEST:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to"
            " satisfy constraint: Member must have value greater than or equal to 900",
        )
    if chained and seconds > _CHAINED_LONGEST:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed"
            " by role chaining.",
        )
    if seconds > longest:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    return seconds


def source_identity(parameters: Mapping[str, Any], caller: Session | None) -> str | None:
    """The source identity that is asked for or inherited; along a chain it cannot change.

    Raises AwsError (AccessDenied).
    """
    asked: str | None = parameters.get("SourceIdentity")
    inherited = caller.source_identity if caller else None
    if asked and inherited and asked != inherited:
        reason = f"lab: the session's source identity is {inherited} and cannot be changed"
        raise AwsError("AccessDenied", reason, 403)
    return inherited or asked


@dataclass(frozen=True)
class SessionTags:
    """The tags of a session to be, and which of them pass on to the next one of the chain."""

    tags: Mapping[str, str]
    transitive: frozenset[str]

    @classmethod
    def asked(cls, parameters: Mapping[str, Any], caller: Session | None = None) -> SessionTags:
        """The call's own tags with those that the caller's session passes on.

        Keys ignore case, as IAM's do. Raises AwsError (InvalidParameterValue).
        """
        own = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])}
        folded = {key.lower(): key for key in own}
        if len(folded) < len(parameters.get("Tags", [])):
            raise _refused(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive."
            )
        kept = caller.transitive_tags if caller else frozenset()
        inherited = {key: caller.tags[key] for key in sorted(kept)} if caller else {}
        if folded.keys() & {key.lower() for key in inherited}:
            raise _refused(
                "One of the specified transitive tag keys can't be set because it conflicts with a"
                " transitive tag key from the calling session."
            )
        named = [key.lower() for key in parameters.get("TransitiveTagKeys", [])]
        if not set(named) <= folded.keys():
            raise _refused(
                "The specified transitive tag key must be included in the requested tags."
            )
        return cls({**own, **inherited}, kept | {folded[key] for key in named})

    @property
    def context(self) -> dict[str, Any]:
        """The condition keys by which policies see them."""
        if not self.tags:
            return {}
        return {
            **{f"aws:RequestTag/{key}": value for key, value in self.tags.items()},
            "aws:TagKeys": sorted(self.tags),
            "sts:TransitiveTagKeys": sorted(self.transitive),
        }


#: Of a session that is asked for without tags.
NO_TAGS = SessionTags({}, frozenset())


def _refused(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)
