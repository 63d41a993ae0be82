"""Service principals of EKS, and what is often written in their place.

Source: EKS user guide, "Using service-linked roles", "Amazon EKS node IAM role" and "EKS Pod
Identity" (checked 2026-11-28). EKS's principals are the same in every partition.
"""

from __future__ import annotations

PODS = "pods.eks.amazonaws.com"
_KNOWN = {
    PODS,
    "eks.amazonaws.com",
    "eks-connector.amazonaws.com",
    "eks-fargate.amazonaws.com",
    "eks-fargate-pods.amazonaws.com",
    "eks-nodegroup.amazonaws.com",
    "dashboard.eks.amazonaws.com",
    "capabilities.eks.amazonaws.com",
    "eks-auth.amazonaws.com",
    "ssm.eks.amazonaws.com",
}


def suggestion_for(service: str) -> str | None:
    """The principal that a service's misspelt name stands for; None where it may be right."""
    folded = service.lower()
    if service in _KNOWN or "eks" not in folded.replace("_", "-"):
        return None
    # A longer suffix than the partition's, a missing s, another order of the words.
    if "pod" in folded and "fargate" not in folded:
        return PODS
    for known in sorted(_KNOWN, key=len, reverse=True):
        if folded.startswith(known):
            return known
    return None
