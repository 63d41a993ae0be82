"""EKS and AWS on a laptop: a lab that says no where AWS says no."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from podrole.lab.process_changes import uncollected

if TYPE_CHECKING:
    from podrole.lab.kubernetes.client import Kubernetes, KubernetesError
    from podrole.lab.lab import Lab
    from podrole.lab.lab_error import LabError
    from podrole.lab.node.pod import Pod, PodError

__all__ = ["Kubernetes", "KubernetesError", "Lab", "LabError", "Pod", "PodError"]
_HOMES = {"Kubernetes": "kubernetes.client", "Lab": "lab", "Pod": "node.pod"}


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for: boto3 and moto, which take most of a second, are none of
    the business of `podrole lab exec`, `inject` and `reset` (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with uncollected():
        home = importlib.import_module(f".{_HOMES[name.removesuffix('Error')]}", __name__)
    found = getattr(home, name)
    globals()[name] = found  # not asked for again
    return found
