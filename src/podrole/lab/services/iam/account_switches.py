"""The account's switch for outbound identity federation.

Codes, statuses and texts: botocore 1.44.8's model of IAM; texts are the exceptions' documentation
(checked 2026-11-28).
"""

from __future__ import annotations

from typing import Any

from podrole.lab.access.service import Operation
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.oidc.outbound import OutboundFederation, OutboundIssuer
from podrole.lab.protocol.call import Call

_DISABLED = AwsError(
    "FeatureDisabled",
    "The request failed because outbound identity federation is already disabled for your Amazon"
    " Web Services account. You cannot disable the feature multiple times",
    404,
)
_ENABLED = (
    "The request failed because outbound identity federation is already enabled for your Amazon Web"
    " Services account. You cannot enable the feature multiple times. To fetch the current"
    " configuration (including the unique issuer URL), use the GetOutboundWebIdentityFederationInfo"
    " operation."
)


class AccountSwitches:
    """Its three operations."""

    def __init__(self, federation: OutboundFederation) -> None:
        self._federation = federation

    def operation(self, name: str) -> Operation | None:
        """The operation of that name."""
        return {
            "EnableOutboundWebIdentityFederation": self._enable,
            "DisableOutboundWebIdentityFederation": self._disable,
            "GetOutboundWebIdentityFederationInfo": self._info,
        }.get(name)

    def _enable(self, call: Call, caller: Caller) -> dict[str, Any]:
        issuer = self._federation.of(caller.account)
        if issuer is not None and issuer.enabled:
            raise AwsError("FeatureEnabled", _ENABLED, 409)
        return {"IssuerIdentifier": self._federation.enable(caller.account).url}

    def _disable(self, call: Call, caller: Caller) -> dict[str, Any]:
        issuer = self._known(caller)
        if not issuer.enabled:
            raise _DISABLED
        issuer.enabled = False
        return {}

    def _info(self, call: Call, caller: Caller) -> dict[str, Any]:
        issuer = self._known(caller)
        return {"IssuerIdentifier": issuer.url, "JwtVendingEnabled": issuer.enabled}

    def _known(self, caller: Caller) -> OutboundIssuer:
        issuer = self._federation.of(caller.account)
        if issuer is None:
            raise _DISABLED
        return issuer
