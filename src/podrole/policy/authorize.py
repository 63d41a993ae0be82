"""The decision. Source: IAM user guide, "Policy evaluation logic" (checked 2026-11-23)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .conditions import normalised
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


@dataclass(frozen=True)
class Decision:
    """Allow or deny, and what decided."""

    effect: str
    decided_by: str
    reason: str
    trace: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the request is allowed."""
        return self.effect == "allow"

    def __str__(self) -> str:
        return f"{self.effect} ({self.decided_by}): {self.reason}"


def authorize(request: Request, policies: PolicySet, *, explain: bool = False) -> Decision:  # noqa: ARG001
    """Decide a request. `explain` is kept for the trace, which is yet to come."""
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
    action = request.action.lower()
    for statement in policy.statements:
        if any(matches(glob(a), action) for a in statement.actions) == statement.not_action:
            continue
        if statement.resources is not None:
            hit = any(
                _resource(wanted, request.resource, context, policy.variables)
                for wanted in statement.resources
            )
            if hit == statement.not_resource:
                continue
        how: str | None = DIRECT
        if statement.principal is not None:
            how = matched(statement.principal, principal)
            if statement.not_principal:
                how = DIRECT if how is None or bounded else None
        if how and all(c.holds(context, variables=policy.variables) for c in statement.conditions):
            yield statement, how


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
