"""Identifiers in AWS's and Kubernetes' shapes, drawn from the lab's seed."""

from __future__ import annotations

import base64
import string
from random import Random
from uuid import UUID

from podrole.lab.seed import Seed

_ID_LETTERS = string.ascii_uppercase + "234567"
_SECRET_LETTERS = string.ascii_letters + string.digits + "+/"
_POD_SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # Kubernetes leaves out vowels and lookalikes


class Identifiers:
    """Draws identifiers and secrets; the same seed and order of calls give the same ones."""

    def __init__(self, seed: Seed, purpose: str) -> None:
        # One stream a purpose: a further token must not shift the names of later pods.
        self._random = seed.public(purpose)
        # In the lab of a notebook one stream serves both: its outputs are stored.
        self._secrets = seed.private(purpose) if seed.secret else self._random

    def _letters(self, alphabet: str, length: int, source: Random | None = None) -> str:
        return "".join((source or self._random).choices(alphabet, k=length))

    def unique_id(self, prefix: str) -> str:
        """`AROA…`, `AIDA…`, `ASIA…`: the prefix and 16 letters (IAM, "Unique identifiers")."""
        return prefix + self._letters(_ID_LETTERS, 16)

    def secret_access_key(self) -> str:
        """40 letters, as AWS issues them."""
        return self._letters(_SECRET_LETTERS, 40, self._secrets)

    def session_token(self) -> str:
        """An opaque token; AWS promises no form or size."""
        return "IQoJb3Jp" + base64.b64encode(self._secrets.randbytes(96)).decode()

    def bearer_token(self) -> str:
        """40 small letters and digits, for a kubeconfig or the path of a webhook's URL."""
        return self._letters(string.ascii_lowercase + string.digits, 40, self._secrets)

    def uuid(self) -> str:
        """A random UUID of version 4."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def hex(self, length: int) -> str:
        """`length` hexadecimal digits in capitals, as in an EKS issuer's URL."""
        return self._letters("0123456789ABCDEF", length)

    def digits(self, length: int) -> str:
        """`length` decimal digits, as in an account's id."""
        return self._letters(string.digits, length)

    def lower(self, length: int) -> str:
        """`length` small letters and digits, as in an association id."""
        return self._letters(string.ascii_lowercase + string.digits, length)

    def alphanumeric(self, length: int) -> str:
        """`length` letters and digits, as at the end of a log file's name."""
        return self._letters(string.ascii_letters + string.digits, length)

    def pod_suffix(self, length: int = 5) -> str:
        """The end of a generated pod name."""
        return self._letters(_POD_SUFFIX_LETTERS, length)
