"""GetScopedCredentials: a session narrows what it may do, without a second role.

botocore 1.44.8's model of STS, since 2026-11-19. What it does not say is the lab's own: that a
caller needs sts:GetScopedCredentials, that aws:TokenIssueTime stays, and each text (`lab:`). Users'
and federated users' sessions may call it at AWS; the lab carries roles' (checked 2026-11-28).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from podrole.lab.access.iam_state import IamState
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import AssumedRole, Caller, User
from podrole.lab.credentials import Session, issued
from podrole.lab.protocol.call import Call
from podrole.lab.services.sts.role_sessions import RoleSessions
from podrole.lab.services.sts.session_policies import session_policies
from podrole.lab.services.sts.session_request import SessionTags
from podrole.lab.services.sts.session_token import sizes, with_content

_MOST_LAYERS = 3


class ScopedCredentials:
    """Makes sessions of sessions."""

    def __init__(self, iam: IamState, sessions: RoleSessions) -> None:
        """`sessions` has the clock, the identifiers and the place for what comes of it."""
        self._iam = iam
        self._credentials = sessions.credentials
        self._clock = sessions.clock
        self._identifiers = sessions.identifiers

    def get(self, call: Call, caller: Caller) -> dict[str, Any]:
        """The operation. Raises AwsError as the model lists them."""
        session = _session(caller)
        parameters = call.parameters
        if "Policy" not in parameters and "DurationSeconds" not in parameters:
            raise AwsError("ValidationError", "lab: give Policy, DurationSeconds, or both")
        scope = (*session.scope, *session_policies(parameters, session.account, self._iam))
        if len(scope) > _MOST_LAYERS:
            reason = f"lab: a session has at most {_MOST_LAYERS} scope-down policies"
            raise AwsError("AccessDenied", reason, 403)
        scoped = replace(
            session,
            access_key_id=self._identifiers.unique_id("ASIA"),
            secret_access_key=self._identifiers.secret_access_key(),
            token=with_content(
                self._identifiers.session_token(),
                (*session.policies, *scope),
                SessionTags(session.tags, session.transitive_tags),
                session.origin,
                int(parameters.get("MinimumSessionTokenSize", 0)),
            ),
            expires=self._end(session, parameters.get("DurationSeconds")),
            scope=scope,
        )
        self._credentials.add_session(scoped)
        return {
            "Credentials": issued(scoped),
            "SessionInfo": {"ScopedSessionId": scoped.unique_id, "Arn": scoped.arn},
            "ScopedPoliciesCount": len(scope),
            "SourceIdentity": scoped.source_identity,
            **sizes(scoped.token),
        }

    def _end(self, session: Session, seconds: int | None) -> Any:
        if seconds is None:
            return session.expires
        end = self._clock.now() + timedelta(seconds=int(seconds))
        if end > session.expires:
            left = int((session.expires - self._clock.now()).total_seconds())
            reason = (
                f"lab: the calling session has {left:,} seconds left, and {seconds:,} are asked for"
            )
            raise AwsError("InsufficientSessionLifetime", reason)
        return end


def _session(caller: Caller) -> Session:
    if isinstance(caller, AssumedRole):
        return caller.session
    if isinstance(caller, User) and caller.session is None:
        reason = "lab: a user's long-lived key is not a session; call GetSessionToken first"
        raise AwsError("InvalidSubjectCredentials", reason)
    raise AwsError("NotImplemented", "lab: scoped credentials of users' sessions", 501)
