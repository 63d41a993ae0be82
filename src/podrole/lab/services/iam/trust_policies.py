"""Trust policies on their way in, and what becomes of the principals that they name.

IAM user guide, "Policy elements: Principal": a user's or role's ARN in a trust policy becomes its
unique id when the policy is saved, shows as the ARN while that principal exists and as the id once
it is deleted, and a new principal of the same name is not meant (checked 2026-11-23).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from podrole.lab.access.iam_state import IamState
from podrole.lab.aws_error import AwsError
from podrole.lab.moto_adapter import iam as moto_iam
from podrole.policy import PolicyError, parse_policy

_ACCOUNT = re.compile(r"[0-9]{12}|arn:aws:iam::[0-9]{12}:root")
_ENTITY = re.compile(r"arn:aws:iam::([0-9]{12}):(?:user|role)/[^*?]+")
_SESSION = re.compile(r"arn:aws:sts::[0-9]{12}:(?:assumed-role/[^/*?]+|federated-user)/[^/*?]+")
_UNIQUE_ID = re.compile(r"(?:AIDA|AROA)[A-Z0-9]{12,}")
_SERVICE = re.compile(r"[a-z0-9.-]+\.[a-z]+")
#: How service principals of other partitions end; that this one refuses them is inferred.
_FOREIGN_SERVICE = (".amazonaws.com.cn", ".amazonaws.eu")
_DOMAIN = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
_FEDERATED = re.compile(
    rf"{_DOMAIN}|arn:aws[a-z-]*:iam::[0-9]{{12}}:"
    rf"(?:saml-provider/[\w.-]+|oidc-provider/{_DOMAIN}(?::[0-9]+)?(?:/[^\s*?:]*)?)"
)


def _malformed(reason: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", reason)


class TrustPolicies:
    """The trust policies of all roles."""

    def __init__(self, state: IamState, changed: Callable[[str], None]) -> None:
        """`changed(account)` is called where a trust policy has become another one."""
        self._state = state
        self._changed = changed

    def checked(self, text: str) -> str:
        """The trust policy to save. Raises AwsError (MalformedPolicyDocument).

        AWS's texts where they are known (terraform-provider-aws #8905, terraform-aws-iam #202,
        localstack's recordings of AWS of 2026-02-11), else the lab's own reason.
        """
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            raise _malformed("This policy contains invalid Json") from None
        for statement in _statements(document):
            if "Resource" in statement:
                raise _malformed("Has prohibited field Resource")
            if "Principal" not in statement and "NotPrincipal" not in statement:
                raise _malformed("Missing required field Principal")
        try:
            policy = parse_policy(document, kind="trust")
        except PolicyError as error:
            raise _malformed(f"lab: {error}") from error
        if any(not name.startswith("sts:") for item in policy.statements for name in item.actions):
            raise _malformed("AssumeRole policy may only specify STS AssumeRole actions.")
        changed = False
        for statement in _statements(document):
            changed = self._resolve_principals(statement) or changed
        return json.dumps(document) if changed else text

    def _resolve_principals(self, statement: dict[str, Any]) -> bool:
        """Check each principal; a unique id becomes the ARN that IAM would show for it."""
        principal = statement.get("Principal")
        if not isinstance(principal, dict):
            return False
        for service in _listed(principal.get("Service", [])):
            if not _SERVICE.fullmatch(service) or service.endswith(_FOREIGN_SERVICE):
                raise _malformed(f'Invalid principal in policy: "SERVICE":"{service}"')
        for provider in _listed(principal.get("Federated", [])):
            if not _FEDERATED.fullmatch(provider):
                raise _malformed(
                    "Federated principals must be valid domain names or SAML metadata ARNs"
                )
        named = _listed(principal.get("AWS", []))
        resolved = [self._resolved(value) for value in named]
        if resolved == named:
            return False
        principal["AWS"] = resolved
        return True

    def _resolved(self, value: str) -> str:
        if value == "*" or _ACCOUNT.fullmatch(value) or _SESSION.fullmatch(value):
            return value
        entity = _ENTITY.fullmatch(value)
        # Of accounts outside of the lab nothing is known: what they hold is taken as given.
        if entity and (entity[1] not in self._state.accounts or self._state.by_arn(value)):
            return value
        arn = self._state.arn_of(value) if _UNIQUE_ID.fullmatch(value) else None
        if arn is None:
            raise _malformed(f'Invalid principal in policy: "AWS":"{value}"')
        return arn

    def rename(self, arn: str, becomes: str) -> None:
        """A principal has gone (`becomes` its unique id) or has another ARN from now on."""
        for account in sorted(self._state.accounts):
            for name, text in self._state.trust_documents(account):
                if f'"{arn}"' not in text:
                    continue
                document = json.loads(text)
                for statement in _statements(document):
                    principal = statement.get("Principal")
                    if isinstance(principal, dict) and "AWS" in principal:
                        values = [becomes if v == arn else v for v in _listed(principal["AWS"])]
                        principal["AWS"] = values if len(values) > 1 else values[0]
                moto_iam.set_trust_policy(account, name, json.dumps(document))
                self._changed(account)


def _statements(document: Any) -> list[dict[str, Any]]:
    found = document.get("Statement", []) if isinstance(document, dict) else []
    return [item for item in _listed(found) if isinstance(item, dict)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
