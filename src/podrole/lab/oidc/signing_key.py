"""An RSA key of a cluster's issuer, made from a text: RS256 with or without a compiled library.

`cryptography` has no build for the browser, and cannot make a key from a text; where it is there,
it signs. RS256 (RFC 7518, PKCS#1 v1.5) is deterministic, so the same text signs the same tokens on
a laptop and in a page.
For the lab only: nothing here resists timing attacks, and whoever knows the text has the key.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from collections.abc import Callable
from functools import cached_property
from math import gcd

_EXPONENT = 65537
_BITS = 2048
# DigestInfo for SHA-256, RFC 8017 section 9.2 note 1.
_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
_SIEVE_PRIMES = [n for n in range(3, 5000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]
_SIEVE_SPAN = 16384


def base64url(data: bytes) -> str:
    """Base64url without padding, as JOSE writes it (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _is_prime(candidate: int) -> bool:
    """Miller-Rabin to four bases: ample for numbers that no adversary chose."""
    odd, twos = candidate - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7):
        x = pow(base, odd, candidate)
        if x in (1, candidate - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % candidate
            if x == candidate - 1:
                break
        else:
            return False
    return True


def primes_from(seed: str, bits: int = _BITS) -> tuple[int, int]:
    """The two primes of a key of `bits` bits, from its seed."""
    return _prime_from(f"{seed}/p", bits // 2), _prime_from(f"{seed}/q", bits // 2)


def _prime_from(seed: str, bits: int) -> int:
    """The first prime p at or above a start of `bits` bits from `seed`, e not dividing p-1."""
    start = int.from_bytes(hashlib.shake_256(seed.encode()).digest(bits // 8), "big")
    start |= (3 << (bits - 2)) | 1  # two top bits: the product has its full length
    while True:
        sieve = bytearray(_SIEVE_SPAN)  # sieve[i] stands for start + 2i
        for prime in _SIEVE_PRIMES:
            # start + 2i = 0 (mod prime)  <=>  i = -start / 2 (mod prime)
            first = -start * ((prime + 1) // 2) % prime
            sieve[first::prime] = b"\1" * len(range(first, _SIEVE_SPAN, prime))
        for index in range(_SIEVE_SPAN):
            candidate = start + 2 * index
            if not sieve[index] and _is_prime(candidate) and gcd(candidate - 1, _EXPONENT) == 1:
                return candidate
        start += 2 * _SIEVE_SPAN


class SigningKey:
    """A 2,048-bit RSA key pair."""

    def __init__(self, seed: str) -> None:
        p, q = primes_from(seed)
        self._p, self._q = p, q
        self._d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
        self.modulus = p * q

    @cached_property
    def key_id(self) -> str:
        """The JWK's thumbprint (RFC 7638): the `kid` of tokens and of the key set."""
        jwk = f'{{"e":"{self._e}","kty":"RSA","n":"{self._n}"}}'
        return hashlib.sha256(jwk.encode()).hexdigest()[:40]

    _e = base64url(_EXPONENT.to_bytes(3, "big"))

    @cached_property
    def _n(self) -> str:
        return base64url(self.modulus.to_bytes(_BITS // 8, "big"))

    def jwk(self) -> dict[str, str]:
        """The public half as a JSON Web Key, in the members that EKS publishes."""
        return {
            "use": "sig",
            "kty": "RSA",
            "kid": self.key_id,
            "alg": "RS256",
            "n": self._n,
            "e": self._e,
        }

    def sign(self, message: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256."""
        if self._compiled is not None:
            return self._compiled(message)
        padded = _padded_digest(message)
        # Chinese remainder: two half-size powers are about four times as fast as one.
        mp = pow(padded, self._d % (self._p - 1), self._p)
        mq = pow(padded, self._d % (self._q - 1), self._q)
        signature = mq + self._q * ((mp - mq) * pow(self._q, -1, self._p) % self._p)
        return signature.to_bytes(_BITS // 8, "big")

    @cached_property
    def _compiled(self) -> Callable[[bytes], bytes] | None:
        """The same signature by a compiled library, ten times as fast; None where there is none."""
        if sys.platform == "emscripten":  # what a page has of that name verifies and signs nothing
            return None
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding, rsa

        p, q, d = self._p, self._q, self._d
        public = rsa.RSAPublicNumbers(_EXPONENT, self.modulus)
        numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
        key = numbers.private_key(unsafe_skip_rsa_key_validation=True)
        return lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's over `message`."""
        return rs256_verifies(self.modulus, _EXPONENT, message, signature)


def rs256_verifies(modulus: int, exponent: int, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is over `message` by the RSA key of that modulus and exponent."""
    value, length = int.from_bytes(signature, "big"), (modulus.bit_length() + 7) // 8
    if len(signature) != length or value >= modulus or length < len(_SHA256_PREFIX) + 43:
        return False
    return pow(value, exponent, modulus) == _padded_digest(message, length)


def _padded_digest(message: bytes, length: int = _BITS // 8) -> int:
    digest = _SHA256_PREFIX + hashlib.sha256(message).digest()
    padding = b"\xff" * (length - len(digest) - 3)
    return int.from_bytes(b"\x00\x01" + padding + b"\x00" + digest, "big")
