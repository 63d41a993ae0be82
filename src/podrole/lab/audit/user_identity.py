"""Who made a call, as CloudTrail's element userIdentity says it.

Source: CloudTrail user guide, "CloudTrail userIdentity element"; IAM user guide, "Logging IAM and
AWS STS API calls with AWS CloudTrail" (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podrole.lab.caller import AssumedRole, Caller, FederatedUser, User
from podrole.lab.clock import stamp
from podrole.lab.credentials import Session, UserSession


def caller_identity(caller: Caller) -> dict[str, Any]:
    """userIdentity of a caller who signed."""
    identity: dict[str, Any] = {
        "type": _TYPES[type(caller)],
        "principalId": caller.unique_id,
        "arn": caller.arn,
        "accountId": caller.account,
        "accessKeyId": caller.access_key_id,
    }
    match caller:
        case AssumedRole(session):
            context: dict[str, Any] = {"sessionIssuer": _role(session), **_attributes(session)}
            if session.source_identity:
                context["sourceIdentity"] = session.source_identity
            if session.provider:
                federation = {"federatedProvider": session.provider, "attributes": {}}
                context["webIdFederationData"] = federation
            return identity | {"sessionContext": context}
        case FederatedUser(session):
            issuer = {
                "type": "IAMUser",
                "accountId": session.account,
                "userName": session.user_name,
            }
            context = {"sessionIssuer": issuer, **_attributes(session)}
            return identity | {"sessionContext": context}
        case User():
            identity["userName"] = caller.name
            if caller.session is not None:
                identity["sessionContext"] = _attributes(caller.session)
            return identity


_TYPES = {AssumedRole: "AssumedRole", FederatedUser: "FederatedUser", User: "IAMUser"}


def _attributes(session: Session | UserSession) -> dict[str, Any]:
    created = stamp(session.issued)
    return {"attributes": {"creationDate": created, "mfaAuthenticated": "false"}}


def _role(session: Session) -> dict[str, str]:
    return {
        "type": "Role",
        "principalId": session.role_id,
        "arn": session.role_arn,
        "accountId": session.account,
        "userName": session.role_name,
    }


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
