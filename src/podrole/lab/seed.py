"""What a lab's ids and secrets are drawn from."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from podrole.lab.keyed_random import KeyedRandom


@dataclass(frozen=True)
class Seed:
    """A number that anyone may know, and for a lab on ports a secret that nobody else does.

    Without a secret all is drawn from the number: the outputs of notebooks are compared exactly.
    """

    number: int
    #: Hexadecimal digits, empty for a lab in this process.
    secret: str = field(default="", repr=False)

    def public(self, purpose: str) -> Random:
        """The stream of a purpose's ids."""
        return Random(f"{self.number}/{purpose}")  # noqa: S311  (ids, no secrets)

    def private(self, purpose: str) -> Random:
        """The stream of a purpose's secrets; without a secret the number tells them."""
        if not self.secret:
            return self.public(purpose)
        return KeyedRandom(bytes.fromhex(self.secret), f"{self.number}/{purpose}")

    def key(self, purpose: str) -> str:
        """A text to make a purpose's key pair from, as secret as the lab is."""
        named = f"{self.number}/{purpose}"
        return f"{self.secret}/{named}" if self.secret else named
