"""Lint rule for privilege escalation: what whoever takes over the pod can turn its role into.

The paths are those of `podrole.policy.analysis.escalation_paths`; the engine decides each step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from podrole.policy.analysis.escalation import WalkablePath, walkable
from podrole.policy.document import Policy
from podrole.policy.lint.finding import Finding, Severity
from podrole.policy.request import PolicySet

_WAYS: dict[str, tuple[str, Severity, str, str]] = {
    "grant": (
        "PODROLE_ESCALATION_BY_GRANT",
        "error",
        "can give its own role any permission",
        "Remove the action, or name resources that are not the role and its policies",
    ),
    "impersonate": (
        "PODROLE_ESCALATION_BY_IMPERSONATION",
        "warning",
        "can act as another role or user of the account",
        "Name the roles or users that the pod needs",
    ),
    "pass": (
        "PODROLE_ESCALATION_BY_PASSED_ROLE",
        "warning",
        "can run its own code with any role that it passes to the service",
        "Name the roles in the PassRole statement, and add a condition on iam:PassedToService",
    ),
    "takeover": (
        "PODROLE_ESCALATION_BY_TAKEOVER",
        "warning",
        "can run its own code with the role of something that exists already",
        "Name the resources that the pod manages, or add a condition on aws:ResourceTag",
    ),
}
#: Characters of actions and resources: a role's own policies have no more (IAM quotas; a managed
#: policy has 6,144 characters, a role's inline policies 10,240 together; checked 2026-11-23).
_MOST = 10_240
_MOST_STATEMENTS = 150  # of 68 characters each, in 10,240


def escalation(policy: Policy) -> Iterator[Finding]:
    """One finding for each way in which a role with this policy can reach more than it has.

    A policy beyond the largest size that a customer's may have is not asked.
    """
    if policy.kind != "identity" or _administrator(policy) or _too_long(policy):
        return
    for kind, paths in _ways(PolicySet(identity=[policy])).items():
        code, severity, what, fix = _WAYS[kind]
        first = _shortest(paths)
        request = ", then ".join(f"{step.action} on {step.resource}" for step in first.steps)
        yield Finding(
            code,
            severity,
            _place(policy, first),
            f"whoever controls the pod {what}: {request} is allowed {_ids(paths)}",
            fix,
            "reference/policy-engine",
        )


def reach(policies: Sequence[Policy]) -> Iterator[str]:
    """What a caller who gets into a role with all these policies can do beyond them, in words."""
    if any(_administrator(policy) for policy in policies):
        yield "whoever gets in may do everything in the account, unless a Deny or a limit stops it"
        return
    if any(_too_long(policy) for policy in policies):
        return
    for kind, paths in _ways(PolicySet(identity=policies)).items():
        actions = ", then ".join(step.action for step in _shortest(paths).steps)
        yield f"whoever gets in {_WAYS[kind][2]}, by {actions} {_ids(paths)}"


def _ways(policies: PolicySet) -> dict[str, list[WalkablePath]]:
    ways: dict[str, list[WalkablePath]] = {}
    for found in walkable(policies):
        ways.setdefault(found.path.kind, []).append(found)
    return ways


def _shortest(paths: Sequence[WalkablePath]) -> WalkablePath:
    return min(paths, key=lambda one: len(one.steps))


def _ids(paths: Sequence[WalkablePath]) -> str:
    return f"(pathfinding.cloud: {', '.join(one.path.id for one in paths)})"


def _administrator(policy: Policy) -> bool:
    """Whether a statement allows all of everything, which needs no path."""
    return any(
        one.effect == "Allow" and "*" in one.actions and "*" in (one.resources or ())
        for one in policy.statements
        if not one.not_action and not one.not_resource and not one.conditions
    )


def _place(policy: Policy, found: WalkablePath) -> str:
    """Where the step that decides is allowed: the first that has a statement of its own."""
    action = found.steps[0].action.lower()
    return next(
        f"{one.path}.{'NotAction' if one.not_action else 'Action'}"
        for one in policy.statements
        if one.effect == "Allow" and one.names_action(action)
    )


def _too_long(policy: Policy) -> bool:
    if len(policy.statements) > _MOST_STATEMENTS:
        return True
    characters = sum(
        sum(map(len, one.actions)) + sum(map(len, one.resources or ())) for one in policy.statements
    )
    return characters > _MOST
