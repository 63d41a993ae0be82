"""IAM's OIDC providers: what moto does not check, and the client ids that it cannot change.

Behaviour: IAM API reference, CreateOpenIDConnectProvider, AddClientIDToOpenIDConnectProvider,
RemoveClientIDFromOpenIDConnectProvider; texts: localstack's recordings of AWS of 2026-02-17
(checked 2026-11-23).
"""

from __future__ import annotations

from typing import Any

from podrole.lab.access.iam_state import IamState
from podrole.lab.access.service import Operation
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.moto_adapter import iam as moto_iam
from podrole.lab.protocol.call import Call

_MOST_CLIENT_IDS = 100


class OidcProviders:
    """The providers of all accounts."""

    def __init__(self, state: IamState) -> None:
        self._state = state

    def operation(self, name: str) -> Operation | None:
        """The operations that moto lacks."""
        return {
            "AddClientIDToOpenIDConnectProvider": self._add_client_id,
            "RemoveClientIDFromOpenIDConnectProvider": self._remove_client_id,
        }.get(name)

    def check(self, account: str, call: Call) -> None:
        """Raise AwsError for a URL that is not https or taken, or a provider that is not there."""
        if call.name == "CreateOpenIDConnectProvider":
            url = call.parameters["Url"]
            if not url.startswith("https://") or len(url) == len("https://"):
                raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")
            arn = f"arn:aws:iam::{account}:oidc-provider/{url.removeprefix('https://')}"
            if self._state.provider_audiences(account, arn) is not None:
                raise AwsError(
                    "EntityAlreadyExists", f"Provider with url {url} already exists.", 409
                )
        elif call.name == "DeleteOpenIDConnectProvider":
            arn = call.parameters["OpenIDConnectProviderArn"]
            if self._state.provider_audiences(account, arn) is None:
                message = f"OpenId connect Provider {arn} cannot be found."
                raise AwsError("NoSuchEntity", message, 404)

    def _client_ids(self, call: Call, caller: Caller) -> list[str]:
        arn = call.parameters["OpenIDConnectProviderArn"]
        found = self._state.provider_audiences(caller.account, arn)
        if found is None:
            message = f"OpenIDConnect Provider not found for arn {arn}"
            raise AwsError("NoSuchEntity", message, 404)
        return found

    def _add_client_id(self, call: Call, caller: Caller) -> dict[str, Any]:
        held, new = self._client_ids(call, caller), call.parameters["ClientID"]
        if new not in held:  # one that is there already is no error
            if len(held) >= _MOST_CLIENT_IDS:
                quota = (
                    f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {_MOST_CLIENT_IDS}"
                )
                raise AwsError("LimitExceeded", quota, 409)
            self._write(call, caller, [*held, new])
        return {}

    def _remove_client_id(self, call: Call, caller: Caller) -> dict[str, Any]:
        held, gone = self._client_ids(call, caller), call.parameters["ClientID"]
        self._write(call, caller, [item for item in held if item != gone])
        return {}

    def _write(self, call: Call, caller: Caller, client_ids: list[str]) -> None:
        arn = call.parameters["OpenIDConnectProviderArn"]
        moto_iam.set_client_ids(caller.account, arn, client_ids)
