"""Sessions of roles: the credentials that come of a role that someone may become."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from podrole.lab.access.iam_state import Entity
from podrole.lab.arn import account_of
from podrole.lab.clock import Clock
from podrole.lab.credentials import Credentials, Session
from podrole.lab.identifiers import Identifiers
from podrole.lab.seed import Seed
from podrole.lab.services.sts.session_request import NO_TAGS, SessionTags
from podrole.lab.services.sts.session_token import with_content
from podrole.policy import Policy


class RoleSessions:
    """Makes sessions; who may have one is decided before."""

    def __init__(self, credentials: Credentials, clock: Clock, seed: Seed) -> None:
        self.credentials = credentials
        self.clock = clock
        self.identifiers = Identifiers(seed, "sts")
        #: Where a role's session ends at the latest, whatever was asked for; None: as AWS has it.
        self.longest: timedelta | None = None

    def issue(
        self,
        role: Entity,
        *,
        name: str,
        seconds: int,
        tags: SessionTags = NO_TAGS,
        source_identity: str | None = None,
        policies: tuple[Policy, ...] = (),
        provider: str | None = None,
        chained: bool = False,
        token_size: int = 0,
        origin: Mapping[str, str] | None = None,
    ) -> Session:
        """A new session of a role.

        `name` is the session's, `policies` its session policies, `provider` the ARN of the OIDC
        provider for a web identity; `chained` where another role's session becomes this one. The
        token has `token_size` bytes at least; `origin` are condition keys of it. Raises AwsError
        (PackedPolicyTooLarge).
        """
        now = self.clock.now()
        life = timedelta(seconds=seconds)
        session = Session(
            access_key_id=self.identifiers.unique_id("ASIA"),
            secret_access_key=self.identifiers.secret_access_key(),
            token=with_content(
                self.identifiers.session_token(), policies, tags, origin, token_size
            ),
            account=account_of(role.arn),
            role_name=role.name,
            role_arn=role.arn,
            role_id=role.unique_id,
            name=name,
            issued=now,
            expires=now + (life if self.longest is None else min(life, self.longest)),
            tags=tags.tags,
            transitive_tags=tags.transitive,
            source_identity=source_identity,
            policies=policies,
            provider=provider,
            chained=chained,
            origin=origin or {},
        )
        self.credentials.add_session(session)
        return session
