"""The keys that the lab has issued, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from podrole.lab.aws_error import AwsError
from podrole.lab.clock import Clock
from podrole.policy import Policy

_FEW = 1000


@dataclass(frozen=True)
class Session:
    """Temporary credentials of a role."""

    access_key_id: str
    secret_access_key: str
    token: str
    account: str
    role_name: str
    role_arn: str  # with the role's path
    role_id: str
    name: str
    issued: datetime
    expires: datetime
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tags: frozenset[str] = frozenset()
    source_identity: str | None = None
    policies: tuple[Policy, ...] = ()
    provider: str | None = None  # the OIDC provider's ARN, for a web identity
    chained: bool = False
    #: What GetScopedCredentials has narrowed the session to; each policy must allow.
    scope: tuple[Policy, ...] = ()
    #: Condition keys that STS has set from the identity provider's token: aws:OriginIdentity/….
    origin: Mapping[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The session's ARN; a role's path is not part of it."""
        return f"arn:aws:sts::{self.account}:assumed-role/{self.role_name}/{self.name}"

    @property
    def unique_id(self) -> str:
        """The session's id: `AROA…:NAME`."""
        return f"{self.role_id}:{self.name}"

    @property
    def variables(self) -> dict[str, str]:
        """The AWS_* variables by which a program signs with these credentials."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.token,
        }


@dataclass(frozen=True)
class Federation:
    """For whom a user asked GetFederationToken, and what that one may at most."""

    name: str
    tags: Mapping[str, str]
    policies: tuple[Policy, ...]


@dataclass(frozen=True)
class UserSession:
    """Temporary credentials of a user."""

    access_key_id: str
    secret_access_key: str
    token: str
    account: str
    user_name: str
    issued: datetime
    expires: datetime
    federation: Federation | None = None  # None: from GetSessionToken, for the user itself


def issued(session: Session | UserSession) -> dict[str, Any]:
    """The member `Credentials` of STS's answers."""
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.token,
        "Expiration": session.expires,
    }


@dataclass(frozen=True)
class AccessKey:
    """A user's long-lived key."""

    access_key_id: str
    secret_access_key: str
    account: str
    user_name: str
    active: bool = True


class Credentials:
    """All keys that the lab has handed out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._look_again = _FEW
        self._user_sessions: dict[str, UserSession] = {}
        self._keys: dict[str, AccessKey] = {}

    def add_session(self, session: Session) -> None:
        """Remember a session; it answers until it expires."""
        self._sessions[session.access_key_id] = session
        if len(self._sessions) >= self._look_again:
            # For a day after its end AWS still says of a key that it has expired.
            gone = self._clock.now() - timedelta(days=1)
            self._sessions = {key: one for key, one in self._sessions.items() if one.expires > gone}
            self._look_again = max(_FEW, 2 * len(self._sessions))

    def add_user_session(self, session: UserSession) -> None:
        """Remember a user's temporary credentials."""
        self._user_sessions[session.access_key_id] = session

    def account_of(self, access_key_id: str) -> str | None:
        """The account of any key that the lab has handed out, expired or switched off ones too."""
        kept: Iterable[Mapping[str, Session | UserSession | AccessKey]] = (
            self._sessions,
            self._user_sessions,
            self._keys,
        )
        return next((keys[access_key_id].account for keys in kept if access_key_id in keys), None)

    def add_key(self, key: AccessKey) -> None:
        """Remember a user's access key."""
        self._keys[key.access_key_id] = key

    def set_active(self, access_key_id: str, active: bool) -> None:
        """Switch a key off (deleted or Inactive) or on again."""
        if access_key_id in self._keys:
            self._keys[access_key_id] = replace(self._keys[access_key_id], active=active)

    def rename_user(self, account: str, name: str, new_name: str) -> None:
        """A user keeps its keys under another name."""
        for key in list(self._keys.values()):
            if (key.account, key.user_name) == (account, name):
                self._keys[key.access_key_id] = replace(key, user_name=new_name)
        for session in list(self._user_sessions.values()):
            if (session.account, session.user_name) == (account, name):
                renamed = replace(session, user_name=new_name)
                self._user_sessions[session.access_key_id] = renamed

    def key(self, access_key_id: str) -> AccessKey | None:
        """The active key of that id."""
        key = self._keys.get(access_key_id)
        return key if key and key.active else None

    def session(self, access_key_id: str, token: str | None, protocol: str) -> Session | None:
        """The session of a temporary key, None where the id is no session's.

        Raises AwsError for another token than its own, in the words of `protocol`.
        """
        session = self._sessions.get(access_key_id)
        if session is None:
            return None
        if token != session.token:
            raise credentials_error("token", protocol)
        return session

    def user_session(
        self, access_key_id: str, token: str | None, protocol: str
    ) -> UserSession | None:
        """A user's temporary credentials, None where the id is of no such ones.

        Raises AwsError for another token than their own, in the words of `protocol`.
        """
        session = self._user_sessions.get(access_key_id)
        if session is not None and token != session.token:
            raise credentials_error("token", protocol)
        return session

    def check_expiry(self, session: Session | UserSession, protocol: str) -> None:
        """Raise AwsError after the session's end."""
        if self._clock.now() >= session.expires:
            raise credentials_error("expired", protocol)


# IAM and STS, "Common errors"; S3, "Error responses"; the JSON services' texts as their users
# report them (cited). Checked 2026-11-23.
_INVALID = "The security token included in the request is invalid."
_EXPIRED = "The security token included in the request is expired"
_ERRORS = {
    ("key", "query"): ("InvalidClientTokenId", _INVALID, 403),
    ("token", "query"): ("InvalidClientTokenId", _INVALID, 403),
    ("expired", "query"): ("ExpiredToken", _EXPIRED, 403),
    ("key", "rest-xml"): (
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        403,
    ),
    ("token", "rest-xml"): (
        "InvalidToken",
        "The provided token is malformed or otherwise invalid.",
        400,
    ),
    ("expired", "rest-xml"): ("ExpiredToken", "The provided token has expired.", 400),
    ("key", "json"): ("UnrecognizedClientException", _INVALID, 400),
    ("token", "json"): ("UnrecognizedClientException", _INVALID, 400),
    ("expired", "json"): ("ExpiredTokenException", _EXPIRED, 400),
    ("key", "rest-json"): ("UnrecognizedClientException", _INVALID, 403),
    ("token", "rest-json"): ("UnrecognizedClientException", _INVALID, 403),
    ("expired", "rest-json"): ("ExpiredTokenException", _EXPIRED, 403),
}


def credentials_error(fault: str, protocol: str) -> AwsError:
    """The refusal of an unknown `key`, a wrong `token` or an `expired` session."""
    return AwsError(*_ERRORS[fault, protocol])
