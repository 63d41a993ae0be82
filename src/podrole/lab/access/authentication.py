"""Who signs: the caller behind a request's signature."""

from __future__ import annotations

from collections.abc import Mapping

from podrole.lab.access.iam_state import IamState
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import AssumedRole, Caller, FederatedUser, User
from podrole.lab.clock import Clock
from podrole.lab.credentials import Credentials, credentials_error
from podrole.lab.moto_adapter.iam import mark_used
from podrole.lab.protocol.canonical_request import Signed
from podrole.lab.protocol.signature import Signature, read


class Authentication:
    """Verifies signatures by the keys that the lab has issued."""

    def __init__(self, credentials: Credentials, iam: IamState, clock: Clock) -> None:
        self._credentials = credentials
        self._iam = iam
        self._clock = clock

    def caller(self, signature: Signature, protocol: str) -> Caller:
        """Who has signed.

        Raises AwsError for an unknown key, another session token than the key's, a signature that
        is too old or wrong, and an expired session, in this order (inferred: AWS publishes none).
        """
        key_id = signature.access_key_id
        session = self._credentials.session(key_id, signature.token, protocol)
        if session is not None:
            self._check(signature, session.secret_access_key, protocol)
            self._credentials.check_expiry(session, protocol)
            role = self._iam.role(session.account, session.role_name)
            # A role's sessions end with it; one that is recreated under its name has another id
            # (IAM, "IAM identifiers", unique identifiers). The refusal is inferred.
            if role is None or role.unique_id != session.role_id:
                raise credentials_error("key", protocol)
            return AssumedRole(session)
        temporary = self._credentials.user_session(key_id, signature.token, protocol)
        key = self._credentials.key(key_id)
        holder = temporary or key
        user = self._iam.user(holder.account, holder.user_name) if holder else None
        if temporary is not None and user is not None:
            self._check(signature, temporary.secret_access_key, protocol)
            self._credentials.check_expiry(temporary, protocol)
            if temporary.federation is not None:
                return FederatedUser(temporary, temporary.federation)
            return User(
                user.arn,
                temporary.account,
                user.unique_id,
                temporary.user_name,
                temporary.access_key_id,
                temporary,
            )
        if key is None or user is None:
            raise credentials_error("key", protocol)
        if signature.token is not None:
            raise credentials_error("token", protocol)
        self._check(signature, key.secret_access_key, protocol)
        now = self._clock.now()
        mark_used(key.account, key_id, signature.service, signature.region, now)
        return User(user.arn, key.account, user.unique_id, key.user_name, key_id)

    def signer(self, target: str, headers: Mapping[str, str]) -> Caller | None:
        """Who presigned a GET request of STS, None where the signature is not good."""
        protocol = "query"
        try:
            signature, _ = read(Signed("GET", target, headers, b""), protocol)
            return self.caller(signature, protocol) if signature else None
        except AwsError:
            return None

    def _check(self, signature: Signature, secret: str, protocol: str) -> None:
        now, clients = self._clock.now(), self._clock.clients()
        signature.check_age(clients if signature.near(clients) else now, protocol)
        signature.check(secret, protocol)
