"""The decision. Source: IAM user guide, "Policy evaluation logic" (checked 2026-11-23)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .conditions import normalised
from .decision import ConditionTrace, Decision, StatementTrace
from .document import Policy, Statement
from .patterns import ANY, glob, matches, split
from .principals import ACCOUNT_ONLY, DIRECT, Principal, matched
from .variables import Context, resolve


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
    principal = Principal.read(request.principal)
    context = normalised(request.context)
    layers = _layers(policies)
    if request.action.lower() == "sts:getcalleridentity":
        return Decision("allow", "identity", "GetCallerIdentity cannot be denied")
    web = principal.kind in ("web-identity", "service", "anonymous")
    bounded = bool(layers["boundary"])
    hits: dict[str, list[_Hit]] = {}
    for layer, found in layers.items():
        if web and layer not in ("resource", "rcp"):
            continue
        hits[layer] = [
            _Hit(statement, policy, how)
            for policy in found
            for statement, how in _applying(policy, request, principal, context, bounded)
        ]
    for layer, applying in hits.items():
        for hit in applying:
            if hit.statement.effect == "Deny":
                return Decision("explicit_deny", layer, f"{hit.where} denies {request.action}")

    def allows(layer: str) -> bool:
        return any(hit.statement.effect == "Allow" for hit in hits.get(layer, ()))

    for name, levels in (("rcp", policies.rcp), ("scp", () if web else policies.scp)):
        for level in levels:
            if not any(
                statement.effect == "Allow"
                for policy in _several(level)
                for statement, _ in _applying(policy, request, principal, context, False)
            ):
                return _implicit(name, request)
    grants = [hit for hit in hits.get("resource", ()) if hit.statement.effect == "Allow"]
    if web:
        return _allow("resource") if grants else _implicit("resource", request)
    same = request.resource_account in (None, principal.account)
    # A role's trust policy and a KMS key's policy must allow, whatever identity policies say.
    must_allow = request.action.lower() in _TRUST_ACTIONS or request.resource.split(":")[2:3] == [
        "kms"
    ]
    how = {hit.how for hit in grants}
    direct = bool(how - {ACCOUNT_ONLY})
    if same and (must_allow or direct):
        if must_allow and not grants:
            return _implicit("resource", request)
        if direct:
            if DIRECT in how or principal.kind not in ("role-session", "role"):
                return _allow("resource")
            return _limited(layers, allows, request) or _allow("resource")
    elif not same and not grants:
        return _implicit("resource" if allows("identity") else "identity", request)
    if not allows("identity"):
        return _implicit("identity", request)
    return _limited(layers, allows, request) or _allow("identity")


_TRUST_ACTIONS = {
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setsourceidentity",
    "sts:tagsession",
}


def _limited(layers: Mapping[str, list[Policy]], allows: Any, request: Request) -> Decision | None:
    for layer in ("boundary", "session"):
        if layers[layer] and not allows(layer):
            return _implicit(layer, request)
    return None


def _allow(layer: str) -> Decision:
    return Decision("allow", layer, f"allowed by the {layer} policy")


def _implicit(layer: str, request: Request) -> Decision:
    return Decision("implicit_deny", layer, f"no {layer} policy allows {request.action}")


@dataclass(frozen=True)
class _Hit:
    statement: Statement
    policy: Policy
    how: str

    @property
    def where(self) -> str:
        return f"{self.policy.name or self.policy.kind} {self.statement.path}"


def _layers(policies: PolicySet) -> dict[str, list[Policy]]:
    return {
        "identity": list(policies.identity),
        "resource": [policies.resource] if policies.resource else [],
        "boundary": _several(policies.boundary),
        "session": _several(policies.session),
        "scp": [p for level in policies.scp for p in _several(level)],
        "rcp": [p for level in policies.rcp for p in _several(level)],
    }


def _several(value: Policy | Sequence[Policy] | None) -> list[Policy]:
    return [] if value is None else [value] if isinstance(value, Policy) else list(value)


def _applying(
    policy: Policy, request: Request, principal: Principal, context: Context, bounded: bool
) -> Iterable[tuple[Statement, str]]:
    """The statements that speak of the request, and how each one names its principal."""
    for statement in policy.statements:
        if not _names_action(statement, request.action):
            continue
        if not _names_resource(statement, request.resource, context, policy.variables):
            continue
        how = _names_principal(statement, principal, bounded)
        if how and all(c.holds(context, variables=policy.variables) for c in statement.conditions):
            yield statement, how


def _names_action(statement: Statement, action: str) -> bool:
    action = action.lower()
    found = any(matches(glob(pattern), action) for pattern in statement.actions)
    return found != statement.not_action


def _names_resource(statement: Statement, resource: str, context: Context, variables: bool) -> bool:
    if statement.resources is None:
        return True
    found = any(_resource(wanted, resource, context, variables) for wanted in statement.resources)
    return found != statement.not_resource


def _names_principal(statement: Statement, principal: Principal, bounded: bool) -> str | None:
    if statement.principal is None:
        return DIRECT
    how = matched(statement.principal, principal)
    if not statement.not_principal:
        return how
    # NotPrincipal with Deny always hits a principal that has a permissions boundary.
    return DIRECT if how is None or bounded else None


def _trace(request: Request, policies: PolicySet) -> Iterable[StatementTrace]:
    principal = Principal.read(request.principal)
    context = normalised(request.context)
    layers = _layers(policies)
    for layer, found in layers.items():
        for policy in found:
            for statement in policy.statements:
                failed, conditions = [], []
                if not _names_action(statement, request.action):
                    failed.append("action")
                if not _names_resource(statement, request.resource, context, policy.variables):
                    failed.append("resource")
                if not _names_principal(statement, principal, bool(layers["boundary"])):
                    failed.append("principal")
                for condition in statement.conditions:
                    reason = condition.failure(context, variables=policy.variables)
                    if reason:
                        actual = context.get(condition.key.lower())
                        conditions.append(
                            ConditionTrace(
                                condition.name,
                                condition.key,
                                condition.values,
                                None if actual is None else tuple(actual),
                                reason,
                            )
                        )
                if conditions:
                    failed.append("condition")
                yield StatementTrace(
                    layer,
                    policy.name,
                    statement.path,
                    statement.effect,
                    tuple(failed),
                    tuple(conditions),
                )


def _resource(wanted: str, actual: str, context: Context, variables: bool) -> bool:
    if wanted == "*":
        return True
    pattern = resolve(wanted, context, wild=True) if variables else glob(wanted)
    if pattern is None:
        return False
    if actual == "*":
        return False
    pieces, parts = split(pattern, 6), actual.split(":", 5)
    if len(pieces) < len(parts):
        head = pieces[:-1]
        rest = ":".join(parts[len(head) :])
        open_end = bool(pieces[-1]) and pieces[-1][-1] is ANY
        return open_end and all(map(matches, head, parts)) and matches(pieces[-1], rest)
    return len(pieces) == len(parts) and all(map(matches, pieces, parts))
