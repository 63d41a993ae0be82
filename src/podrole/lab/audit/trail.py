"""The records of a lab: one a call, whether anyone asks for them or not."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from podrole.lab.audit.events import Events
from podrole.lab.audit.record import record_of
from podrole.lab.audit.user_identity import other_account
from podrole.lab.aws_error import AwsError
from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.protocol.call import Call
from podrole.lab.seed import Seed

#: The newest records stay: a lab that serves for days must not grow for days.
_KEPT = 20_000


class Trail:
    """The records of a lab, oldest first, by account."""

    def __init__(self, clock: Clock, seed: Seed) -> None:
        self._clock = clock
        self._identifiers = Identifiers(seed, "trail")
        self._records: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        #: Told of each record: the trails that deliver them.
        self.listeners: list[Callable[[dict[str, Any]], None]] = []

    def record(
        self,
        call: Call,
        identity: Mapping[str, Any],
        account: str,
        events: Events,
        *,
        error: AwsError | None = None,
        result: Mapping[str, Any] | None = None,
        owner: str | None = None,
    ) -> None:
        """Write one record. `identity` is the element userIdentity, `events` are the service's.

        `owner`: the account whose resource the call was on. It gets the record too, without the
        caller's name, and `sharedEventID` ties the two (CloudTrail user guide, "CloudTrail record
        contents").
        """
        now = self._clock.now()

        def made(identity: Mapping[str, Any], account: str) -> dict[str, Any]:
            return record_of(
                call,
                identity,
                account,
                events,
                time=now,
                event_id=self._identifiers.uuid(),
                error=error,
                result=result,
            )

        copies = [made(identity, account)]
        if owner and owner != account and error is None:
            copies.append(made(other_account(identity, account), owner))
            shared = self._identifiers.uuid()
            for record in copies:
                record["sharedEventID"] = shared
        for record in copies:
            self._records.append(record)
            for listener in self.listeners:
                listener(record)

    def records(self, account: str) -> list[dict[str, Any]]:
        """All records of an account, data events included: what a full trail would deliver."""
        return [item for item in self._records if item["recipientAccountId"] == account]
