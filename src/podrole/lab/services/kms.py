"""KMS beside moto: keys by any of their names, their policies and states, use by other services.

Texts of refusals: localstack/localstack, tests/aws/services/kms/test_kms.snapshot.json, recorded at
AWS from 2023 to 2025 (checked 2026-11-29).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from podrole.lab.access.action_table import ResourceType, Row
from podrole.lab.access.authorizer import Denial, Requirement, delegated_to
from podrole.lab.access.data_service import DataService, Resource, resource_policy
from podrole.lab.access.service import Answer
from podrole.lab.audit.events import Events
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.moto_adapter import kms as moto_kms
from podrole.lab.moto_adapter.backend import Moto
from podrole.lab.protocol.call import Call
from podrole.partitions import host_suffix
from podrole.policy import Policy

#: moto's ciphertext begins with the id of its key.
_ID_LENGTH = 36
_AWS_MANAGED = "alias/aws/"
_ALIAS_PREFIX = (
    'Alias must start with the prefix "alias/". Please see'
    " https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
)
_METADATA_KEYS = {
    "kms:KeyOrigin": "Origin",
    "kms:KeySpec": "KeySpec",
    "kms:KeyUsage": "KeyUsage",
    "kms:MultiRegion": "MultiRegion",
}
#: Calls that use a key, which a disabled key refuses (KMS developer guide, Key states).
_USES = ("Decrypt", "Encrypt", "Generate", "ReEncrypt", "Sign", "Verify", "DeriveShared")
_KEY_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")
_MALFORMED = "MalformedPolicyDocumentException"
#: Parameters by which a call names a key: where they hold an alias, it is kms:RequestAlias.
_KEY_PARAMETERS = {
    "kms:ReEncryptFrom": "SourceKeyId",
    "kms:ReEncryptTo": "DestinationKeyId",
}


class _Events(Events):
    reads = (*Events.reads, "Decrypt", "Encrypt", "GenerateData")
    secret = frozenset({"Plaintext", "Message"})


class Kms(DataService):
    """KMS: a decision is about the key, whichever name the call has for it."""

    events = _Events()

    def __init__(self, moto: Moto) -> None:
        super().__init__("kms", moto)
        #: Key id and region to the account that made it: a ciphertext names no account.
        self._owners: dict[tuple[str, str], str] = {}

    # -- names ---------------------------------------------------------------------------

    def locate(self, call: Call, caller: Caller, type_: ResourceType, name: str) -> tuple[str, str]:
        """A key by id, ARN, alias, alias ARN or a ciphertext; an alias by its name."""
        if type_.name == "alias":
            return super().locate(call, caller, type_, name.removeprefix("alias/"))
        if name == call.parameters.get("CiphertextBlob"):
            return self._of_ciphertext(call, type_, name)
        return self.key(call, caller.account, name)

    def key(self, call: Call, account: str, name: str) -> tuple[str, str]:
        """ARN and account of the key of that name, as seen from an account.

        Raises AwsError (NotFoundException) for an alias that does not exist.
        """
        key, alias = self.table.resources["key"], self.table.resources["alias"]
        for type_ in (key, alias):
            parts = type_.read(name)
            if parts is not None:
                account = parts["account"]
                name = parts["KeyId"] if type_ is key else f"alias/{parts['Alias']}"
                break
        if name.startswith("alias/"):
            found = self.ask(call, account, "DescribeKey", KeyId=name)
            if not found:
                arn = alias.arn(call.region, account, name.removeprefix("alias/"))
                raise AwsError("NotFoundException", f"Alias {arn} is not found.")
            return str(found["KeyMetadata"]["Arn"]), account
        arn = key.arn(call.region, account, name)
        if key.read(arn) is None or not _KEY_ID.fullmatch(name):
            raise AwsError("NotFoundException", f"Invalid keyId '{name}'")
        return arn, account

    def _of_ciphertext(self, call: Call, type_: ResourceType, blob: str) -> tuple[str, str]:
        try:
            key_id = base64.b64decode(blob, validate=True)[:_ID_LENGTH].decode("ascii")
            account = self._owners[key_id, call.region]
        except (binascii.Error, ValueError, KeyError) as error:
            # Documented without a message.
            raise AwsError("InvalidCiphertextException", "lab: no key made this") from error
        return type_.arn(call.region, account, key_id), account

    # -- decisions -----------------------------------------------------------------------

    def found(self, call: Call, caller: Caller, row: Row, arn: str, account: str) -> Resource:
        """The key with its policy; an alias has none, so its account's identity policies decide."""
        if row.type is not None and row.type.name == "alias":
            return Resource(arn, account, keys={"kms:CallerAccount": caller.account})
        resource = self._key(call, arn, account, caller.account)
        alias = self._request_alias(call, row)
        if alias is None:
            return resource
        keys = {**resource.keys, "kms:RequestAlias": alias}
        return Resource(arn, account, resource.policy, resource.tags, keys)

    def every(self, call: Call, caller: Caller, row: Row) -> Resource:
        """A key that is still to be made has no policy: its account's identity policies decide."""
        resource = super().every(call, caller, row)
        keys = {"kms:CallerAccount": caller.account}
        policy = None if row.type is None else delegated_to(resource.account)
        return Resource(resource.arn, resource.account, policy, keys=keys)

    def _request_alias(self, call: Call, row: Row) -> str | None:
        name = str(call.parameters.get(_KEY_PARAMETERS.get(row.action, "KeyId")) or "")
        return "alias/" + name.partition("alias/")[2] if "alias/" in name else None

    def _key(self, call: Call, arn: str, account: str, caller_account: str) -> Resource:
        keys: dict[str, Any] = {"kms:CallerAccount": caller_account}
        found = self.ask(call, account, "DescribeKey", KeyId=arn).get("KeyMetadata")
        if found is None:
            # In one's own account one is told that it is not there.
            own = delegated_to(account) if account == caller_account else None
            return Resource(arn, account, own, keys=keys)
        for key, member in _METADATA_KEYS.items():
            if member in found:
                keys[key] = str(found[member]).lower() if member == "MultiRegion" else found[member]
        aliases = self._aliases(call, arn, account)
        if aliases:
            keys["kms:ResourceAliases"] = aliases
        tags = self.ask(call, account, "ListResourceTags", KeyId=arn).get("Tags", [])
        text = self.ask(call, account, "GetKeyPolicy", KeyId=arn, PolicyName="default")
        policy = resource_policy(text.get("Policy"), f"key policy of {arn}", code=_MALFORMED)
        if any(name.startswith(_AWS_MANAGED) for name in aliases):
            policy = _aws_managed(account)
        return Resource(
            arn, account, policy, {tag["TagKey"]: tag["TagValue"] for tag in tags}, keys
        )

    def _aliases(self, call: Call, arn: str, account: str) -> list[str]:
        found = self.ask(call, account, "ListAliases", KeyId=arn).get("Aliases", [])
        return [item["AliasName"] for item in found]

    def used_by(
        self,
        service: str,
        call: Call,
        caller: Caller,
        action: str,
        name: str,
        account: str,
        context: Mapping[str, str],
        denial: Denial,
    ) -> Iterator[Requirement]:
        """What a caller needs of the key with which a service encrypts; nothing of AWS's own keys.

        The service calls KMS as its caller: kms:ViaService is the service's host name in the call's
        region, which ends as its partition's names do (inferred outside aws), and the encryption
        context is the one that the service documents. `name` is the key's as seen
        from `account`, which holds the encrypted resource.
        """
        if name.startswith(_AWS_MANAGED) or f":{_AWS_MANAGED}" in name:
            # Whoever may use the service may use its key ("AWS managed keys", key policy).
            return
        arn, owner = self.key(call, account, name)
        resource = self._key(call, arn, owner, caller.account)
        keys: dict[str, Any] = {
            **resource.keys,
            "kms:ViaService": f"{service}.{call.region}.{host_suffix(call.region)}",
            "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "kms:EncryptionContextKeys": list(context),
            "aws:ViaAWSService": "true",
            "aws:ResourceAccount": owner,
        }
        keys |= {f"kms:EncryptionContext:{key}": value for key, value in context.items()}
        keys |= {f"aws:ResourceTag/{key}": value for key, value in resource.tags.items()}
        yield Requirement(action, arn, owner, keys, resource.policy, None, denial)

    # -- moto ----------------------------------------------------------------------------

    def before_moto(self, call: Call) -> Answer | None:
        """Refuse aliases, tags, policies and states of keys that KMS refuses and moto takes.

        A call about a key's policy gets the name of the one that keys have. Raises AwsError.
        """
        alias = str(call.parameters.get("AliasName"))
        if call.name.endswith("Alias") and alias.startswith(_AWS_MANAGED):
            # moto's code for CreateAlias; what AWS says is not known.
            raise AwsError("NotAuthorizedException", f"lab: {_AWS_MANAGED} is AWS's own prefix")
        if call.name == "CreateAlias" and not alias.startswith("alias/"):
            raise AwsError("ValidationException", _ALIAS_PREFIX)
        if call.name.startswith(_USES):
            self._check_state(call)
        if call.name in ("CreateKey", "TagResource"):
            _check_tags(call.parameters.get("Tags") or ())
        if call.name in ("CreateKey", "PutKeyPolicy"):
            resource_policy(call.parameters.get("Policy"), "Policy", code=_MALFORMED)
        if call.name in ("GetKeyPolicy", "PutKeyPolicy"):
            named = {"PolicyName": "default", **call.parameters}
            call.replace_body(json.dumps(named).encode())
        return None

    def _check_state(self, call: Call) -> None:
        """Raise AwsError for a key that is disabled or waits for its end."""
        assert call.caller is not None
        for member in ("KeyId", "SourceKeyId", "DestinationKeyId"):
            if not call.parameters.get(member):
                continue
            arn, account = self.key(call, call.caller.account, str(call.parameters[member]))
            state = moto_kms.key_state(account, call.region, arn.rpartition("/")[2])
            if state == "Disabled":
                raise AwsError("DisabledException", f"{arn} is disabled.")
            if state == "PendingDeletion":
                raise AwsError("KMSInvalidStateException", f"{arn} is pending deletion.")

    def after_moto(self, call: Call, account: str, body: bytes) -> bytes:
        """Note whose a new key is."""
        if call.name == "CreateKey":
            self._owners[json.loads(body)["KeyMetadata"]["KeyId"], call.region] = account
        return body


def _check_tags(tags: Iterable[Mapping[str, str]]) -> None:
    names = [tag["TagKey"] for tag in tags]
    if any(name.lower().startswith("aws:") for name in names):
        raise AwsError("TagException", "Tags beginning with aws: are reserved")
    if len(set(names)) < len(names):
        raise AwsError("TagException", "Duplicate tag keys")


def _policy(account: str, actions: str | list[str], name: str) -> Policy:
    root = {"AWS": f"arn:aws:iam::{account}:root"}
    statement = {"Effect": "Allow", "Principal": root, "Action": actions, "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    policy = resource_policy(text, name)
    assert policy is not None
    return policy


def _aws_managed(account: str) -> Policy:
    """The part of an AWS managed key's policy that concerns calls not made by its service."""
    return _policy(account, ["kms:Describe*", "kms:Get*", "kms:List*"], "AWS managed key")
