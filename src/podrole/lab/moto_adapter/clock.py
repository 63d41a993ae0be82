"""The lab's clock in the place of `datetime` and `time`, for modules that read the machine's."""

from __future__ import annotations

import datetime
import importlib
import time
import types
from typing import Any

import moto.core.utils

from podrole.lab.clock import Clock
from podrole.lab.process_changes import ProcessChanges

#: Where moto reads the machine's clock for what it stores; its other modules ask `moto.core.utils`.
_MOTO_MODULES = (
    "moto.ecr.models",
    "moto.s3.models",
    "moto.iam.models",
    "moto.secretsmanager.models",
    "moto.moto_api._internal.managed_state_model",
)


def as_modules(clock: Clock) -> tuple[types.SimpleNamespace, types.SimpleNamespace]:
    """What a module sees of `datetime` and `time` when the lab's clock stands for the machine's."""

    class LabDatetime(datetime.datetime, metaclass=_AnyDatetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
            now = clock.now()
            return now.astimezone(tz) if tz else now.astimezone().replace(tzinfo=None)

        @classmethod
        def today(cls) -> datetime.datetime:  # type: ignore[override]
            return cls.now()

    lab_time = changed(time, time=lambda: clock.now().timestamp(), sleep=clock.sleep)
    return changed(datetime, datetime=LabDatetime), lab_time


def replace_moto_clock(clock: Clock, changes: ProcessChanges) -> None:
    """Let moto stamp what it stores with the lab's clock."""
    lab_datetime, lab_time = as_modules(clock)
    changes.replace(moto.core.utils, "datetime", lab_datetime)
    for name in _MOTO_MODULES:
        module = importlib.import_module(name)
        # Another lab's clock may be there: the newest lab's counts.
        if hasattr(module, "datetime"):
            is_class = isinstance(module.datetime, type)
            stands_in = lab_datetime.datetime if is_class else lab_datetime
            changes.replace(module, "datetime", stands_in)
        if hasattr(module, "time"):
            changes.replace(module, "time", lab_time)


class _AnyDatetime(type):
    """Makes `isinstance(x, LabDatetime)` true for every datetime."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime.datetime)


def changed(module: types.ModuleType, **changes: Any) -> types.SimpleNamespace:
    """The module's names with some replaced: what one other module sees of it."""
    return types.SimpleNamespace(**{**vars(module), **changes})
