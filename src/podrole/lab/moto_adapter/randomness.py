"""moto's random numbers: all of them from the lab's seed, whenever its modules are imported."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from random import Random
from typing import Any

from moto.moto_api._internal import mock_random
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_api._internal.moto_random import MotoRandom

from podrole.lab.keyed_random import KeyedRandom
from podrole.lab.moto_adapter.clock import changed
from podrole.lab.moto_adapter.keys import KmsKey, rsa_key
from podrole.lab.process_changes import ProcessChanges
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


def begin(seed: Seed, changes: ProcessChanges) -> None:
    """Empty moto and let it draw from the seed, from its beginning. Undone, moto is empty."""
    changes.replace(_MOTO, "state", _MOTO.state)
    # The one object that all of moto's modules hold becomes the other kind in its place.
    mock_random.__class__ = _Keyed if seed.secret else MotoRandom
    mock_random._secret = bytes.fromhex(seed.secret)
    mock_random.seed(seed.number)


class _ProcessState:
    """What moto keeps in a process, as one attribute. Setting it empties moto."""

    @property
    def state(self) -> tuple[type, dict[str, Any], tuple[Any, ...]]:
        """The kind of what moto draws from, its members, and where it stands."""
        return type(mock_random), dict(vars(mock_random)), Random.getstate(mock_random)

    @state.setter
    def state(self, state: tuple[type, dict[str, Any], tuple[Any, ...]]) -> None:
        moto_api_backend.reset()
        kind, members, stand = state
        mock_random.__class__ = kind
        vars(mock_random).clear()
        Random.setstate(mock_random, stand)
        vars(mock_random).update(members)


_MOTO = _ProcessState()


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


def seed_service(service: str, seed: Seed, changes: ProcessChanges) -> None:
    """Let what a service of moto's takes from the machine's randomness come from the seed.

    Its modules are imported already.
    """
    # Or a lab that is loaded again could not decrypt what it has stored, nor end its uploads.
    for name in _RANDOM_BYTES.get(service, ()):
        module: Any = importlib.import_module(name)
        changes.replace(module, "os", changed(os, urandom=mock_random.randbytes))
    if service == "kms":
        models = importlib.import_module("moto.kms.models")
        changes.replace(models, "generate_private_key", KmsKey)
    elif service == "sns":  # it signs what it delivers, with a new key for each subscription
        subscription = importlib.import_module("moto.sns.models").Subscription
        key = seed.key("sns") if seed.secret else "sns"
        changes.replace(subscription, "private_key", lambda _subscription: _sns_key(key))


@cache
def _sns_key(text: str) -> Any:
    return rsa_key(text, 2048)
