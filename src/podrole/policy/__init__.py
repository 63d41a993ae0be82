"""The decision engine: allow or deny as AWS does, by the standard library alone."""

from .authorize import Decision, PolicySet, Request, authorize
from .document import Policy, parse_policy
from .error import PolicyError

__all__ = ["Decision", "Policy", "PolicyError", "PolicySet", "Request", "authorize", "parse_policy"]
