"""The records of a lab: one a call, whether anyone asks for them or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from podrole.lab.audit.events import Events
from podrole.lab.audit.kept_records import KeptRecords
from podrole.lab.audit.record import Identity, record_of, response_elements
from podrole.lab.audit.user_identity import other_account
from podrole.lab.aws_error import AwsError
from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.protocol.call import Call
from podrole.lab.seed import Seed

#: The newest records stay: a lab that serves for days must not grow for days.
_KEPT = 20_000


@dataclass(frozen=True)
class Entry:
    """The records of one call that is going to succeed, one for each account that gets one."""

    call: Call
    events: Events
    records: list[dict[str, Any]]


class Trail:
    """The records of a lab, oldest first, by account."""

    def __init__(self, clock: Clock, seed: Seed) -> None:
        self._clock = clock
        self._identifiers = Identifiers(seed, "trail")
        self._records = KeptRecords(_KEPT)
        #: Told of each record: the trails that deliver them.
        self.listeners: list[Callable[[dict[str, Any]], None]] = []

    def entry(
        self, call: Call, identity: Identity, events: Events, owner: str | None = None
    ) -> Entry:
        """The entry of a call, made before the call has changed anything. `events`: its service's.

        `owner`: the account whose resource the call is on. It gets a record too, without the
        caller's name (CloudTrail user guide, "CloudTrail record contents").
        """
        now = self._clock.now()
        copies = [record_of(call, identity, events, now)]
        if owner and owner != identity.account:
            other = Identity(other_account(identity.element, identity.account), owner)
            copies.append(record_of(call, other, events, now))
        return Entry(call, events, copies)

    def write(self, entry: Entry, result: Mapping[str, Any] | None = None) -> None:
        """Write the entry of a call that succeeded. `result`: the lab's own answer.

        `sharedEventID` ties the records of two accounts.
        """
        told = response_elements(entry.call, entry.events, result)
        for record in entry.records:
            record |= {"responseElements": told, "eventID": self._identifiers.uuid()}
        if len(entry.records) > 1:
            shared = self._identifiers.uuid()
            for record in entry.records:
                record["sharedEventID"] = shared
        for record in entry.records:
            self._append(record)

    def refused(self, call: Call, identity: Identity, events: Events, error: AwsError) -> None:
        """Write the record of a call that was refused."""
        record = record_of(call, identity, events, self._clock.now(), error)
        record["eventID"] = self._identifiers.uuid()
        self._append(record)

    def _append(self, record: dict[str, Any]) -> None:
        self._records.append(record)
        for listener in self.listeners:
            listener(record)

    def newest_first(
        self, account: str, before: int | None = None
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """The records of an account with their numbers, those below `before`."""
        for number, record in self._records.newest_first(before):
            if record["recipientAccountId"] == account:
                yield number, record

    def records(self, account: str) -> list[dict[str, Any]]:
        """All records of an account, data events included: what a full trail would deliver."""
        return [item for item in self._records if item["recipientAccountId"] == account]
