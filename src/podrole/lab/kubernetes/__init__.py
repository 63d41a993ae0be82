"""A Kubernetes API server, small but real enough for kubectl."""
