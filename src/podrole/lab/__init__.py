"""EKS and AWS on a laptop: a lab that says no where AWS says no."""

from __future__ import annotations

import gc
import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from podrole.lab.kubernetes.client import Kubernetes, KubernetesError
    from podrole.lab.lab import Lab, LabError
    from podrole.lab.node.pod import Pod, PodError

__all__ = ["Kubernetes", "KubernetesError", "Lab", "LabError", "Pod", "PodError"]
_HOMES = {"Kubernetes": "kubernetes.client", "Lab": "lab", "Pod": "node.pod"}


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for: boto3 and moto, which take most of a second, are none of
    the business of `podrole lab exec`, `inject` and `reset` (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(_imported(_HOMES[name.removesuffix("Error")]), name)
    globals()[name] = found  # not asked for again
    return found


def _imported(home: str) -> Any:
    """Import a module, with boto3 and moto, which live to the end of the process: the collector of
    garbage looks at them neither now nor later (a third of a notebook's start, 2026-11-26)."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return importlib.import_module(f".{home}", __name__)
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
