"""What SNS delivers to queues: decided by each queue's policy, for the service as principal.

Source: SNS developer guide, "Fanout to Amazon SQS queues", step 2: the queue's policy must let
sns.amazonaws.com send (checked 2026-11-24).
"""

from __future__ import annotations

from podrole.lab.access.data_service import resource_policy
from podrole.lab.arn import account_of
from podrole.lab.aws_error import AwsError
from podrole.lab.moto_adapter.backend import Moto
from podrole.lab.protocol.call import Call
from podrole.policy import PolicySet, Request, authorize


def check_subscriber(topic: str, protocol: str, endpoint: str) -> None:
    """Raise AwsError for a subscriber that moto would serve past the gateway.

    By HTTP or through Lambda it would leave the lab, and it looks for every queue in the topic's
    own account.
    """
    if protocol not in ("sqs", "email", "email-json", "sms"):
        raise _not_carried(f"the lab delivers no messages by {protocol}")
    if protocol == "sqs" and account_of(endpoint) != account_of(topic):
        raise _not_carried("the lab delivers messages to queues of the topic's account only")


def check_delivery(moto: Moto, call: Call, topic: str) -> None:
    """Raise AwsError if a queue that is subscribed would not take the topic's messages.

    AWS would accept the message and lose it on the way; the lab says why.
    """
    account = account_of(topic)
    try:
        found = moto.call("sns", "ListSubscriptionsByTopic", account, call.region, TopicArn=topic)
    except AwsError:
        return  # no such topic: moto says so
    for subscription in found.get("Subscriptions", []):
        if subscription["Protocol"] == "sqs":
            _check_queue(moto, topic, account, subscription["Endpoint"])


def _check_queue(moto: Moto, topic: str, account: str, queue: str) -> None:
    region, owner, name = queue.split(":")[3:6]
    url = f"https://sqs.amazonaws.com/{owner}/{name}"
    try:
        attributes = moto.call(
            "sqs", "GetQueueAttributes", owner, region, QueueUrl=url, AttributeNames=["Policy"]
        )
    except AwsError as error:
        raise _lost(topic, queue, "there is no such queue") from error
    policy = resource_policy(attributes.get("Attributes", {}).get("Policy"), f"policy of {queue}")
    request = Request(
        principal="sns.amazonaws.com",
        action="sqs:SendMessage",
        resource=queue,
        context={"aws:SourceArn": topic, "aws:SourceAccount": account},
    )
    if not authorize(request, PolicySet(resource=policy)).allowed:
        raise _lost(topic, queue, "the queue's policy does not let sns.amazonaws.com send for it")


def _lost(topic: str, queue: str, why: str) -> AwsError:
    return _not_carried(f"a message of {topic} would be lost on its way to {queue}: {why}")


def _not_carried(reason: str) -> AwsError:
    return AwsError("NotImplemented", f"{reason}; this is not an answer of AWS", 501)
