"""The lab's clock: one instant for the cluster, for AWS and for the SDK inside the lab."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache

#: Where every in-process lab begins, so that stored outputs compare exactly.
EPOCH = datetime(2026, 1, 15, 9, 0, 0, tzinfo=UTC)
#: Where a lab's clock can stand. What the lab adds to it or takes from it (a session's life, a
#: token's, a signature's age) must stay within what `datetime` holds, the years 1 to 9999.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(3000, 1, 1, tzinfo=UTC)


@lru_cache(256)
def stamp(when: datetime) -> str:
    """An instant to the second, in UTC, as AWS and Kubernetes write it: `2026-01-15T09:00:00Z`."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Clock:
    """A clock that stands still until it is moved, or runs with the machine's.

    The in-process lab stands still (notebook outputs must not change from run to run). The lab on
    a port runs, since clients in other processes sign with the machine's time.
    """

    def __init__(self, start: datetime | None = EPOCH) -> None:
        """`start` is the instant that the clock stands at (aware); None runs with the machine's.

        Raises ValueError for an instant without a time zone or out of the clock's range.
        """
        if start is not None and start.tzinfo is None:
            raise ValueError(
                "start must have a time zone, for example datetime(2026, 1, 1, tzinfo=UTC)"
            )
        if start is not None and not EARLIEST <= start <= LATEST:
            raise ValueError(f"the clock must be between {stamp(EARLIEST)} and {stamp(LATEST)}")
        self._start = start
        self._moved = timedelta()
        self._pinned: datetime | None = None

    def now(self) -> datetime:
        """The instant now, in UTC."""
        if self._pinned is not None:
            return self._pinned
        return (datetime.now(UTC) if self._start is None else self._start) + self._moved

    def clients(self) -> datetime:
        """The instant on a client's clock: in this process the lab's own, elsewhere the machine's,
        which does not move along."""
        return self.now() if self._start is not None else self.now() - self._moved

    @contextmanager
    def pinned(self, instant: datetime) -> Iterator[None]:
        """Stand at `instant` for the block: what happened then happens again."""
        former, self._pinned = self._pinned, instant
        try:
            yield
        finally:
            self._pinned = former

    def timestamp(self) -> int:
        """Whole seconds since 1970, as a token's `iat` and `exp` count them."""
        return int(self.now().timestamp())

    def move(self, **by: float) -> datetime:
        """Move the clock on: `move(hours=1)`, `move(days=90)`; the keywords of `timedelta`.

        Raises TypeError for another keyword or for what is no number, ValueError for a step back
        (credentials would come back to life) and for one beyond the clock's range. The clock stays
        then.
        """
        try:
            step = timedelta(**by)
            if step < timedelta():
                raise ValueError("the clock only moves forward: give a positive step")
            beyond = self.now() + step > LATEST
        except OverflowError:  # of timedelta or of datetime
            beyond = True
        if beyond:
            raise ValueError(f"the clock moves to {stamp(LATEST)} at most: give a smaller step")
        self._moved += step
        if self._pinned is not None:
            self._pinned += step
        return self.now()

    def sleep(self, seconds: float) -> None:
        """Wait, as the SDK does between its attempts. A clock that stands does not: the SDK draws
        its pauses at random, and two runs must stay alike."""
        if self._start is None:
            time.sleep(seconds)
