"""Which version of Kubernetes the lab's clusters have."""

KUBERNETES_VERSION = "1.34"
