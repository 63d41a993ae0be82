"""Who may become a role: one decision for all ways.

A caller by AssumeRole, someone with a token by AssumeRoleWithWebIdentity, EKS for a pod, and the
role of a pod that goes on to a target role. For each one the role's trust policy must allow the
action, and for a caller that signs, as a rule, the caller's own policies too.

Actions and condition keys: service authorization reference, "AWS Security Token Service" (checked
2026-11-28).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from podrole.lab.access.authorizer import Authorizer, Denial, Requirement
from podrole.lab.access.iam_state import Entity, IamState
from podrole.lab.arn import account_of
from podrole.lab.caller import Principal, WebIdentity
from podrole.lab.protocol.call import Call
from podrole.lab.services.sts.session_request import NO_TAGS, SessionTags
from podrole.policy import Policy, parse_policy


@dataclass(frozen=True)
class Assumption:
    """The wish to become a role, and the words in which it is refused."""

    role_arn: str
    session_name: str
    denial: Denial
    tags: SessionTags = NO_TAGS
    source_identity: str | None = None
    external_id: str | None = None


class RoleAssumption:
    """Decides who may become which role."""

    def __init__(self, iam: IamState, authorizer: Authorizer) -> None:
        self._iam = iam
        self._authorizer = authorizer

    def role(self, call: Call, principal: Principal, wish: Assumption) -> Entity:
        """The role that the principal may become. Raises AwsError where it may not.

        A role that does not exist is refused in the same words.
        """
        role = self._iam.by_arn(wish.role_arn)  # with another path there is none
        context = _context(wish, role)
        trust = role.trust if role else _nobody()
        account = account_of(wish.role_arn)
        for action in _actions(principal, wish):
            requirement = Requirement(
                action, wish.role_arn, account, context, trust, denial=wish.denial
            )
            self._authorizer.check(call, principal, requirement)
        assert role is not None
        return role


def _actions(principal: Principal, wish: Assumption) -> Iterator[str]:
    if isinstance(principal, WebIdentity):
        yield "sts:AssumeRoleWithWebIdentity"
    else:
        yield "sts:AssumeRole"
    if wish.tags.tags:
        yield "sts:TagSession"
    if wish.source_identity:
        # An inherited one too: along a chain each role must allow it.
        yield "sts:SetSourceIdentity"


def _context(wish: Assumption, role: Entity | None) -> dict[str, Any]:
    keys: dict[str, Any] = {"sts:RoleSessionName": wish.session_name, **wish.tags.context}
    for key, value in (role.tags if role else {}).items():
        keys |= {f"aws:ResourceTag/{key}": value, f"iam:ResourceTag/{key}": value}
    if wish.external_id is not None:
        keys["sts:ExternalId"] = wish.external_id
    if wish.source_identity:
        keys["sts:SourceIdentity"] = wish.source_identity
    return keys


@cache
def _nobody() -> Policy:
    """The trust policy of a role that does not exist."""
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return parse_policy(document, kind="trust", name="(no such role)")
