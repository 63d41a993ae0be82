"""Who can assume a role: service accounts, services and principals that a trust policy admits."""

from podrole.policy.who.admitted import Admitted, who
from podrole.policy.who.others import PodIdentity, others, pod_identity

__all__ = ["Admitted", "PodIdentity", "others", "pod_identity", "who"]
