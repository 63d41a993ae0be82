"""Throttling: the rate limits that are spent, and the one that the lab counts.

AWS's own limits depend on the account, so the reader says which ones are spent, and each call there
is refused until they say otherwise. How a service refuses, it says itself. The agent's limit is the
same everywhere: it is counted by the lab's clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from podrole.lab.clock import Clock

#: The agent's own limit, the agent's calls of EKS Auth, and the account's calls of STS.
RATE_LIMITS = ("agent", "eks-auth", "sts")


class Throttle:
    """What is refused for its rate alone."""

    def __init__(self) -> None:
        self._spent: frozenset[str] = frozenset()

    @property
    def spent(self) -> frozenset[str]:
        """Whose limits are spent, of RATE_LIMITS. Raises ValueError for another name."""
        return self._spent

    @spent.setter
    def spent(self, limits: Iterable[str]) -> None:
        wanted = {limits} if isinstance(limits, str) else set(limits)
        if unknown := sorted(wanted - set(RATE_LIMITS)):
            raise ValueError(
                f"nothing throttles {unknown[0]!r}; the lab has {', '.join(RATE_LIMITS)}"
            )
        self._spent = frozenset(wanted)


class TokenBucket:
    """So many requests a second, and so many at once: golang.org/x/time/rate's `Allow`."""

    def __init__(self, clock: Clock, *, rate: float, burst: int) -> None:
        """`rate` in requests a second of the clock."""
        self._clock, self._rate, self._burst = clock, rate, burst
        self._left = float(burst)
        self._counted: datetime | None = None

    def allows(self) -> bool:
        """Whether one more request may pass now; if so, it counts."""
        now = self._clock.now()
        if self._counted is not None:
            passed = max(0.0, (now - self._counted).total_seconds())
            self._left = min(self._burst, self._left + passed * self._rate)
        self._counted = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
