"""SSM Parameter Store beside moto: parameters by name, path or ARN, and SecureString's key."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

from podrole.lab.access.action_table import ResourceType, Row
from podrole.lab.access.authorizer import Denial, Requirement
from podrole.lab.access.data_service import DataService, Resource
from podrole.lab.access.service import Answer
from podrole.lab.audit.events import Events
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.moto_adapter.backend import Moto
from podrole.lab.protocol.call import Call
from podrole.lab.services.kms import Kms

#: Amazon's own parameters, which belong to no account.
_PUBLIC = "/aws/service/"
_OF_AMAZON = re.compile(r"\Aarn:aws:ssm:[a-z0-9-]+::parameter/aws/")
#: moto would read the secret past Secrets Manager's decision.
_OF_SECRETS = "/aws/reference/secretsmanager/"
_ACCOUNT = re.compile(r"[0-9]{12}")
#: Calls whose names may end in `:version` or `:label`.
_SELECTING = ("GetParameter", "GetParameters")
#: github.com/external-secrets/kubernetes-external-secrets/issues/627: KMS's words, passed on.
_KEY_DENIAL = Denial(
    code="AccessDeniedException",
    status=400,
    message="The ciphertext refers to a customer master key that does not exist, does not exist"
    " in this region, or you are not allowed to access.",
)
_READS = ("GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory")


class _Events(Events):
    secret = frozenset({"Value"})


class Ssm(DataService):
    """Parameter Store: a name's slash at the beginning is no part of the ARN's."""

    events = _Events()

    def __init__(self, moto: Moto, keys: Kms) -> None:
        super().__init__("ssm", moto)
        self._keys = keys

    def locate(self, call: Call, caller: Caller, type_: ResourceType, name: str) -> tuple[str, str]:
        """A parameter by name or ARN, with or without version or label, or a path.

        Raises AwsError.
        """
        region, account, plain = call.region, caller.account, name.removeprefix("/")
        if name.startswith("arn:"):
            region, account, plain = _of_arn(name)
        if call.name in _SELECTING:
            plain = plain.partition(":")[0]
        if f"/{plain}/".startswith(_OF_SECRETS):
            raise AwsError(
                "NotImplemented",
                f"the lab has no {_OF_SECRETS}: ask Secrets Manager; this is not an answer of AWS",
                501,
            )
        if f"/{plain}".startswith(_PUBLIC):
            account = ""
        elif not _ACCOUNT.fullmatch(account) or ":" in plain:
            raise self.misnamed(call, type_, name)
        return type_.arn(region, account, plain), account

    def found(self, call: Call, caller: Caller, row: Row, arn: str, account: str) -> Resource:
        """The parameter with its tags."""
        if call.name in ("PutParameter", "GetParametersByPath") or not account:
            return Resource(arn, account)
        for name in _spellings(arn.partition(":parameter/")[2]):
            tags = self.ask(
                call, account, "ListTagsForResource", ResourceType="Parameter", ResourceId=name
            )
            if tags:
                return Resource(
                    arn, account, tags={tag["Key"]: tag["Value"] for tag in tags["TagList"]}
                )
        # So reported for names that do not exist:
        # github.com/aws-solutions/aws-control-tower-customizations/issues/208
        return Resource(arn, account, shown=f"arn:aws:ssm:{call.region}:{account}:*")

    def account(self, call: Call, caller: Caller) -> str:
        """The parameter's account; Amazon's own parameters are in every account's state."""
        return super().account(call, caller) or caller.account

    def before_moto(self, call: Call) -> Answer | None:
        """Names and paths as moto reads them rightly."""
        if call.name == "GetParametersByPath":
            # moto would take `/orders` for the beginning of `/orders-2`.
            path = call.parameters["Path"].rstrip("/") + "/"
            call.replace_body(json.dumps({**call.parameters, "Path": path}).encode())
        if call.name == "GetParameter":  # moto finds Amazon's own parameters by name alone
            name = _OF_AMAZON.sub("/aws/", call.parameters["Name"])
            call.replace_body(json.dumps({**call.parameters, "Name": name}).encode())
        return None

    def after_moto(self, call: Call, account: str, body: bytes) -> bytes:
        """Ciphertext where none was asked to be decrypted: moto would show the value in it."""
        if call.name not in _READS or call.parameters.get("WithDecryption"):
            return body
        document = json.loads(body)
        single = [document["Parameter"]] if "Parameter" in document else []
        for parameter in single + document.get("Parameters", []):
            if parameter.get("Type") == "SecureString":
                digest = hashlib.sha256(parameter["Value"].encode()).digest()
                parameter["Value"] = base64.b64encode(digest).decode()
        return json.dumps(document).encode()

    # -- SecureString --------------------------------------------------------------------

    def further(self, call: Call, caller: Caller) -> Iterable[Requirement]:
        """The customer's key of a SecureString, by the same caller.

        Source: Systems Manager user guide, "How Parameter Store uses AWS KMS": Encrypt for a
        standard parameter, GenerateDataKey for an advanced one, Decrypt (checked 2026-11-24).
        """
        account = self.account(call, caller)
        if call.name == "PutParameter":
            key = call.parameters.get("KeyId")
            if call.parameters.get("Type") == "SecureString" and key:
                tier = call.parameters.get("Tier", "Standard")
                action = "kms:Encrypt" if tier == "Standard" else "kms:GenerateDataKey"
                type_ = self.table.resources["parameter"]
                arn, _ = self.locate(call, caller, type_, call.parameters["Name"])
                yield from self._use(call, caller, action, key, account, arn)
        elif call.name in _READS and call.parameters.get("WithDecryption"):
            for described in self._described(call, account):
                if described.get("Type") == "SecureString" and described.get("KeyId"):
                    type_ = self.table.resources["parameter"]
                    arn, _ = self.locate(call, caller, type_, described["Name"])
                    yield from self._use(
                        call, caller, "kms:Decrypt", described["KeyId"], account, arn
                    )

    def _use(
        self, call: Call, caller: Caller, action: str, key: str, account: str, arn: str
    ) -> Iterable[Requirement]:
        context = {"PARAMETER_ARN": arn}
        return self._keys.used_by("ssm", call, caller, action, key, account, context, _KEY_DENIAL)

    def _described(self, call: Call, account: str) -> list[dict[str, Any]]:
        """What the call is going to read, with the ids of the keys."""
        if call.name == "GetParametersByPath":
            option = "Recursive" if call.parameters.get("Recursive") else "OneLevel"
            wanted = {"Key": "Path", "Option": option, "Values": [call.parameters["Path"]]}
        else:
            given = call.parameters.get("Names") or [call.parameters["Name"]]
            names = [
                name
                for item in given
                for name in _spellings(_of_arn(item)[2] if item.startswith("arn:") else item)
            ]
            wanted = {"Key": "Name", "Option": "Equals", "Values": names}
        found: list[dict[str, Any]] = []
        more: dict[str, Any] = {}
        while True:
            answer = self.ask(
                call,
                account,
                "DescribeParameters",
                ParameterFilters=[wanted],
                MaxResults=50,
                **more,
            )
            found += answer.get("Parameters", [])
            if not answer.get("NextToken"):
                return found
            more = {"NextToken": answer["NextToken"]}


def _of_arn(arn: str) -> tuple[str, str, str]:
    """Region, account and name of a parameter's ARN; nothing of another one."""
    parts = [*arn.split(":", 5), *[""] * 6]
    name = parts[5].removeprefix("parameter/")
    if parts[:3] != ["arn", "aws", "ssm"] or name == parts[5]:
        return "", "", ""
    return parts[3], parts[4], name


def _spellings(name: str) -> tuple[str, str]:
    """The two names that one ARN may stand for, without `:version` or `:label`."""
    plain = name.partition(":")[0].removeprefix("/")
    return f"/{plain}", plain
