"""EKS and AWS on a laptop: a lab that says no where AWS says no."""

from .kubernetes import Kubernetes, KubernetesError
from .lab import Lab, LabError
from .pod import Pod, PodError

__all__ = ["Kubernetes", "KubernetesError", "Lab", "LabError", "Pod", "PodError"]
