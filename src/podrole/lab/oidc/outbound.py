"""Outbound identity federation: AWS as the issuer of tokens, one for each account.

botocore 1.44.8's models of IAM (EnableOutboundWebIdentityFederation) and STS (GetWebIdentityToken).
The form of the issuer, and the claims: a token that a tool's documentation shows, decoded, of
2026-04-25 (secondary; checked 2026-11-28).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from podrole.lab.identifiers import Identifiers
from podrole.lab.oidc.elliptic_key import EllipticKey
from podrole.lab.oidc.signing_key import SigningKey, base64url
from podrole.lab.seed import Seed

DOCUMENTS = ("/.well-known/openid-configuration", "/.well-known/jwks.json")


class OutboundIssuer:
    """Signs an account's tokens and publishes the keys that verify them."""

    def __init__(self, seed: Seed, account: str) -> None:
        self._seed = seed.key(f"outbound/{account}")
        self._identifiers = Identifiers(seed, f"outbound/{account}")
        self.host = f"{self._identifiers.uuid()}.tokens.sts.global.api.aws"
        #: Whether the account lets its principals ask for tokens.
        self.enabled = True

    @property
    def url(self) -> str:
        """`https://UUID.tokens.sts.global.api.aws`, the tokens' `iss`."""
        return f"https://{self.host}"

    @cached_property
    def _keys(self) -> Mapping[str, SigningKey | EllipticKey]:
        return {"RS256": SigningKey(self._seed), "ES384": EllipticKey(self._seed)}

    def document(self, path: str) -> dict[str, Any]:
        """One of DOCUMENTS."""
        if path == DOCUMENTS[1]:
            return {"keys": [key.jwk() for key in self._keys.values()]}
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}{DOCUMENTS[1]}",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": list(self._keys),
        }

    def sign(self, algorithm: str, claims: Mapping[str, Any]) -> str:
        """A token with these claims, and `iss` and `jti`; `algorithm` is RS256 or ES384."""
        key = self._keys[algorithm]
        header = {"alg": algorithm, "kid": key.key_id, "typ": "JWT"}
        whole = {**claims, "iss": self.url, "jti": self._identifiers.uuid()}
        signed = ".".join(
            base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, whole)
        )
        return f"{signed}.{base64url(key.sign(signed.encode()))}"


class OutboundFederation:
    """The issuers of the accounts that have switched it on, or had."""

    def __init__(self, seed: Seed) -> None:
        self._seed = seed
        self._issuers: dict[str, OutboundIssuer] = {}

    def enable(self, account: str) -> OutboundIssuer:
        """Switch it on; an account keeps its issuer."""
        issuer = self._issuers.setdefault(account, OutboundIssuer(self._seed, account))
        issuer.enabled = True
        return issuer

    def of(self, account: str) -> OutboundIssuer | None:
        """The account's issuer, None where it was never switched on."""
        return self._issuers.get(account)

    def at(self, host: str) -> OutboundIssuer | None:
        """The issuer that a host serves. Keys stay public after it was switched off."""
        return next((one for one in self._issuers.values() if one.host == host), None)
