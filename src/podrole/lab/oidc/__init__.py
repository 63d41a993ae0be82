"""A cluster's OIDC issuer and its key."""
