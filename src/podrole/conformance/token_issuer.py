"""The suite's own issuer of web identity tokens, and the folder that keeps its key."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from podrole.lab.oidc.signing_key import SigningKey, base64url
from podrole.policy.error import InputError

#: Reserved for tests (RFC 2606): no one can own it.
ISSUER = "https://conformance.podrole.test"
_SECRET, JWKS = "secret", "jwks.json"


class TokenIssuer:
    """Signs tokens as an issuer whose keys the endpoint may have been given."""

    def __init__(self, secret: str) -> None:
        """`secret` is what the key comes from."""
        self._secret = secret
        self._keys: dict[str, SigningKey] = {}

    def key(self, name: str = "issuer") -> SigningKey:
        """The issuer's key, or a key of another name, which it never published."""
        if name not in self._keys:
            self._keys[name] = SigningKey(f"{self._secret}/{name}")
        return self._keys[name]

    def token(self, step: Mapping[str, Any]) -> str:
        """The token of a step.

        `claims` and `header` are its own: `absent` takes one away, and `exp`, `nbf` and `iat` count
        in seconds from now. `key` names another key, `cut` says how many parts stay, and with
        `unsigned` the algorithm is `none`.
        """
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": "sts.amazonaws.com",
            "iat": 0,
            "nbf": 0,
            "exp": 3600,
        }
        claims |= step.get("claims", {})
        for name in ("iat", "nbf", "exp"):
            if isinstance(claims.get(name), int):
                claims[name] += now
        key = self.key(step.get("key", "issuer"))
        header = {"alg": "RS256", "typ": "JWT", "kid": self.key().key_id}
        header |= step.get("header", {})
        if step.get("unsigned"):
            header["alg"] = "none"
        parts = [
            base64url(json.dumps({k: v for k, v in part.items() if v != "absent"}).encode())
            for part in (header, claims)
        ]
        signature = b"" if step.get("unsigned") else key.sign(".".join(parts).encode())
        parts.append(base64url(signature))
        return ".".join(parts[: step.get("cut", 3)])


def make_keys(folder: Path) -> Path:
    """Make a key in the folder, unless it has one; the path of the JSON Web Key Set.

    Raises InputError for a folder that cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = folder / _SECRET
        if not place.exists():
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
        keys = {"keys": [kept_issuer(folder).key().jwk()]}
        (folder / JWKS).write_text(json.dumps(keys, indent=2) + "\n")
    except OSError as error:
        raise InputError(f"{folder}: cannot keep keys there: {error.strerror}") from error
    return folder / JWKS


def kept_issuer(folder: Path) -> TokenIssuer:
    """The issuer of a folder that `make_keys` has made. Raises InputError."""
    try:
        return TokenIssuer((folder / _SECRET).read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{folder}: there are no keys of the suite: make them by"
            f" podrole conformance --make-keys {folder}"
        ) from error
