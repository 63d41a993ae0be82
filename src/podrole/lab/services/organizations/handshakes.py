"""Invitations: how an account that exists joins an organization.

Source: botocore 1.44.8's model of Organizations, Handshake; Organizations user guide, "Inviting an
account" (checked 2026-11-24): an invitation is open for 15 days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from podrole.lab.access.organization import Organization
from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.services.organizations.organization_error import organization_error

_OPEN_FOR = timedelta(days=15)


@dataclass
class Handshake:
    """One invitation."""

    id: str
    organization: Organization
    account: str
    requested: datetime
    state: str = "OPEN"

    @property
    def arn(self) -> str:
        """`arn:aws:organizations::…:handshake/o-…/invite/h-…`."""
        return self.organization.arn_of("handshake", "invite", self.id)

    def described(self) -> dict[str, Any]:
        """The members of Handshake."""
        return {
            "Id": self.id,
            "Arn": self.arn,
            "Parties": [
                {"Id": self.organization.id, "Type": "ORGANIZATION"},
                {"Id": self.account, "Type": "ACCOUNT"},
            ],
            "State": self.state,
            "RequestedTimestamp": self.requested,
            "ExpirationTimestamp": self.requested + _OPEN_FOR,
            "Action": "INVITE",
            "Resources": [
                {"Type": "ORGANIZATION", "Value": self.organization.id},
                {"Type": "ACCOUNT", "Value": self.account},
            ],
        }


class Handshakes:
    """The invitations of all organizations."""

    def __init__(self, clock: Clock, identifiers: Identifiers) -> None:
        self._clock = clock
        self._identifiers = identifiers
        self._by_id: dict[str, Handshake] = {}

    def invite(self, organization: Organization, account: str) -> Handshake:
        """Invite an account. Raises AwsError (DuplicateHandshakeException)."""
        for handshake in self.of(organization=organization, account=account):
            if handshake.state == "OPEN":
                reason = f"lab: account {account} has an open invitation"
                raise organization_error("DuplicateHandshake", reason)
        identifier = f"h-{self._identifiers.lower(8)}"
        handshake = Handshake(identifier, organization, account, self._clock.now())
        self._by_id[identifier] = handshake
        return handshake

    def of(
        self, *, organization: Organization | None = None, account: str | None = None
    ) -> list[Handshake]:
        """The invitations from an organization, to an account, or both."""
        for handshake in self._by_id.values():
            over = self._clock.now() >= handshake.requested + _OPEN_FOR
            if handshake.state == "OPEN" and over:
                handshake.state = "EXPIRED"
        return [
            handshake
            for handshake in self._by_id.values()
            if organization in (None, handshake.organization)
            and account in (None, handshake.account)
        ]

    def get(self, identifier: str, account: str) -> Handshake:
        """An invitation that the account has sent or received. Raises AwsError."""
        for handshake in self.of():
            parties = (handshake.account, handshake.organization.management)
            if handshake.id == identifier and account in parties:
                return handshake
        raise organization_error("HandshakeNotFound")

    def close(self, identifier: str, account: str, state: str) -> Handshake:
        """Accept or decline (the account that was invited), or cancel (the one that has invited).

        Raises AwsError for another party, and for an invitation that is not open any more.
        """
        handshake = self.get(identifier, account)
        inviting = handshake.organization.management
        if account != (inviting if state == "CANCELED" else handshake.account):
            raise organization_error("AccessDenied")
        if handshake.state != "OPEN":
            reason = f"lab: the handshake is {handshake.state}"
            raise organization_error("InvalidHandshakeTransition", reason)
        handshake.state = state
        return handshake
