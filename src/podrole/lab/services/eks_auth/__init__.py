"""EKS Auth."""
