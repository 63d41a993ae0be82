"""What a lab is made from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """What a lab is made from; two labs with the same settings hand out the same ids."""

    #: A number that ids come from.
    seed: int = 7
    #: 12 digits each. The first one holds the cluster; plain `boto3.client(…)` works in it.
    accounts: tuple[str, ...] = ("111122223333", "444455556666")
    #: A region that AWS has.
    region: str = "us-west-2"
    #: The name of the EKS cluster that the lab begins with.
    cluster: str = "demo"

    @property
    def home(self) -> str:
        """The first account: it holds the cluster and the node."""
        return self.accounts[0]
