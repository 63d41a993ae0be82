"""A request, and the policies that speak of it: taken apart once, however often decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from podrole.policy.conditions import normalised
from podrole.policy.document import Policy
from podrole.policy.principals import Principal
from podrole.policy.variables import Context


@dataclass(frozen=True)
class Request:
    """Who wants to do what to which resource.

    `principal` is an ARN (user, role session, root), a service's name, a provider's ARN for a web
    identity, or `*` for nobody in particular. `context` maps condition keys to a text or a list of
    texts. `resource_account` says whose the resource is where its ARN does not.
    """

    principal: str
    action: str
    resource: str
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    resource_account: str | None = None

    @cached_property
    def who(self) -> Principal:
        """The principal, taken apart."""
        return Principal.read(self.principal)

    @cached_property
    def folded_action(self) -> str:
        """The action in lowercase: actions ignore case."""
        return self.action.lower()

    @cached_property
    def keys(self) -> Context:
        """The context with its keys in lowercase."""
        return normalised(self.context)

    @cached_property
    def _parts(self) -> list[str]:
        return self.resource.split(":", 5)

    @cached_property
    def kms_key(self) -> bool:
        """Whether the resource is a KMS key, which has a policy; an alias has none."""
        parts = self._parts
        return len(parts) == 6 and parts[2] == "kms" and parts[5].startswith("key/")

    @cached_property
    def same_account(self) -> bool:
        """Whether the resource is the principal's account's; so where nothing says otherwise."""
        parts = self._parts
        account = self.resource_account or (parts[4] if len(parts) == 6 else "")
        return not account or account == self.who.account


@dataclass(frozen=True)
class PolicySet:
    """The policies that speak, by layer; in `scp`, `rcp` and `scope` each entry is a level.

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

    @cached_property
    def layers(self) -> list[tuple[str, Sequence[Policy]]]:
        """Each layer with its policies; SCPs and RCPs once for each level."""
        found: list[tuple[str, Sequence[Policy]]] = []
        for name in ("identity", "resource", "boundary", "session", "endpoint"):
            value = getattr(self, name)
            if value:
                found.append((name, _several(value)))
        found += [("scope", (policy,)) for policy in self.scope]
        found += [("scp", _several(level)) for level in self.scp]
        found += [("rcp", _several(level)) for level in self.rcp]
        return found


def _several(value: Policy | Sequence[Policy]) -> Sequence[Policy]:
    return (value,) if isinstance(value, Policy) else value
