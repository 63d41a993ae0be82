"""The decision engine: allow or deny as AWS does, by the standard library alone."""

from .authorize import authorize
from .decision import ConditionTrace, Decision, StatementTrace
from .document import Policy, parse_policy
from .error import PolicyError
from .request import PolicySet, Request

__all__ = [
    "ConditionTrace",
    "Decision",
    "Policy",
    "PolicyError",
    "PolicySet",
    "Request",
    "StatementTrace",
    "authorize",
    "parse_policy",
]
