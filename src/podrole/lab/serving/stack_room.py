"""The same room on the stack for all that a request does, wherever it comes from."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_FRAMES = 1000


@contextmanager
def same_room() -> Iterator[None]:
    """Let the block have as many frames from a server's thread as from a state file.

    What recurses too deeply fails by Python's limit, which counts from the bottom of the stack. It
    must fail at the same request again when a lab is loaded. For one thread at a time.
    """
    limit, depth = sys.getrecursionlimit(), 0
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    sys.setrecursionlimit(depth + _FRAMES)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
