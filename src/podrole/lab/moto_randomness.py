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
from .moto_keys import KmsKey, rsa_key

#: Where moto takes the machine's random bytes: for keys and ciphertexts, for ids of uploads.
_RANDOM_BYTES = {
    "kms": ("moto.kms.models", "moto.kms.responses", "moto.kms.utils"),
    "s3": ("moto.s3.models",),
}


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
    # Or a lab that is loaded again could not decrypt what it has stored, nor end its uploads.
    for name in _RANDOM_BYTES.get(service, ()):
        module: Any = importlib.import_module(name)
        module.os = changed(os, urandom=mock_random.randbytes)
    if service == "kms":
        importlib.import_module("moto.kms.models").generate_private_key = KmsKey  # type: ignore[attr-defined]
    elif service == "sns":  # it signs what it delivers, with a new key for each subscription
        subscription = importlib.import_module("moto.sns.models").Subscription
        subscription.private_key = lambda _subscription: _sns_key()


@cache
def _sns_key() -> Any:
    return rsa_key("sns", 2048)
