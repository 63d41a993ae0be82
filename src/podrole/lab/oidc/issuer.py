"""A cluster's OIDC issuer: discovery document, key set, and the tokens that it signs.

Claims and documents as the API server of an EKS cluster makes them: Kubernetes, "Service account
issuer discovery" and "Configure service accounts for pods" (checked 2026-11-23).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.json_document import read_json
from podrole.lab.oidc.signing_key import SigningKey, base64url
from podrole.lab.seed import Seed

#: The kubelet asks for a fresh token at 80 % of its life, or after a day.
REFRESH_FRACTION = 0.8


class TokenError(ValueError):
    """A token that cannot be read: not three base64url parts of JSON."""


@dataclass(frozen=True)
class Token:
    """A JSON Web Token taken apart. Nothing in it is verified by reading it."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    @classmethod
    def read(cls, text: str) -> Token:
        """Take a compact JWT apart. Raises TokenError."""
        parts = text.split(".")
        if len(parts) != 3:
            raise TokenError("token contains an invalid number of segments")
        try:
            header, claims = (read_json(_decode(part)) for part in parts[:2])
            signature = _decode(parts[2])
        except (ValueError, binascii.Error) as error:
            raise TokenError("token is malformed") from error
        if not isinstance(header, dict) or not isinstance(claims, dict):
            raise TokenError("token is malformed")
        return cls(header, claims, f"{parts[0]}.{parts[1]}".encode("ascii"), signature)

    def text(self, claim: str) -> str:
        """The claim if it is a string, else the empty string."""
        value = self.claims.get(claim)
        return value if isinstance(value, str) else ""

    def seconds(self, claim: str) -> float | None:
        """The claim if it is a number (NumericDate), else None."""
        value = self.claims.get(claim)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    @property
    def audiences(self) -> list[str]:
        """`aud` as a list; a single string counts as one."""
        value = self.claims.get("aud")
        values = value if isinstance(value, list) else [value]
        return [item for item in values if isinstance(item, str)]


@cache
def _signing_key(seed: str) -> SigningKey:
    """Made when the first token is signed, and kept: a key takes 0.15 s."""
    return SigningKey(seed)


def _decode(part: str) -> bytes:
    return base64.b64decode(part.encode("ascii") + b"=" * (-len(part) % 4), b"-_", validate=True)


class Issuer:
    """Signs a cluster's service account tokens and publishes the keys that verify them."""

    def __init__(self, region: str, seed: Seed, clock: Clock, cluster: str) -> None:
        self._clock = clock
        self._seed = seed.key(f"issuer/{cluster}")
        self._identifiers = Identifiers(seed, f"tokens/{cluster}")
        self.path = f"/id/{Identifiers(seed, f'issuer/{cluster}').hex(32)}"
        self.host = f"oidc.eks.{region}.amazonaws.com"

    @property
    def url(self) -> str:
        """`https://oidc.eks.REGION.amazonaws.com/id/…`, as `describe-cluster` shows it."""
        return f"https://{self.provider}"

    @property
    def provider(self) -> str:
        """The URL without its scheme: the provider's name and the prefix of condition keys."""
        return self.host + self.path

    @cached_property
    def _key(self) -> SigningKey:
        return _signing_key(self._seed)

    def discovery(self) -> dict[str, Any]:
        """`/.well-known/openid-configuration`."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            "authorization_endpoint": "urn:kubernetes:programmatic_authorization",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "claims_supported": ["sub", "iss"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def keys(self) -> dict[str, Any]:
        """The JSON Web Key Set."""
        return {"keys": [self._key.jwk()]}

    def sign(
        self, subject: str, audiences: list[str], lifetime: int, kubernetes: Mapping[str, Any]
    ) -> str:
        """A projected token: `lifetime` in seconds, `kubernetes` the claim `kubernetes.io`."""
        now = self._clock.timestamp()
        claims = {
            "aud": audiences,
            "exp": now + lifetime,
            "iat": now,
            "iss": self.url,
            "jti": self._identifiers.uuid(),
            "kubernetes.io": dict(kubernetes),
            "nbf": now,
            "sub": subject,
        }
        header = {"alg": "RS256", "kid": self._key.key_id}
        signed = ".".join(
            base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)
        )
        return f"{signed}.{base64url(self._key.sign(signed.encode()))}"

    def signed(self, token: Token) -> bool:
        """Whether this issuer's current key signed the token, by RS256 and nothing else."""
        return (
            token.header.get("alg") == "RS256"
            and token.header.get("kid") == self._key.key_id
            and self._key.verifies(token.signed, token.signature)
        )
