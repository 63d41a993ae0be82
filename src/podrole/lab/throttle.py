"""Throttling: the rate limits that are spent.

A limit counts seconds, and the lab's clock stands still: the reader says which limits are spent,
and each call there is refused until they say otherwise. How a service refuses, it says itself.
"""

from __future__ import annotations

from collections.abc import Iterable

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
