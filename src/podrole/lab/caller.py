"""Who makes a call: the three kinds of principal that sign, and the two that do not.

IAM user guide, "AWS JSON policy elements: Principal" and "AWS global condition context keys",
aws:PrincipalType and aws:userid; CloudTrail user guide, "CloudTrail userIdentity element", for the
ids of web identities (checked 2026-11-28).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from podrole.lab.credentials import Federation, Session, UserSession


@dataclass(frozen=True)
class AssumedRole:
    """A session of a role."""

    session: Session

    @property
    def arn(self) -> str:
        """The session's ARN."""
        return self.session.arn

    @property
    def account(self) -> str:
        """The role's account, 12 digits."""
        return self.session.account

    @property
    def unique_id(self) -> str:
        """`aws:userid`: `AROA…:NAME`."""
        return self.session.unique_id

    @property
    def name(self) -> str:
        """The session's name."""
        return self.session.name

    @property
    def access_key_id(self) -> str:
        """The key that signs."""
        return self.session.access_key_id

    @property
    def principal_arn(self) -> str:
        """`aws:PrincipalArn`: the role's ARN."""
        return self.session.role_arn


@dataclass(frozen=True)
class User:
    """A user, by a long-lived key or by the temporary credentials of GetSessionToken."""

    arn: str
    account: str
    unique_id: str  # `AIDA…`
    name: str
    access_key_id: str
    session: UserSession | None = None  # None: by a long-lived key

    @property
    def principal_arn(self) -> str:
        """`aws:PrincipalArn`: the user's ARN."""
        return self.arn


@dataclass(frozen=True)
class FederatedUser:
    """Someone to whom a user gave the credentials of GetFederationToken."""

    session: UserSession
    federation: Federation

    @property
    def name(self) -> str:
        """The federated user's name."""
        return self.federation.name

    @property
    def arn(self) -> str:
        """`arn:aws:sts::ACCOUNT:federated-user/NAME`."""
        return f"arn:aws:sts::{self.account}:federated-user/{self.name}"

    @property
    def account(self) -> str:
        """The user's account, 12 digits."""
        return self.session.account

    @property
    def unique_id(self) -> str:
        """`aws:userid`: `ACCOUNT:NAME`."""
        return f"{self.account}:{self.name}"

    @property
    def access_key_id(self) -> str:
        """The key that signs."""
        return self.session.access_key_id

    @property
    def principal_arn(self) -> str:
        """`aws:PrincipalArn`: the federated user's ARN."""
        return self.arn


@dataclass(frozen=True)
class WebIdentity:
    """Someone whose proof is a token of an OIDC provider."""

    arn: str  # the provider's
    provider: str  # how the provider's condition keys begin: its URL without https://
    audience: str
    subject: str
    #: What the provider's context provider makes of the token: aws:OriginIdentity/… of the session.
    origin: Mapping[str, str] = field(default_factory=dict)

    @property
    def unique_id(self) -> str:
        """CloudTrail's principalId: provider, audience and subject."""
        return f"{self.arn}:{self.audience}:{self.subject}"

    @property
    def name(self) -> str:
        """The token's subject."""
        return self.subject


@dataclass(frozen=True)
class AwsService:
    """A service principal, which acts for a resource of some account."""

    name: str  # for example `pods.eks.amazonaws.com`
    source_arn: str  # the resource's
    source_account: str

    @property
    def arn(self) -> str:
        """A service principal has no ARN: policies name it by its name."""
        return self.name

    @property
    def unique_id(self) -> str:
        """A service principal has no id either."""
        return self.name


#: A principal that signs its calls.
Caller = AssumedRole | User | FederatedUser
#: A principal whose wish policies decide.
Principal = Caller | WebIdentity | AwsService
