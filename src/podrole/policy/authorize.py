"""The decision. Source: IAM user guide, "Policy evaluation logic" (checked 2026-11-23)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from podrole.policy.aws_owned import aws_owned
from podrole.policy.decision import ConditionTrace, Decision, StatementTrace
from podrole.policy.principals import ACCOUNT_ONLY, DIRECT
from podrole.policy.request import PolicySet, Request
from podrole.policy.statement import Statement
from podrole.policy.variables import Context


def authorize(request: Request, policies: PolicySet, *, explain: bool = False) -> Decision:
    """Decide a request by all policies that speak. `explain` adds a trace of each statement.

    The layers, their order and their exceptions: IAM user guide, "Policy evaluation logic" and
    "Cross-account policy evaluation logic".
    """
    decision = decide_by_policies(request, policies)
    if decision.effect == "allow":
        owned = aws_owned(request.folded_action, request.resource)
        if owned:
            decision = Decision("implicit_deny", "aws", f"only AWS changes {owned}")
    if explain:
        decision = replace(decision, trace=tuple(_trace(request, policies)))
    return decision


def decide_by_policies(request: Request, policies: PolicySet) -> Decision:
    """The decision by policies alone: also where AWS then refuses, as the thing is its own."""
    action, resource = request.folded_action, request.resource
    if action == "sts:getcalleridentity":
        return Decision("allow", "identity", "GetCallerIdentity cannot be denied")
    principal, keys = request.who, request.keys
    outsider = principal.kind in _OUTSIDERS
    bounded = bool(policies.boundary)
    silent: set[str] = set()  # layers of which a level does not allow
    how: set[str] = set()
    for layer, found in policies.layers:
        if outsider and layer not in _FOR_OUTSIDERS:
            continue
        if layer in _ABOVE_ACCOUNTS and principal.service_linked:
            continue
        allowed = False
        for policy in found:
            for statement in policy.concerning(action, resource):
                named = DIRECT
                if statement.principal is not None:
                    meant = statement.names_principal(principal, bounded)
                    if meant is None:
                        continue
                    named = meant
                if statement.conditions and not statement.conditions_hold(keys):
                    continue
                if statement.resources_vary and not statement.names_resource(resource, keys):
                    continue
                if statement.effect == "Deny":
                    where = f"{policy.name or policy.kind} {statement.path}"
                    return _denied(layer, f"{where} denies {request.action}", policy.arn)
                allowed = True
                if layer == "resource":
                    how.add(named)
        # RCPFullAWSAccess cannot be detached: a level that allows nothing itself has it.
        if not allowed and not (
            layer == "rcp" and not any(policy.allows_something for policy in found)
        ):
            silent.add(layer)
    if action.startswith("sts:") and _without_sts(principal.kind, action):
        return _implicit("identity", request.action)
    if silent:
        for layer in ("endpoint", "rcp", "scp", "scope"):
            if layer in silent:
                return _implicit(layer, request.action)
    if outsider:
        return _allow("resource") if how else _implicit("resource", request.action)
    return _combined(request, policies, silent, how)


def _without_sts(kind: str, action: str) -> bool:
    """Roles may not be assumed by root accounts; a federated user may call nothing of STS but
    GetCallerIdentity (STS API reference, AssumeRole and GetFederationToken)."""
    return kind == "federated-user" or (kind == "root" and action.startswith("sts:assumerole"))


def _combined(request: Request, policies: PolicySet, silent: set[str], how: set[str]) -> Decision:
    """Identity and resource policies together, once nothing denies; `how` the resource grants."""
    kind, same = request.who.kind, request.same_account
    identity = kind == "root" or (bool(policies.identity) and "identity" not in silent)
    if kind == "federated-user" and not policies.session:
        identity = False  # it has what its session policy and its user's policies both allow
    # A role's trust policy and a KMS key's policy must allow, whatever identity policies say.
    must_allow = request.folded_action in _TRUST_ACTIONS or (
        ":kms:" in request.resource and request.kms_key
    )
    if (must_allow or not same) and not how:
        return _implicit("resource" if identity or must_allow else "identity", request.action)
    # "Role chaining: … required in both the permissions policy of the principal who is assuming the
    # role and in the role trust policy" ("Monitor and control actions taken with assumed roles").
    chained = request.folded_action == "sts:setsourceidentity" and kind == "role-session"
    if same and how and how != {ACCOUNT_ONLY} and not chained:
        if DIRECT in how or kind not in ("role-session", "role"):
            return _allow("resource")
        return _limited(policies, silent, request) or _allow("resource")
    if not identity:
        return _implicit("identity", request.action)
    return _limited(policies, silent, request) or _allow("identity")


#: Principals that no identity policy speaks of.
_OUTSIDERS = {"web-identity", "service", "anonymous", "canonical-user"}
_FOR_OUTSIDERS = {"resource", "rcp", "endpoint"}
_ABOVE_ACCOUNTS = {"scp", "rcp"}
_TRUST_ACTIONS = {
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setsourceidentity",
    "sts:tagsession",
}


def _limited(policies: PolicySet, silent: set[str], request: Request) -> Decision | None:
    for layer, policy in (("boundary", policies.boundary), ("session", policies.session)):
        if policy and layer in silent:
            return _implicit(layer, request.action)
    return None


@lru_cache
def _allow(layer: str) -> Decision:
    return Decision("allow", layer, f"allowed by the {layer} policy")


@lru_cache(maxsize=4096)
def _denied(layer: str, reason: str, policy_arn: str) -> Decision:
    return Decision("explicit_deny", layer, reason, policy_arn=policy_arn)


@lru_cache(maxsize=4096)
def _implicit(layer: str, action: str) -> Decision:
    return Decision("implicit_deny", layer, f"no {layer} policy allows {action}")


def _trace(request: Request, policies: PolicySet) -> Iterable[StatementTrace]:
    bounded = bool(policies.boundary)
    for layer, found in policies.layers:
        for policy in found:
            for statement in policy.statements:
                failed = []
                if not statement.names_action(request.folded_action):
                    failed.append("action")
                if not statement.names_resource(request.resource, request.keys):
                    failed.append("resource")
                if statement.names_principal(request.who, bounded) is None:
                    failed.append("principal")
                conditions = tuple(_failed_conditions(statement, request.keys))
                if conditions:
                    failed.append("condition")
                yield StatementTrace(
                    layer, policy.name, statement.path, statement.effect, tuple(failed), conditions
                )


def _failed_conditions(statement: Statement, context: Context) -> Iterable[ConditionTrace]:
    for condition in statement.conditions:
        reason = condition.failure(context)
        if reason:
            actual = context.get(condition.key.lower())
            yield ConditionTrace(
                condition.name,
                condition.key,
                condition.values,
                None if actual is None else tuple(actual),
                reason,
            )
