"""IAM's OIDC providers: what moto does not check, and what it cannot change or does not know.

Behaviour: IAM API reference, CreateOpenIDConnectProvider, AddClientIDToOpenIDConnectProvider,
RemoveClientIDFromOpenIDConnectProvider; texts: localstack's recordings of AWS of 2026-02-17
(checked 2026-11-23). UpdateOpenIDConnectProvider and ContextProvider: botocore 1.44.8's model of
IAM (checked 2026-11-28).
"""

from __future__ import annotations

import re
from typing import Any

from podrole.lab.access.iam_state import IamState
from podrole.lab.access.service import Operation
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.moto_adapter import iam as moto_iam
from podrole.lab.oidc.context_provider import ContextProvider, InvalidContextProvider
from podrole.lab.protocol.call import Call

_MOST_CLIENT_IDS = 100
#: "Must begin with https://", path components but no query (IAM API reference).
_URL = re.compile(r"https://[^\s/?#]+(?:/[^\s?#]*)?")
_NO_IDENTITY_CENTER = AwsError("NotImplemented", "lab: there is no IAM Identity Center", 501)


class OidcProviders:
    """The providers of all accounts."""

    def __init__(self, state: IamState) -> None:
        self._state = state

    def operation(self, name: str) -> Operation | None:
        """The operations that moto lacks."""
        return {
            "AddClientIDToOpenIDConnectProvider": self._add_client_id,
            "RemoveClientIDFromOpenIDConnectProvider": self._remove_client_id,
            "GetOpenIDConnectProvider": self._get,
            "UpdateOpenIDConnectProvider": self._update,
        }.get(name)

    def check(self, account: str, call: Call) -> None:
        """Raise AwsError for a URL that is not https or taken, or a provider that is not there."""
        if call.name == "CreateOpenIDConnectProvider":
            url = call.parameters["Url"]
            if not _URL.fullmatch(url):
                raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")
            arn = f"arn:aws:iam::{account}:oidc-provider/{url.removeprefix('https://')}"
            if self._state.provider_audiences(account, arn) is not None:
                raise AwsError(
                    "EntityAlreadyExists", f"Provider with url {url} already exists.", 409
                )
            if "IdentityCenterInstanceArn" in call.parameters:
                raise _NO_IDENTITY_CENTER
            if "ContextProvider" in call.parameters:
                context = _context_provider(call)
                call.afterwards.append(lambda: self._state.context_providers.update({arn: context}))
        elif call.name == "DeleteOpenIDConnectProvider":
            arn = call.parameters["OpenIDConnectProviderArn"]
            if self._state.provider_audiences(account, arn) is None:
                message = f"OpenId connect Provider {arn} cannot be found."
                raise AwsError("NoSuchEntity", message, 404)
            call.afterwards.append(lambda: self._forget(arn))

    def _forget(self, arn: str) -> None:
        self._state.context_providers.pop(arn, None)

    def _get(self, call: Call, caller: Caller) -> dict[str, Any]:
        self._client_ids(call, caller)
        arn = call.parameters["OpenIDConnectProviderArn"]
        context = self._state.context_providers.get(arn)
        return {
            **moto_iam.described_provider(caller.account, arn),
            "ContextProvider": context.described() if context else None,
        }

    def _update(self, call: Call, caller: Caller) -> dict[str, Any]:
        self._client_ids(call, caller)
        parameters = call.parameters
        arn, kept = parameters["OpenIDConnectProviderArn"], self._state.context_providers
        if parameters.keys() & {"IdentityCenterInstanceArn", "RemoveIdentityCenterInstance"}:
            raise _NO_IDENTITY_CENTER
        removes = parameters.get("RemoveContextProvider", False)
        if ("ContextProvider" in parameters) == bool(removes):
            reason = "lab: give ContextProvider or RemoveContextProvider, one of the two"
            raise AwsError("InvalidInput", reason)
        if removes:
            self._forget(arn)
        else:
            kept[arn] = _context_provider(call)
        return {}

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


def _context_provider(call: Call) -> ContextProvider:
    try:
        return ContextProvider.read(call.parameters["ContextProvider"])
    except InvalidContextProvider as error:
        raise AwsError("InvalidInput", f"lab: ContextProvider: {error}") from error
