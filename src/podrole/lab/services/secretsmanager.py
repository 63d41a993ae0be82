"""Secrets Manager beside moto: secrets by their full ARN, their policies and their keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from podrole.lab.access.action_table import ResourceType, Row
from podrole.lab.access.authorizer import Denial, Requirement
from podrole.lab.access.data_service import DataService, Resource, resource_policy
from podrole.lab.access.service import Answer
from podrole.lab.arn import account_of
from podrole.lab.audit.events import Events
from podrole.lab.caller import Caller
from podrole.lab.moto_adapter.backend import Moto
from podrole.lab.protocol.call import Call
from podrole.lab.services.kms import Kms

#: github.com/external-secrets/external-secrets/issues/390 shows code and message.
_KEY_DENIAL = Denial(
    code="AccessDeniedException", status=400, message="Access to KMS is not allowed"
)
#: What each call needs of the key (Secrets Manager user guide, "Secret encryption and decryption").
_KEY_ACTIONS = {
    "CreateSecret": ("kms:GenerateDataKey", "kms:Decrypt"),
    "GetSecretValue": ("kms:Decrypt",),
    "PutSecretValue": ("kms:GenerateDataKey", "kms:Decrypt"),
    "UpdateSecret": ("kms:GenerateDataKey", "kms:Decrypt"),
}


class _Events(Events):
    secret = frozenset({"SecretString", "SecretBinary"})


class SecretsManager(DataService):
    """Secrets Manager: a name or a partial ARN means the secret's full ARN."""

    events = _Events()

    def __init__(self, moto: Moto, keys: Kms) -> None:
        super().__init__("secretsmanager", moto)
        self._keys = keys

    def locate(self, call: Call, caller: Caller, type_: ResourceType, name: str) -> tuple[str, str]:
        """The secret's full ARN; of one that does not exist, the ARN by which it is asked for."""
        account = account_of(name) or caller.account
        if call.name == "CreateSecret":
            # The six letters at the end are drawn when the secret is made.
            return type_.arn(call.region, account, f"{name}-xxxxxx"), account
        found = self._described(call, account, name).get("ARN")
        return str(found) if found else super().locate(call, caller, type_, name)[0], account

    def found(self, call: Call, caller: Caller, row: Row, arn: str, account: str) -> Resource:
        """The secret with its policy and its tags; refusals name it as the call does."""
        if call.name == "CreateSecret":
            return Resource(arn, account)
        shown = str(call.parameters["SecretId"])
        found = self._described(call, account, arn)
        if not found:
            return Resource(arn, account, shown=shown)
        text = self.ask(call, account, "GetResourcePolicy", SecretId=arn).get("ResourcePolicy")
        policy = resource_policy(text, f"policy of {arn}")
        tags = {tag["Key"]: tag.get("Value", "") for tag in found.get("Tags", [])}
        return Resource(arn, account, policy, tags, {"secretsmanager:SecretId": arn}, shown)

    def further(self, call: Call, caller: Caller) -> Iterable[Requirement]:
        """The customer's key of a secret, by the same caller."""
        parameters = call.parameters
        if call.name == "UpdateSecret" and not {"SecretString", "SecretBinary"} & set(parameters):
            return
        for action in _KEY_ACTIONS.get(call.name, ()):
            type_ = self.table.resources["Secret"]
            name = parameters["Name" if call.name == "CreateSecret" else "SecretId"]
            arn, account = self.locate(call, caller, type_, name)
            found = self._described(call, account, arn)
            key = parameters.get("KmsKeyId") or found.get("KmsKeyId")
            if not key:
                return
            context = {"SecretARN": arn}
            version = _version(parameters, found)
            if version is not None:
                context["SecretVersionId"] = version
            yield from self._keys.used_by(
                "secretsmanager", call, caller, action, key, account, context, _KEY_DENIAL
            )

    def _described(self, call: Call, account: str, name: str) -> Mapping[str, Any]:
        return self.ask(call, account, "DescribeSecret", SecretId=name)

    def before_moto(self, call: Call) -> Answer | None:
        """Refuse a malformed resource policy. The code is AWS's, the reason the lab's."""
        if call.name == "PutResourcePolicy":
            text = call.parameters["ResourcePolicy"]
            code = "MalformedPolicyDocumentException"
            resource_policy(text or "{}", "ResourcePolicy", code=code)
        return None


def _version(parameters: Mapping[str, Any], found: Mapping[str, Any]) -> str | None:
    """The version that is read or written: new ones take the id of the SDK's request token."""
    named = parameters.get("VersionId") or parameters.get("ClientRequestToken")
    if named:
        return str(named)
    stage = parameters.get("VersionStage", "AWSCURRENT")
    for version, stages in (found.get("VersionIdsToStages") or {}).items():
        if stage in stages:
            return str(version)
    return None
