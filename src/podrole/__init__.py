"""Podrole: the executable guide to AWS IAM for Kubernetes pods on EKS."""

__version__ = "0.1.0"
