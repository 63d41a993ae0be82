"""Throttling: the rate limits that are spent.

A limit counts seconds, and the lab's clock stands still: the reader says which limits are spent,
and each call there is refused until they say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable

from podrole.lab.aws_error import AwsError

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

    def check(self, service: str) -> None:
        """Raise AwsError for a call of a service whose limit is spent."""
        if service not in self._spent:
            return
        if service == "sts":
            # Code, text and status as an answer of STS has them (selling-partner-api #278 of
            # 2022-05-17, aws-sdk-go-v2 #2481 of 2024-02-05; checked 2026-11-24).
            raise AwsError("Throttling", "Rate exceeded", 400)
        # Code and status: botocore 1.44.5's model of eks-auth. Its text was found nowhere.
        raise AwsError("ThrottlingException", "lab: the rate of calls is too high", 429)
