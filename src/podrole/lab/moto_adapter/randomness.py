"""moto's random numbers: all of them from the lab's seed, whenever its modules are imported."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from moto.moto_api._internal import mock_random
from moto.moto_api._internal.moto_random import MotoRandom

from podrole.lab.keyed_random import KeyedRandom
from podrole.lab.moto_adapter.clock import changed
from podrole.lab.moto_adapter.keys import KmsKey, rsa_key
from podrole.lab.seed import Seed

#: Where moto takes the machine's random bytes: for the picture of an MFA device, for keys and
#: ciphertexts, for ids of uploads.
_RANDOM_BYTES = {
    "iam": ("moto.iam.models",),
    "kms": ("moto.kms.models", "moto.kms.responses", "moto.kms.utils"),
    "s3": ("moto.s3.models",),
}


class _Keyed(KeyedRandom, MotoRandom):  # type: ignore[misc]
    """moto's random numbers in a lab with a secret: access keys and KMS keys are made of them."""


def draw_from(seed: Seed) -> None:
    """Let moto draw from the seed, from its beginning."""
    # The one object that all of moto's modules hold becomes the other kind in its place.
    mock_random.__class__ = _Keyed if seed.secret else MotoRandom
    mock_random._secret = bytes.fromhex(seed.secret)
    mock_random.seed(seed.number)
    mock_random.sns_key = seed.key("sns") if seed.secret else "sns"


@contextmanager
def importing(service: str) -> Iterator[None]:
    """Import moto's modules of a service in this block.

    Some of them draw from moto's random numbers then. What a lab draws must not depend on when that
    happens, nor what they draw on what the lab has drawn.
    """
    kind, mock_random.__class__ = type(mock_random), MotoRandom
    state = mock_random.getstate()
    mock_random.seed(service)
    try:
        yield
    finally:
        mock_random.setstate(state)
        mock_random.__class__ = kind
    # Or a lab that is loaded again could not decrypt what it has stored, nor end its uploads.
    for name in _RANDOM_BYTES.get(service, ()):
        module: Any = importlib.import_module(name)
        module.os = changed(os, urandom=mock_random.randbytes)
    if service == "kms":
        importlib.import_module("moto.kms.models").generate_private_key = KmsKey  # type: ignore[attr-defined]
    elif service == "sns":  # it signs what it delivers, with a new key for each subscription
        subscription = importlib.import_module("moto.sns.models").Subscription
        subscription.private_key = lambda _subscription: _sns_key(mock_random.sns_key)


@cache
def _sns_key(text: str) -> Any:
    return rsa_key(text, 2048)
