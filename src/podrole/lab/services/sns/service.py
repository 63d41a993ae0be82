"""SNS beside moto: topics, their policies, and what may be subscribed to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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
from podrole.lab.services.sns.delivery import check_delivery, check_subscriber

#: `KMSAccessDenied` in the model; the message is the lab's.
_KEY_DENIAL = Denial(
    code="KMSAccessDenied",
    status=400,
    message="lab: the caller may not use the key that encrypts the topic",
)


class _Events(Events):
    data = ("Publish",)
    secret = frozenset({"Message"})

    def resources(self, call: Call, account: str) -> list[dict[str, str]]:
        """The topic."""
        name = call.parameters.get("TopicArn", "")
        arn = name if name.startswith("arn:") else f"arn:aws:sns:{call.region}:{account}:{name}"
        return named_resource("AWS::SNS::Topic", arn) if name else []


class Sns(DataService):
    """SNS: a topic's ARN says whose it is."""

    events = _Events()

    def __init__(self, moto: Moto, keys: Kms) -> None:
        super().__init__("sns", moto)
        self._keys = keys

    def locate(self, call: Call, caller: Caller, type_: ResourceType, name: str) -> tuple[str, str]:
        """A topic by its ARN; a subscription's ARN is its topic's and an id."""
        if name.startswith("arn:") and name.count(":") == 6:
            name = name.rpartition(":")[0]
        return super().locate(call, caller, type_, name)

    def misnamed(self, call: Call, type_: ResourceType, name: str) -> AwsError:
        """What SNS says of an ARN that is no topic's here."""
        return AwsError("InvalidParameter", f"lab: {name!r} is not a topic in {call.region}")

    def found(self, call: Call, caller: Caller, row: Row, arn: str, account: str) -> Resource:
        """The topic with its policy and its tags."""
        if call.name == "CreateTopic":
            return Resource(arn, account)
        policy = resource_policy(self._attributes(call, arn, account).get("Policy"), arn)
        tags = self.ask(call, account, "ListTagsForResource", ResourceArn=arn).get("Tags", [])
        return Resource(arn, account, policy, {tag["Key"]: tag["Value"] for tag in tags})

    def further(self, call: Call, caller: Caller) -> Iterable[Requirement]:
        """The customer's key of an encrypted topic, by the publisher (SNS, "Key management")."""
        topic = call.parameters.get("TopicArn") or call.parameters.get("TargetArn")
        if call.name not in ("Publish", "PublishBatch") or topic is None:
            return
        arn, account = self.locate(call, caller, self.table.resources["topic"], topic)
        key = self._attributes(call, arn, account).get("KmsMasterKeyId")
        if not key:
            return
        for action in ("kms:GenerateDataKey", "kms:Decrypt"):
            context = {"aws:sns:topicArn": arn}
            yield from self._keys.used_by(
                "sns", call, caller, action, key, account, context, _KEY_DENIAL
            )

    def _attributes(self, call: Call, arn: str, account: str) -> dict[str, Any]:
        found = self.ask(call, account, "GetTopicAttributes", TopicArn=arn)
        return dict(found.get("Attributes", {}))

    def before_moto(self, call: Call) -> Answer | None:
        """Refuse a malformed policy, and subscribers that moto would reach by itself."""
        policy = None
        if call.name == "CreateTopic":
            policy = (call.parameters.get("Attributes") or {}).get("Policy")
        elif call.name == "SetTopicAttributes" and call.parameters["AttributeName"] == "Policy":
            policy = call.parameters.get("AttributeValue")
        resource_policy(policy, "Policy", code="InvalidParameter")
        if call.name == "Subscribe":
            endpoint = call.parameters.get("Endpoint", "")
            check_subscriber(call.parameters["TopicArn"], call.parameters["Protocol"], endpoint)
        topic = call.parameters.get("TopicArn") or call.parameters.get("TargetArn")
        if call.name in ("Publish", "PublishBatch") and topic:
            check_delivery(self.moto, call, topic)
        return None
