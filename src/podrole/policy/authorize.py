"""The decision. Source: IAM user guide, "Policy evaluation logic" (checked 2026-11-23)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from .conditions import normalised
from .decision import ConditionTrace, Decision, StatementTrace
from .document import Policy, Statement
from .principals import ACCOUNT_ONLY, DIRECT, Principal, matched
from .variables import Context


@dataclass(frozen=True)
class Request:
    """Who wants to do what to which resource."""

    principal: str
    action: str
    resource: str
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    resource_account: str | None = None


@dataclass(frozen=True)
class PolicySet:
    """The policies that speak, by layer."""

    identity: Sequence[Policy] = ()
    resource: Policy | None = None
    boundary: Policy | Sequence[Policy] | None = None
    session: Policy | Sequence[Policy] | None = None
    scp: Sequence[Sequence[Policy]] = ()
    rcp: Sequence[Sequence[Policy]] = ()


def authorize(request: Request, policies: PolicySet, *, explain: bool = False) -> Decision:
    """Decide a request by all policies that speak. `explain` adds a trace of each statement.

    The layers, their order and their exceptions: IAM user guide, "Policy evaluation logic" and
    "Cross-account policy evaluation logic".
    """
    decision = _decide(request, policies)
    if explain:
        decision = replace(decision, trace=tuple(_trace(request, policies)))
    return decision


def _decide(request: Request, policies: PolicySet) -> Decision:
    action = request.action.lower()
    if action == "sts:getcalleridentity":
        return Decision("allow", "identity", "GetCallerIdentity cannot be denied")
    principal = Principal.read(request.principal)
    context = normalised(request.context)
    outsider = principal.kind in _OUTSIDERS
    bounded = bool(policies.boundary)
    allows: dict[str, bool] = {}
    how: set[str] = set()
    for layer, found in _layers(policies):
        if outsider and layer not in ("resource", "rcp"):
            continue
        allowed = False
        for policy in found:
            for statement in policy.concerning(action, request.resource):
                named = _names_principal(statement, principal, bounded)
                if (
                    named is None
                    or not statement.names_resource(request.resource, context)
                    or not all(condition.holds(context) for condition in statement.conditions)
                ):
                    continue
                if statement.effect == "Deny":
                    where = f"{policy.name or policy.kind} {statement.path}"
                    return Decision("explicit_deny", layer, f"{where} denies {request.action}")
                allowed = True
                if layer == "resource":
                    how.add(named)
        # Several levels have the name of their layer: each of them must allow.
        allows[layer] = allowed and allows.get(layer, True)
    for layer in ("rcp", "scp"):
        if not allows.get(layer, True):
            return _implicit(layer, request.action)
    if outsider:
        return _allow("resource") if how else _implicit("resource", request.action)
    return _combined(request, action, principal, policies, allows, how)


def _combined(
    request: Request,
    action: str,
    principal: Principal,
    policies: PolicySet,
    allows: Mapping[str, bool],
    how: set[str],
) -> Decision:
    """Identity and resource policies together, once nothing denies; `how` the resource grants."""
    parts = request.resource.split(":", 5)
    account = request.resource_account or (parts[4] if len(parts) == 6 else "")
    same = not account or account == principal.account
    identity = allows.get("identity", False) or (principal.kind == "root" and same)
    # A role's trust policy and a KMS key's policy must allow, whatever identity policies say.
    must_allow = action in _TRUST_ACTIONS or parts[2:3] == ["kms"]
    if (must_allow or not same) and not how:
        return _implicit("resource" if identity or must_allow else "identity", request.action)
    if same and how - {ACCOUNT_ONLY}:
        if DIRECT in how or principal.kind not in ("role-session", "role"):
            return _allow("resource")
        return _limited(policies, allows, request) or _allow("resource")
    if not identity:
        return _implicit("identity", request.action)
    return _limited(policies, allows, request) or _allow("identity")


#: Principals that no identity policy speaks of.
_OUTSIDERS = {"web-identity", "service", "anonymous"}
_TRUST_ACTIONS = {
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setsourceidentity",
    "sts:tagsession",
}


def _limited(policies: PolicySet, allows: Mapping[str, bool], request: Request) -> Decision | None:
    for layer, policy in (("boundary", policies.boundary), ("session", policies.session)):
        if policy and not allows.get(layer, False):
            return _implicit(layer, request.action)
    return None


@lru_cache
def _allow(layer: str) -> Decision:
    return Decision("allow", layer, f"allowed by the {layer} policy")


@lru_cache(maxsize=4096)
def _implicit(layer: str, action: str) -> Decision:
    return Decision("implicit_deny", layer, f"no {layer} policy allows {action}")


def _layers(policies: PolicySet) -> Iterable[tuple[str, Sequence[Policy]]]:
    """Each layer with its policies; SCPs and RCPs once for each level."""
    if policies.identity:
        yield "identity", policies.identity
    if policies.resource is not None:
        yield "resource", (policies.resource,)
    if policies.boundary:
        yield "boundary", _several(policies.boundary)
    if policies.session:
        yield "session", _several(policies.session)
    for level in policies.scp:
        yield "scp", _several(level)
    for level in policies.rcp:
        yield "rcp", _several(level)


def _several(value: Policy | Sequence[Policy]) -> Sequence[Policy]:
    return (value,) if isinstance(value, Policy) else value


def _names_principal(statement: Statement, principal: Principal, bounded: bool) -> str | None:
    if statement.principal is None:
        return DIRECT
    how = matched(statement.principal, principal)
    if not statement.not_principal:
        return how
    # NotPrincipal with Deny always hits a principal that has a permissions boundary.
    return DIRECT if how is None or bounded else None


def _trace(request: Request, policies: PolicySet) -> Iterable[StatementTrace]:
    action = request.action.lower()
    principal = Principal.read(request.principal)
    context = normalised(request.context)
    bounded = bool(policies.boundary)
    for layer, found in _layers(policies):
        for policy in found:
            for statement in policy.statements:
                failed = []
                if not statement.names_action(action):
                    failed.append("action")
                if not statement.names_resource(request.resource, context):
                    failed.append("resource")
                if _names_principal(statement, principal, bounded) is None:
                    failed.append("principal")
                conditions = tuple(_failed_conditions(statement, context))
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
