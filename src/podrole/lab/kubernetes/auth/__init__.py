"""Whose request it is, and whether RBAC lets them."""
