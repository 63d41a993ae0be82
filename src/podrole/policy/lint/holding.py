"""What a statement holds, by which lint chooses its rules.

Most statements break no rule, and to ask each of them takes longer than to look once.
"""

from __future__ import annotations

from itertools import chain
from typing import Literal

from podrole.policy.document import Policy
from podrole.policy.statement import Statement

#: `everywhere`: it allows something on every resource. `inverse`: NotAction and its like. `sign`:
#: a letter of a template's placeholder. `wildcard`: one beside other entries of its list, or an
#: empty Sid. `resource`: one besides `*`.
Holding = Literal[
    "allow",
    "condition",
    "everywhere",
    "inverse",
    "principal",
    "resource",
    "sign",
    "trust",
    "variable",
    "wildcard",
]
#: Each placeholder has one of these.
_SIGNS = ("$", "{{", "<", "%", "__")


def held(policy: Policy, statement: Statement) -> frozenset[Holding]:
    """What lint's rules may look at in a statement of a policy."""
    found: list[Holding] = []
    actions, resources = statement.actions, statement.resources or ()
    of_actions, of_resources = "\n".join(actions), "\n".join(resources)
    others = of_resources
    if policy.kind == "trust":
        found.append("trust")
    if statement.conditions:
        found.append("condition")
        keys_and_values = [(item.key, *item.values) for item in statement.conditions]
        others += "\n".join(chain.from_iterable(keys_and_values))
    if statement.principal is not None:
        found.append("principal")
        if isinstance(statement.principal, dict):
            others += "\n".join(chain.from_iterable(statement.principal.values()))
    if statement.effect == "Allow":
        found.append("allow")
        if "*" in resources:
            found.append("everywhere")
    if statement.not_action or statement.not_resource or statement.not_principal:
        found.append("inverse")
    if of_resources != "*":
        found.append("resource")
    if any([sign in others for sign in _SIGNS]):  # noqa: C419  (a generator takes twice as long)
        found.append("sign")
    if "${" in others or "${" in of_actions:
        found.append("variable")
    starred = ("*" in of_actions and len(actions) > 1) or (
        "*" in of_resources and len(resources) > 1
    )
    if starred or statement.sid == "":
        found.append("wildcard")
    return frozenset(found)
