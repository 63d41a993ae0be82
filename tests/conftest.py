"""The suite runs the same on any machine, signed in to AWS or not."""

from __future__ import annotations

import gc
import os

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]


def pytest_collection_finish() -> None:
    """What is loaded now lives to the end: the collector of garbage need not walk through it again.

    7 and 30 % less time for five files of the lab, in two pairs of runs (measured 2026-11-26).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)
