"""Which known escalation paths a set of policies allows: decided by `authorize`, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from podrole.policy.analysis.escalation_paths import PATHS, EscalationPath
from podrole.policy.authorize import authorize
from podrole.policy.document import Policy
from podrole.policy.parser import parse_policy
from podrole.policy.request import PolicySet, Request
from podrole.policy.statement import Statement

_ACCOUNT = "111122223333"
_NAME = "PodroleSample"
#: What an action of a path acts on, where that is not the service's usual resource.
_RESOURCES = {
    "iam:createpolicyversion": f"arn:aws:iam::{_ACCOUNT}:policy/{_NAME}",
    "iam:passrole": f"arn:aws:iam::{_ACCOUNT}:role/{_NAME}",
    "iam:putrolepolicy": f"arn:aws:iam::{_ACCOUNT}:role/{_NAME}",
    "iam:attachrolepolicy": f"arn:aws:iam::{_ACCOUNT}:role/{_NAME}",
    "iam:updateassumerolepolicy": f"arn:aws:iam::{_ACCOUNT}:role/{_NAME}",
    "sts:assumerole": f"arn:aws:iam::{_ACCOUNT}:role/{_NAME}",
    "iam:attachgrouppolicy": f"arn:aws:iam::{_ACCOUNT}:group/{_NAME}",
    "iam:putgrouppolicy": f"arn:aws:iam::{_ACCOUNT}:group/{_NAME}",
    "iam:addusertogroup": f"arn:aws:iam::{_ACCOUNT}:group/{_NAME}",
}
_USUAL = {
    "apprunner": "service",
    "bedrock-agentcore": "code-interpreter",
    "cloudformation": "stack",
    "codebuild": "project",
    "datapipeline": "pipeline",
    "ec2": "instance",
    "ec2-instance-connect": "instance",
    "ecs": "service",
    "glue": "job",
    "iam": "user",
    "lambda": "function",
    "sagemaker": "notebook-instance",
    "ssm": "instance",
}

_TRUSTING = parse_policy(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{_ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        },
    },
    kind="trust",
)
#: The paths that a role can walk, each with the services whose actions it needs.
_WALKABLE = [
    (path, {action.partition(":")[0].lower() for action in path.actions})
    for path in PATHS
    if path.kind != "users"
]
_SERVICES = frozenset[str]().union(*(needed for _, needed in _WALKABLE))


@dataclass(frozen=True)
class WalkablePath:
    """A path that policies allow, with the request of each step, in the path's order."""

    path: EscalationPath
    steps: tuple[Request, ...]


def walkable(
    policies: PolicySet, principal: str = f"arn:aws:sts::{_ACCOUNT}:assumed-role/pod/session"
) -> list[WalkablePath]:
    """The paths whose every step the policies allow to a role's session.

    Each step is asked of a resource that no policy names, so a path counts only where a wildcard
    opens it; a grant on a named resource is one that someone meant. `principal` is the session's
    ARN. Whether the target exists and what it may do, no policy of the caller says.
    """
    allows = [one for policy in policies.identity for one in _allows(policy)]
    services = {name for one in allows for name in _services(one.actions)}
    open_ended = any(one.not_action for one in allows) or any("*" in name for name in services)
    found = []
    possible: dict[str, bool] = {}
    decided: dict[tuple[str, str], bool] = {}
    for path in _paths(_SERVICES if open_ended else _SERVICES & services):
        if all(_possible(action.lower(), allows, possible) for action in path.actions):
            steps = tuple(_steps(path, principal))
            if all(_allowed(step, policies, decided) for step in steps):
                found.append(WalkablePath(path, steps))
    return found


def _allows(policy: Policy) -> Iterator[Statement]:
    return (statement for statement in policy.statements if statement.effect == "Allow")


@lru_cache(maxsize=256)
def _paths(services: frozenset[str]) -> list[EscalationPath]:
    """The paths that need no other services."""
    return [path for path, needed in _WALKABLE if needed <= services]


def _services(actions: Sequence[str]) -> set[str]:
    """What stands before the first colon of each action."""
    parts = ":".join(actions).split(":")
    if len(parts) == 2 * len(actions) and "*" not in actions:
        return set(parts[::2])  # all at once: each has one colon
    return {action.partition(":")[0] for action in actions}


def _possible(action: str, allows: Sequence[Statement], known: dict[str, bool]) -> bool:
    """Whether a statement names the action at all: cheaper than to decide."""
    if action not in known:
        known[action] = any(one.names_action(action) for one in allows)
    return known[action]


def _allowed(step: Request, policies: PolicySet, decided: dict[tuple[str, str], bool]) -> bool:
    """The engine's answer; many paths share a step."""
    key = step.action, str(step.context)
    if key not in decided:
        if step.action == "sts:AssumeRole":
            # The other role's trust policy must allow too; that it does is what the path assumes.
            policies = replace(policies, resource=_TRUSTING)
        decided[key] = authorize(step, policies).allowed
    return decided[key]


def _steps(path: EscalationPath, principal: str) -> Iterator[Request]:
    for action in path.actions:
        context = {}
        if action == "iam:PassRole":
            context["iam:PassedToService"] = path.service
        yield Request(principal, action, resource_of(action), context)


def resource_of(action: str) -> str:
    """A resource, named by no policy, that the action of a path acts on."""
    folded = action.lower()
    service = folded.partition(":")[0]
    kind = _USUAL.get(service, "resource")
    if service == "iam":
        return _RESOURCES.get(folded, f"arn:aws:iam::{_ACCOUNT}:user/{_NAME}")
    if service in ("ssm", "ec2-instance-connect"):
        service = "ec2"
    separator = ":" if service == "lambda" else "/"
    usual = f"arn:aws:{service}:us-east-1:{_ACCOUNT}:{kind}{separator}{_NAME}"
    return _RESOURCES.get(folded, usual)
