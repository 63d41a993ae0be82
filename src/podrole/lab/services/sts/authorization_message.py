"""Encoded authorization failure messages, and what STS decodes them to.

AWS puts them into refusals of a few services, EC2 foremost, none of which the lab carries: so no
refusal of the lab's has one. `Lab.authorization_message()` encodes the last refusal, and
DecodeAuthorizationMessage reads it. What a message holds: STS API reference,
DecodeAuthorizationMessage, and aws-sdk-go #1536; the encoding is AWS's secret, this one is the
lab's own (checked 2026-11-23).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from podrole.lab.access.authorizer import Refusal
from podrole.lab.aws_error import AwsError
from podrole.policy import PolicySet, Request, authorize
from podrole.policy.statement import Statement

_DIGEST = 12


def encoded(refusal: Refusal) -> str:
    """The message for a refusal."""
    document = json.dumps(_message(refusal), separators=(",", ":")).encode()
    digest = hashlib.sha256(document).digest()[:_DIGEST]
    return base64.urlsafe_b64encode(digest + zlib.compress(document, 9)).decode().rstrip("=")


def decoded(message: str) -> str:
    """The JSON text in a message. Raises AwsError (InvalidAuthorizationMessageException)."""
    try:
        data = base64.b64decode(message + "=" * (-len(message) % 4), altchars=b"-_", validate=True)
        document = zlib.decompress(data[_DIGEST:])
        if hashlib.sha256(document).digest()[:_DIGEST] != data[:_DIGEST]:
            raise ValueError
    except (ValueError, binascii.Error, zlib.error):
        raise AwsError(
            "InvalidAuthorizationMessageException", "lab: no message that the lab has encoded"
        ) from None
    return document.decode()


def _message(refusal: Refusal) -> dict[str, Any]:
    principal, request, policies = refusal.principal, refusal.request, refusal.policies
    decision = authorize(request, policies)
    explicit = decision.effect == "explicit_deny"
    denying = _denying(request, policies) if explicit else []
    return {
        "allowed": decision.allowed,
        "explicitDeny": explicit,
        "matchedStatements": _items(_statement(item) for item in denying),
        "failures": _items([]),
        "context": {
            "principal": {
                "id": principal.unique_id,
                "name": principal.name,
                "arn": principal.arn,
            },
            "action": request.action,
            "resource": request.resource,
            "conditions": _items(
                {"key": key, "values": _values([value] if isinstance(value, str) else value)}
                for key, value in sorted(request.context.items())
            ),
        },
    }


def _denying(request: Request, policies: PolicySet) -> list[Statement]:
    return [
        item
        for _, found in policies.layers
        for policy in found
        for item in policy.concerning(request.folded_action, request.resource)
        if item.effect == "Deny"
        and item.names_resource(request.resource, request.keys)
        and item.names_principal(request.who, bool(policies.boundary)) is not None
        and item.conditions_hold(request.keys)
    ]


def _statement(item: Statement) -> dict[str, Any]:
    return {
        "statementId": item.sid or "",
        "effect": "DENY",
        "actions": _values(item.actions),
        "resources": _values(item.resources or ()),
        "conditions": _items(
            {"key": condition.key, "values": _values(condition.values)}
            for condition in item.conditions
        ),
    }


def _values(values: Sequence[str]) -> dict[str, Any]:
    return _items({"value": value} for value in values)


def _items(items: Iterable[Any]) -> dict[str, Any]:
    return {"items": list(items)}
