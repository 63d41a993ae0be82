"""How a lab behaves beside what it is made from: settings for all calls that follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from podrole.lab.eks_auth_states import EKS_AUTH_STATES
from podrole.lab.gateway import Gateway
from podrole.lab.lab_error import LabError
from podrole.lab.oidc.outside_issuer import InvalidKeys, OutsideIssuer
from podrole.lab.sts_texts import STS_TEXTS


class Behaviour:
    """What a lab's reader can change at any time."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self._trusted_issuers: dict[str, Any] = {}

    @property
    def association_delay(self) -> timedelta:
        """How long a pod identity association takes to reach the webhook and EKS Auth.

        Zero at first; EKS is eventually consistent and names no figure.
        """
        return self.gateway.eks.delay

    @association_delay.setter
    def association_delay(self, delay: timedelta) -> None:
        self.gateway.eks.delay = delay
        for cluster in self.gateway.eks.clusters():
            cluster.associations.delay = delay

    @property
    def throttled(self) -> frozenset[str]:
        """Whose rate limits are spent: of "agent", "eks-auth" and "sts"; none at first.

        Each call there is refused until they are taken out. Raises LabError for another name.
        """
        return self.gateway.throttle.spent

    @throttled.setter
    def throttled(self, limits: Iterable[str]) -> None:
        try:
            self.gateway.throttle.spent = limits
        except ValueError as error:
            raise LabError(str(error)) from None

    @property
    def eks_auth(self) -> str:
        """How EKS Auth meets the agent: "up", as at first, "down" or "hanging".

        Unless it is up, a pod that has no credentials yet gets the agent's 500, and only after 2.8
        or 7.2 seconds. A client with less patience sees that time is up; boto3 waits 2 seconds.
        Raises LabError for another word.
        """
        return self.gateway.agent.eks_auth

    @eks_auth.setter
    def eks_auth(self, state: str) -> None:
        if state not in EKS_AUTH_STATES:
            known = ", ".join(EKS_AUTH_STATES)
            raise LabError(f"EKS Auth is one of {known}, not {state!r}")
        self.gateway.agent.eks_auth = state

    @property
    def longest_session(self) -> timedelta | None:
        """Cuts the sessions that roles get from here on; None, as at first, cuts none.

        The lab's own, to see SDKs renew: AWS has no session below 15 minutes. Raises
        LabError for a time that is not positive.
        """
        return self.gateway.sts.sessions.longest

    @longest_session.setter
    def longest_session(self, life: timedelta | None) -> None:
        if life is not None and life <= timedelta():
            raise LabError(
                "a session's lifetime must be positive: give for example timedelta(seconds=60)"
            )
        self.gateway.sts.sessions.longest = life

    @property
    def sts_texts(self) -> str:
        """Whose words STS refuses a web identity in: "2026", as at first, or "2024".

        Since 2026 it has one text for a missing OIDC provider and for a wrong audience; "2024"
        gives each its own, as most guides still have them. Raises LabError for another year.
        """
        return self.gateway.sts.web_identities.texts

    @sts_texts.setter
    def sts_texts(self, year: str) -> None:
        if year not in STS_TEXTS:
            raise LabError(f"the STS texts are those of {' or '.join(STS_TEXTS)}, not {year!r}")
        self.gateway.sts.web_identities.texts = year

    @property
    def trusted_issuers(self) -> Mapping[str, Any]:
        """Issuers outside of the lab whose web identities STS takes: URL to JSON Web Key Set.

        None at first. A role that trusts one needs its OIDC provider in IAM, as at AWS. For Pod
        Identity their pods are those of the lab's own cluster. Raises LabError for a URL that is
        not https, and for what is no key set.
        """
        return self._trusted_issuers

    @trusted_issuers.setter
    def trusted_issuers(self, issuers: Mapping[str, Any]) -> None:
        try:
            read = {url: OutsideIssuer.read(url, keys) for url, keys in issuers.items()}
        except InvalidKeys as error:
            raise LabError(f"the keys of an issuer: {error}") from None
        self._trusted_issuers = dict(issuers)
        outside = self.gateway.eks.outside
        outside.clear()
        outside.update(read)
