"""A request, and the policies that speak of it: taken apart once, however often decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from podrole.policy.conditions import normalised
from podrole.policy.document import Policy
from podrole.policy.lazy import lazy
from podrole.policy.principals import Principal
from podrole.policy.variables import Context


@dataclass
class Request:
    """Who wants to do what to which resource. Never changed: `dataclasses.replace` makes another.

    `principal` is an ARN (user, role session, root), a service's name, a provider's ARN for a web
    identity, or `*` for nobody in particular. `context` maps condition keys to a text or a list of
    texts. `resource_account` says whose the resource is where its ARN does not.

    Attributes:
        who: the principal, taken apart.
        folded_action: the action in lowercase: actions ignore case.
    """

    principal: str
    action: str
    resource: str
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    resource_account: str | None = None
    who: Principal = field(init=False, repr=False, compare=False)
    folded_action: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.who = Principal.read(self.principal)
        self.folded_action = self.action.lower()

    @lazy
    def keys(self) -> Context:
        """The context with its keys in lowercase."""
        return normalised(self.context)

    @lazy
    def kms_key(self) -> bool:
        """Whether the resource is a KMS key, which has a policy; an alias has none."""
        parts = self.resource.split(":", 5)
        return len(parts) == 6 and parts[2] == "kms" and parts[5].startswith("key/")

    @lazy
    def same_account(self) -> bool:
        """Whether the resource is the principal's account's; so where nothing says otherwise."""
        account = self.resource_account
        if not account:
            parts = self.resource.split(":", 5)
            account = parts[4] if len(parts) == 6 else ""
        return not account or account == self.who.account


@dataclass
class PolicySet:
    """The policies that speak, by layer; in `scp`, `rcp` and `scope` each entry is a level.

    Never changed: `dataclasses.replace` makes another.

    `scope` is what GetScopedCredentials has narrowed a session to: each entry must allow, also what
    a resource policy grants (botocore 1.44.8, model of STS; checked 2026-11-28).
    """

    identity: Sequence[Policy] = ()
    resource: Policy | None = None
    boundary: Policy | Sequence[Policy] | None = None
    session: Policy | Sequence[Policy] | None = None
    scp: Sequence[Policy | Sequence[Policy]] = ()
    rcp: Sequence[Policy | Sequence[Policy]] = ()
    scope: Sequence[Policy] = ()
    endpoint: Policy | None = None  # of the VPC endpoint that the request came through

    @lazy
    def layers(self) -> list[tuple[str, Sequence[Policy]]]:
        """Each layer with its policies; SCPs and RCPs once for each level."""
        found: list[tuple[str, Sequence[Policy]]] = []
        if self.identity:
            found.append(("identity", self.identity))
        if self.resource:
            found.append(("resource", (self.resource,)))
        if self.boundary:
            found.append(("boundary", _several(self.boundary)))
        if self.session:
            found.append(("session", _several(self.session)))
        if self.endpoint:
            found.append(("endpoint", (self.endpoint,)))
        if self.scope:
            found += [("scope", (policy,)) for policy in self.scope]
        if self.scp:
            found += [("scp", _several(level)) for level in self.scp]
        if self.rcp:
            found += [("rcp", _several(level)) for level in self.rcp]
        return found


def _several(value: Policy | Sequence[Policy]) -> Sequence[Policy]:
    return (value,) if isinstance(value, Policy) else value
