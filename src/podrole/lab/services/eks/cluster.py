"""A cluster of EKS: what it has beside moto's record of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from podrole.lab.oidc.issuer import Issuer
from podrole.lab.services.eks.access_entries import AccessEntries
from podrole.lab.services.eks.addons import Addons
from podrole.lab.services.eks.associations import Associations


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
