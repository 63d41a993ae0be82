"""An elliptic key on P-384, made from a text: ES384 without a compiled library.

RFC 7518 (ES384), FIPS 186-5 (the curve) and RFC 6979 (the nonce comes from key and message, so the
same text signs the same tokens). For the lab only: nothing here resists timing attacks, and whoever
knows the text has the key.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import cached_property

from podrole.lab.oidc.signing_key import base64url

_BYTES = 48
_P = 2**384 - 2**128 - 2**96 + 2**32 - 1
_N = 2**384 - 0x389CB27E0BC8D220A7E5F24DB74F58851313E695333AD68D
_G = (
    0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
    0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
)
_Point = tuple[int, int] | None


def _sum(a: _Point, b: _Point) -> _Point:
    """The sum of two points; None is the point at infinity."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % _P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, _P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, _P)
    x = (slope * slope - a[0] - b[0]) % _P
    return x, (slope * (a[0] - x) - a[1]) % _P


def _times(factor: int, point: _Point) -> _Point:
    found: _Point = None
    while factor:
        if factor & 1:
            found = _sum(found, point)
        point, factor = _sum(point, point), factor >> 1
    return found


class EllipticKey:
    """A key pair on P-384."""

    def __init__(self, seed: str) -> None:
        digest = hashlib.shake_256(seed.encode()).digest(2 * _BYTES)
        self._secret = 1 + int.from_bytes(digest, "big") % (_N - 1)

    @cached_property
    def _public(self) -> tuple[int, int]:
        point = _times(self._secret, _G)
        assert point is not None
        return point

    @cached_property
    def key_id(self) -> str:
        """The JWK's thumbprint (RFC 7638), shortened."""
        x, y = (base64url(number.to_bytes(_BYTES, "big")) for number in self._public)
        jwk = f'{{"crv":"P-384","kty":"EC","x":"{x}","y":"{y}"}}'
        return hashlib.sha256(jwk.encode()).hexdigest()[:40]

    def jwk(self) -> dict[str, str]:
        """The public half as a JSON Web Key."""
        x, y = (base64url(number.to_bytes(_BYTES, "big")) for number in self._public)
        public = {"kty": "EC", "crv": "P-384", "x": x, "y": y}
        return {"use": "sig", "kid": self.key_id, "alg": "ES384", **public}

    def sign(self, message: bytes) -> bytes:
        """ECDSA with SHA-384: r and s, 48 bytes each."""
        digest = hashlib.sha384(message).digest()
        number = int.from_bytes(digest, "big")
        nonce = self._nonce(digest)
        point = _times(nonce, _G)
        assert point is not None
        r = point[0] % _N
        s = pow(nonce, -1, _N) * (number + r * self._secret) % _N
        return r.to_bytes(_BYTES, "big") + s.to_bytes(_BYTES, "big")

    def _nonce(self, digest: bytes) -> int:
        """RFC 6979, section 3.2; the curve's order and SHA-384 have the same length."""
        start = self._secret.to_bytes(_BYTES, "big")
        start += (int.from_bytes(digest, "big") % _N).to_bytes(_BYTES, "big")
        key, value = b"\x00" * _BYTES, b"\x01" * _BYTES
        for mark in (b"\x00", b"\x01"):
            key = hmac.digest(key, value + mark + start, "sha384")
            value = hmac.digest(key, value, "sha384")
        while True:
            value = hmac.digest(key, value, "sha384")
            nonce = int.from_bytes(value, "big")
            if 0 < nonce < _N:
                return nonce
            key = hmac.digest(key, value + b"\x00", "sha384")
            value = hmac.digest(key, value, "sha384")
