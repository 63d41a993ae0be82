"""Podrole: the executable guide to AWS IAM for Kubernetes pods on EKS."""
