"""A cluster of EKS: what it has beside moto's record of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from podrole.lab.oidc.issuer import Issuer
from podrole.lab.services.eks.access_entries import AccessEntries
from podrole.lab.services.eks.addons import Addons
from podrole.lab.services.eks.associations import Associations
from podrole.lab.services.eks.cluster_key import ClusterKey


@dataclass
class Cluster:
    """One cluster."""

    key: ClusterKey
    issuer: Issuer
    associations: Associations
    addons: Addons
    access_entries: AccessEntries
    created: datetime

    @property
    def name(self) -> str:
        """Its name, unique in account and region."""
        return self.key.name

    @property
    def account(self) -> str:
        """The account that it is in, 12 digits."""
        return self.key.account

    @property
    def region(self) -> str:
        """The region that it is in."""
        return self.key.region

    @property
    def arn(self) -> str:
        """`arn:aws:eks:REGION:ACCOUNT:cluster/NAME`."""
        return self.key.arn()
