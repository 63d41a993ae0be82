"""Which cluster of EKS."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClusterKey:
    """A cluster's name, in its account (12 digits) and its region."""

    name: str
    account: str
    region: str

    def arn(self, kind: str = "cluster") -> str:
        """`arn:aws:eks:REGION:ACCOUNT:KIND/NAME`; what belongs to a cluster has its own KIND."""
        return f"arn:aws:eks:{self.region}:{self.account}:{kind}/{self.name}"
