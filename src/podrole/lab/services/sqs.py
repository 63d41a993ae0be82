"""SQS beside moto: queues by URL, their policies, and the keys that encrypt them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from podrole.lab.access.action_table import ResourceType, Row
from podrole.lab.access.authorizer import Denial, Requirement
from podrole.lab.access.data_service import DataService, Resource, resource_policy
from podrole.lab.access.service import Answer
from podrole.lab.audit.events import Events, named_resource
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.moto_adapter.backend import Moto
from podrole.lab.protocol.call import Call
from podrole.lab.services.kms import Kms

_URL = re.compile(r"https?://[^/]+/(?P<account>[0-9]{12})/(?P<name>[^/]+)")
#: Actions that no queue policy can give to another account (SQS developer guide, "Limitations of
#: Amazon SQS custom policies", checked 2026-11-24).
_WITHIN_ACCOUNT = {
    "sqs:AddPermission",
    "sqs:CreateQueue",
    "sqs:DeleteQueue",
    "sqs:ListQueueTags",
    "sqs:ListQueues",
    "sqs:RemovePermission",
    "sqs:SetQueueAttributes",
    "sqs:TagQueue",
    "sqs:UntagQueue",
}
#: What a sender and a receiver need of an encrypted queue's key (SQS developer guide, "Key
#: management").
_KEY_ACTIONS = {
    "SendMessage": ("kms:GenerateDataKey", "kms:Decrypt"),
    "SendMessageBatch": ("kms:GenerateDataKey", "kms:Decrypt"),
    "ReceiveMessage": ("kms:Decrypt",),
}
#: `KmsAccessDenied` in the model; the name before the JSON protocol; the message is the lab's.
_KEY_DENIAL = Denial(
    code="KMS.AccessDeniedException",
    status=400,
    message="lab: the caller may not use the key that encrypts the queue",
    shape="com.amazonaws.sqs#KmsAccessDenied",
)


class _Events(Events):
    data = ("Message", "GetQueue", "ListDeadLetterSourceQueues", "ListQueue")
    secret = frozenset({"MessageBody"})

    def resources(self, call: Call, account: str) -> list[dict[str, str]]:
        """The queue of the URL."""
        name = str(call.parameters.get("QueueUrl", "")).rpartition("/")[2]
        arn = name if name.startswith("arn:") else f"arn:aws:sqs:{call.region}:{account}:{name}"
        return named_resource("AWS::SQS::Queue", arn) if name else []


class Sqs(DataService):
    """SQS: the URL says whose queue it is."""

    events = _Events()

    def __init__(self, moto: Moto, keys: Kms) -> None:
        super().__init__("sqs", moto)
        self._keys = keys

    def locate(self, call: Call, caller: Caller, type_: ResourceType, name: str) -> tuple[str, str]:
        """A queue by its URL, or by its name, which SQS takes in place of a URL."""
        url = _URL.fullmatch(name)
        if url is None:
            if name.startswith(("arn:", "http:", "https:")):
                raise self.misnamed(call, type_, name)
            return super().locate(call, caller, type_, name)
        return type_.arn(call.region, url["account"], url["name"]), url["account"]

    def misnamed(self, call: Call, type_: ResourceType, name: str) -> AwsError:
        """What SQS says of a queue that it does not have."""
        return AwsError(
            "AWS.SimpleQueueService.NonExistentQueue",
            "The specified queue does not exist.",
            shape="com.amazonaws.sqs#QueueDoesNotExist",
        )

    def found(self, call: Call, caller: Caller, row: Row, arn: str, account: str) -> Resource:
        """The queue with its policy and its tags."""
        if call.name == "CreateQueue":
            return Resource(arn, account)
        text = self._attributes(call, arn, account).get("Policy")
        if account != caller.account and row.action in _WITHIN_ACCOUNT:
            text = None
        tags = self.ask(call, account, "ListQueueTags", QueueUrl=_moto_url(arn)).get("Tags", {})
        policy = resource_policy(text, f"policy of {arn}")
        return Resource(arn, account, policy, tags)

    def further(self, call: Call, caller: Caller) -> Iterable[Requirement]:
        """The customer's key of an encrypted queue, by the same caller."""
        for action in _KEY_ACTIONS.get(call.name, ()):
            queue = self.table.resources["queue"]
            arn, account = self.locate(call, caller, queue, call.parameters["QueueUrl"])
            key = self._attributes(call, arn, account).get("KmsMasterKeyId")
            if key:
                context = {"aws:sqs:arn": arn}
                yield from self._keys.used_by(
                    "sqs", call, caller, action, key, account, context, _KEY_DENIAL
                )

    def _attributes(self, call: Call, arn: str, account: str) -> dict[str, Any]:
        found = self.ask(
            call, account, "GetQueueAttributes", QueueUrl=_moto_url(arn), AttributeNames=["All"]
        )
        return dict(found.get("Attributes", {}))

    def before_moto(self, call: Call) -> Answer | None:
        """Refuse a malformed policy, and never wait for messages: whoever sends waits too."""
        attributes = call.parameters.get("Attributes") or {}
        if call.name in ("CreateQueue", "SetQueueAttributes") and attributes.get("Policy"):
            # Documented: InvalidAttributeValue, "A queue attribute value is invalid."
            resource_policy(attributes["Policy"], "Policy", code="InvalidAttributeValue")
        if call.name == "ReceiveMessage":
            _without_waiting(call)
        for key in ("PATH_INFO", "RAW_URI", "REQUEST_URI"):
            call.environ[key] = "/"  # older clients call the queue's URL, which moto would read too
        return None

    def after_moto(self, call: Call, account: str, body: bytes) -> bytes:
        """Queue URLs on the host that the caller uses: another one would lead out of the lab."""
        if call.name in ("CreateQueue", "GetQueueUrl", "ListQueues", "ListDeadLetterSourceQueues"):
            scheme = call.environ["wsgi.url_scheme"]
            motos = f"{scheme}://sqs.{call.region}.amazonaws.com/"
            return body.replace(motos.encode(), f"{scheme}://{call.headers['host']}/".encode())
        return body


def _without_waiting(call: Call) -> None:
    if call.protocol == "query":
        form = dict(parse_qsl(call.environ["wsgi.input"].read().decode(), keep_blank_values=True))
        body = urlencode(form | {"WaitTimeSeconds": "0"}).encode()
    else:
        body = json.dumps({**call.parameters, "WaitTimeSeconds": 0}).encode()
    call.replace_body(body)


def _moto_url(arn: str) -> str:
    account, name = arn.split(":")[4:6]
    return f"https://sqs.amazonaws.com/{account}/{name}"
