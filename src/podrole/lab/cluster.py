"""A cluster of EKS: what it has beside moto's record of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .access_entries import AccessEntries
from .addons import Addons
from .associations import Associations
from .issuer import Issuer


@dataclass
class Cluster:
    """One cluster."""

    name: str
    account: str
    region: str
    issuer: Issuer
    associations: Associations
    addons: Addons
    access_entries: AccessEntries
    created: datetime

    @property
    def arn(self) -> str:
        """`arn:aws:eks:REGION:ACCOUNT:cluster/NAME`."""
        return f"arn:aws:eks:{self.region}:{self.account}:cluster/{self.name}"
