"""Asymmetric keys in moto's hands: made from the lab's seed, when they are first used.

moto makes an RSA key for each key of KMS, symmetric ones too, from the machine's randomness: in a
lab that is loaded again, the public key would be another one.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any

from moto.moto_api._internal import mock_random

from podrole.lab.oidc.signing_key import primes_from

_RSA_BITS = {"RSA_2048": 2048, "RSA_3072": 3072, "RSA_4096": 4096}


def rsa_key(seed: str, bits: int) -> Any:
    """An RSA private key of the `cryptography` library, the same for the same seed."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    p, q = primes_from(seed, bits)
    public = rsa.RSAPublicNumbers(65537, p * q)
    d = rsa.rsa_recover_private_exponent(65537, p, q)
    dmp1, dmq1 = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q)
    iqmp = rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, dmp1, dmq1, iqmp, public).private_key()


class KmsKey:
    """What moto asks of a private key: to sign, to verify, and its public half."""

    def __init__(self, specification: str) -> None:
        """`specification` is KMS's KeySpec, which moto has checked."""
        self._specification = specification
        # Of the state and not drawn from it: what is drawn later stays as it was.
        state = repr(mock_random.getstate()).encode()
        self._seed = f"kms/{hashlib.sha256(state).hexdigest()}"

    def sign(self, message: bytes, signing_algorithm: str) -> bytes:
        """The signature of a message, by one of KMS's signing algorithms."""
        return self._key.sign(message, signing_algorithm)  # type: ignore[no-any-return]

    def verify(self, message: bytes, signature: bytes, signing_algorithm: str) -> bool:
        """Whether the signature is this key's over the message."""
        return self._key.verify(message, signature, signing_algorithm)  # type: ignore[no-any-return]

    def public_key(self) -> bytes:
        """The public half in DER (SubjectPublicKeyInfo)."""
        return self._key.public_key()  # type: ignore[no-any-return]

    @cached_property
    def _key(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric import ec
        from moto.kms import utils

        if self._specification in utils.KeySpec.ecc_key_specs():
            curved = utils.ECDSAPrivateKey(self._specification)
            curve = curved.private_key.curve
            drawn = hashlib.shake_256(self._seed.encode()).digest(curve.key_size // 8 - 1)
            curved.private_key = ec.derive_private_key(int.from_bytes(drawn, "big") + 1, curve)
            return curved
        bits = _RSA_BITS.get(self._specification, 2048)
        made = utils.RSAPrivateKey.__new__(utils.RSAPrivateKey)
        made.key_size, made.private_key = bits, rsa_key(self._seed, bits)
        return made
