"""A cluster of EKS: what it has beside moto's record of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from podrole.lab.oidc.issuer import Issuer, Token
from podrole.lab.oidc.outside_issuer import OutsideIssuer
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
    #: Issuers of clusters outside the lab, by URL, whose pods are this cluster's too.
    outside: Mapping[str, OutsideIssuer]

    def signed(self, token: Token) -> bool:
        """Whether the cluster's issuer, or one of those outside, has issued the token."""
        url = token.text("iss")
        issuer = self.issuer if url == self.issuer.url else self.outside.get(url)
        return issuer is not None and issuer.signed(token)

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
