"""What a lab replaces in this process while it runs, and puts back when it stops."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

_ABSENT = object()


@dataclass(eq=False)
class _Change:
    """An attribute of a module, a class, a function or an object, and what it was before."""

    owner: Any
    name: str
    former: Any

    def is_of(self, other: _Change) -> bool:
        """Whether both change the same attribute."""
        return self.owner is other.owner and self.name == other.name

    def revert(self) -> None:
        """Put the former value back."""
        if self.former is _ABSENT:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.former)


#: Of all labs in this process, oldest first: a served lab may run beside the one in the process.
_MADE: list[_Change] = []


class ProcessChanges:
    """The changes of one lab. Labs may undo theirs in any order."""

    def __init__(self) -> None:
        self._undo = ExitStack()

    def replace(self, owner: Any, name: str, value: Any) -> None:
        """Set the attribute `name` of `owner` to `value`, until `undo()`."""
        change = _Change(owner, name, _value_of(owner, name))
        setattr(owner, name, value)
        _MADE.append(change)
        self._undo.callback(_take_back, change)

    def afterwards(self, act: Callable[..., Any], *given: Any) -> None:
        """Call `act(*given)` at `undo()`, before what was replaced earlier is put back."""
        self._undo.callback(act, *given)

    def undo(self) -> None:
        """Put everything back, the newest first. A second call does nothing."""
        self._undo.close()


@contextmanager
def uncollected() -> Iterator[None]:
    """Run the block without the collector of garbage: what is imported in it will stay.

    It would look through boto3 and moto again and again (a third of a notebook's start, measured
    2026-11-26).
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _value_of(owner: Any, name: str) -> Any:
    if name in getattr(owner, "__dict__", {}):
        return vars(owner)[name]  # a class's own, and not what it makes of a static method
    # What a class inherits, it does not have itself: it is deleted again.
    return _ABSENT if isinstance(owner, type) else getattr(owner, name, _ABSENT)


def _take_back(change: _Change) -> None:
    place = _MADE.index(change)
    newer = next((one for one in _MADE[place + 1 :] if one.is_of(change)), None)
    del _MADE[place]
    if newer is None:
        change.revert()
    else:  # another lab's value is there: that lab will put back what was before both
        newer.former = change.former
