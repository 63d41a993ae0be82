"""Who made a call, as CloudTrail's element userIdentity says it.

Source: CloudTrail user guide, "CloudTrail userIdentity element"; IAM user guide, "Logging IAM and
AWS STS API calls with AWS CloudTrail" (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podrole.lab.clock import stamp
from podrole.lab.credentials import Caller


def caller_identity(caller: Caller) -> dict[str, Any]:
    """userIdentity of a caller who signed."""
    identity: dict[str, Any] = {
        "type": "AssumedRole" if caller.session else "IAMUser",
        "principalId": caller.unique_id,
        "arn": caller.arn,
        "accountId": caller.account,
        "accessKeyId": caller.access_key_id,
    }
    session = caller.session
    if session is None:
        return identity | _user(caller)
    context: dict[str, Any] = {
        "sessionIssuer": {
            "type": "Role",
            "principalId": session.role_id,
            "arn": caller.principal_arn,
            "accountId": session.account,
            "userName": session.role_name,
        },
        "attributes": {
            "creationDate": stamp(session.issued),
            "mfaAuthenticated": "false",
        },
    }
    if session.source_identity:
        context["sourceIdentity"] = session.source_identity
    if session.provider:
        context["webIdFederationData"] = {"federatedProvider": session.provider, "attributes": {}}
    return identity | {"sessionContext": context}


def _user(caller: Caller) -> dict[str, Any]:
    """What userIdentity says of a user, of its temporary credentials, and of whom it federates."""
    temporary = caller.user_session
    if temporary is None:
        return {"userName": caller.user_name}
    created = stamp(temporary.issued)
    context: dict[str, Any] = {"attributes": {"creationDate": created, "mfaAuthenticated": "false"}}
    if temporary.federated_name is None:
        return {"userName": caller.user_name, "sessionContext": context}
    issuer = {"type": "IAMUser", "accountId": caller.account, "userName": caller.user_name}
    return {"type": "FederatedUser", "sessionContext": {"sessionIssuer": issuer, **context}}


def web_identity(provider: str, audience: str, subject: str) -> dict[str, Any]:
    """userIdentity of AssumeRoleWithWebIdentity: the token's subject, by name."""
    return {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:{audience}:{subject}",
        "userName": subject,
        "identityProvider": provider,
    }


def service_identity(service: str) -> dict[str, Any]:
    """userIdentity of a call that an AWS service makes."""
    return {"type": "AWSService", "invokedBy": service}


def other_account(identity: Mapping[str, Any], account: str) -> dict[str, Any]:
    """The same caller as another account sees it, which is told the account and no name."""
    return {
        "type": "AWSAccount",
        "principalId": identity.get("principalId", ""),
        "accountId": identity.get("accountId", account),
    }
