"""moto's random numbers: all of them from the lab's seed, whenever its modules are imported."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from moto.moto_api._internal import mock_random

from .clock_modules import changed
from .signing_key import SigningKey

#: Where moto takes the machine's random bytes for keys and ciphertexts.
_OF_KMS = ("moto.kms.models", "moto.kms.responses", "moto.kms.utils")


@contextmanager
def importing(service: str) -> Iterator[None]:
    """Import moto's modules of a service in this block.

    Some of them draw from moto's random numbers then. What a lab draws must not depend on when that
    happens, nor what they draw on what the lab has drawn.
    """
    state = mock_random.getstate()
    mock_random.seed(service)
    try:
        yield
    finally:
        mock_random.setstate(state)
    if service == "kms":  # or a lab that is loaded again could not decrypt what it has stored
        for name in _OF_KMS:
            module: Any = importlib.import_module(name)
            module.os = changed(os, urandom=mock_random.randbytes)
    elif service == "sns":  # it signs what it delivers, with a new key for each subscription
        subscription = importlib.import_module("moto.sns.models").Subscription
        subscription.private_key = lambda _subscription: _sns_key()


@cache
def _sns_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    p, q = SigningKey("sns").primes
    public = rsa.RSAPublicNumbers(65537, p * q)
    d = rsa.rsa_recover_private_exponent(65537, p, q)
    dmp1, dmq1 = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q)
    iqmp = rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, dmp1, dmq1, iqmp, public).private_key()
