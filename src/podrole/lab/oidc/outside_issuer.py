"""An issuer outside of the lab, such as another cluster's, known by its URL and its keys.

Form of the keys: RFC 7517 (JWK Set), RFC 7518 (RS256).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from podrole.lab.oidc.issuer import Token
from podrole.lab.oidc.signing_key import rs256_verifies


class InvalidKeys(ValueError):
    """What is wrong with a key set, in a few words."""


@dataclass(frozen=True)
class OutsideIssuer:
    """Verifies the tokens of one issuer by keys that the lab was given."""

    url: str
    #: Key id to modulus and exponent.
    keys: Mapping[str, tuple[int, int]]

    @classmethod
    def read(cls, url: str, key_set: object) -> OutsideIssuer:
        """The issuer of a URL with a JSON Web Key Set. Raises InvalidKeys."""
        if not url.startswith("https://") or len(url) == len("https://") or not url.isprintable():
            raise InvalidKeys(f"{url!r} is no URL that begins with https://")
        listed = key_set.get("keys") if isinstance(key_set, dict) else None
        if not isinstance(listed, list):
            raise InvalidKeys('it is no JSON Web Key Set: {"keys": […]}')
        keys = {
            str(key.get("kid", "")): (_number(key, "n"), _number(key, "e"))
            for key in listed
            if isinstance(key, dict) and key.get("kty") == "RSA"
        }
        if not keys:
            raise InvalidKeys("it has no RSA key, and the lab verifies RS256 alone")
        return cls(url, keys)

    def signed(self, token: Token) -> bool:
        """Whether the key that the token names signed it, by RS256 and nothing else."""
        key = self.keys.get(str(token.header.get("kid", "")))
        if key is None or token.header.get("alg") != "RS256":
            return False
        return rs256_verifies(*key, token.signed, token.signature)


def _number(key: Mapping[str, Any], member: str) -> int:
    text = key.get(member)
    try:
        data = base64.b64decode(str(text).encode() + b"==", b"-_", validate=False)
    except (binascii.Error, ValueError):
        data = b""
    if not data or not isinstance(text, str):
        raise InvalidKeys(f"a key's {member!r} is no number in base64url")
    return int.from_bytes(data, "big")
