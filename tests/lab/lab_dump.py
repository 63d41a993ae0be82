"""All that a served lab holds, flat: from the place of each value to its text.

Two labs with the same dump answer alike for good: what is drawn next is in it too.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from enum import Enum
from io import IOBase
from random import Random
from tempfile import SpooledTemporaryFile
from types import ModuleType
from typing import Any

import moto.backends
import moto.core
from botocore.model import OperationModel, ServiceModel, Shape
from moto.moto_api._internal import mock_random

from podrole.lab.clock import Clock
from podrole.lab.moto_adapter.backend import MOTO_SERVICES
from podrole.lab.process_changes import ProcessChanges
from podrole.lab.serving.journal import Journal
from podrole.lab.serving.served_lab import ServedLab

_PLAIN = (str, bytes, int, float, bool, complex, type(None), date, timedelta, re.Pattern)
#: Tools that hold nothing of the lab's; caches of what was read without the lab's knowing.
_SKIPPED = (ModuleType, type, OperationModel, ServiceModel, Shape, Journal, ProcessChanges)
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def dump(served: ServedLab) -> dict[str, str]:
    """The whole lab: IAM, EKS, Kubernetes, the data services, credentials, trail, clock, and the
    state of each source of random numbers."""
    lab = served.lab
    roots: dict[str, Any] = {
        "gateway": lab.gateway,
        "node": lab.node,
        "kubernetes": lab._kubernetes,
        "servers": sorted(served._clusters._servers),
        "random": mock_random,
    }
    for service in MOTO_SERVICES:
        accounts = dict(moto.backends.get_backend(service))
        accounts.pop(moto.core.DEFAULT_ACCOUNT_ID, None)  # made when moto is imported
        roots[f"moto.{service}"] = accounts
    return dict(_walk(roots))


def differences(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    """The places where two dumps differ, with both texts."""
    return [
        f"{place}: {first.get(place, '(nothing)')[:200]} | {second.get(place, '(nothing)')[:200]}"
        for place in sorted(first.keys() | second.keys())
        if first.get(place) != second.get(place)
    ]


def _walk(root: Any) -> Iterator[tuple[str, str]]:
    todo: deque[tuple[str, Any]] = deque([("", root)])
    seen: dict[int, Any] = {}  # kept, or another object gets the place of one that is gone
    while todo:
        place, value = todo.popleft()
        if isinstance(value, (*_PLAIN, Enum)):
            yield place, repr(value)
        elif isinstance(value, Random):
            yield place, str(hash(value.getstate()))
        elif isinstance(value, Clock):
            yield place, repr(value._moved)
        elif not isinstance(value, _SKIPPED) and id(value) not in seen:
            seen[id(value)] = value
            todo.extend((f"{place}.{name}", inner) for name, inner in _inside(value))


def _inside(value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [(_name(key), inner) for key, inner in list(value.items())]
    if isinstance(value, set | frozenset):
        return [(str(index), item) for index, item in enumerate(sorted(map(_name, value)))]
    if isinstance(value, list | tuple | deque):
        return [(str(index), item) for index, item in enumerate(value)]
    if isinstance(value, IOBase | SpooledTemporaryFile):
        value.seek(0)
        return [("content", value.read())]
    names = {**getattr(value, "__dict__", {})}
    for kind in type(value).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if hasattr(value, name):
                names[name] = getattr(value, name)
    if not names:
        return [("text", _ADDRESS.sub("", repr(value)))]
    return [
        (name, inner)
        for name, inner in names.items()
        if name != "_authority" and not _is_tool(inner)  # the certificate is each process's own
    ]


def _is_tool(value: Any) -> bool:
    """Locks, functions and the like."""
    return callable(value) or type(value).__module__ in ("_thread", "threading")


def _name(key: Any) -> str:
    return _ADDRESS.sub("", key if isinstance(key, str) else repr(key))
