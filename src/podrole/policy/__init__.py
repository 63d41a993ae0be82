"""The decision engine: allow or deny as AWS does, by the standard library alone."""

from podrole.policy.authorize import authorize
from podrole.policy.decision import ConditionTrace, Decision, StatementTrace
from podrole.policy.document import Policy
from podrole.policy.error import PolicyError
from podrole.policy.parser import parse_policy
from podrole.policy.request import PolicySet, Request

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
