"""What deployments, replica sets and jobs bring about."""
