"""ECR beside moto: repositories and their policies; the registry's account is the owner."""

from __future__ import annotations

import json
from datetime import timedelta

from podrole.lab.access.action_table import Row
from podrole.lab.access.data_service import DataService, Resource, resource_policy
from podrole.lab.access.service import Answer
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.clock import Clock
from podrole.lab.moto_adapter.backend import Moto
from podrole.lab.protocol.call import Call


class Ecr(DataService):
    """ECR: a repository's policy has no Resource, it means the repository."""

    def __init__(self, moto: Moto, clock: Clock) -> None:
        super().__init__("ecr", moto)
        self._clock = clock

    def found(self, call: Call, caller: Caller, row: Row, arn: str, account: str) -> Resource:
        """The repository with its policy and its tags."""
        if call.name == "CreateRepository":
            return Resource(arn, account)
        name = arn.partition(":repository/")[2]
        text = self.ask(call, account, "GetRepositoryPolicy", repositoryName=name)
        policy = resource_policy(text.get("policyText"), f"policy of {arn}", resource=arn)
        tags = self.ask(call, account, "ListTagsForResource", resourceArn=arn).get("tags", [])
        return Resource(arn, account, policy, {tag["Key"]: tag["Value"] for tag in tags})

    def before_moto(self, call: Call) -> Answer | None:
        """Refuse a malformed policy. The code is the one that ECR documents for a bad parameter.

        Raises AwsError.
        """
        if call.name == "SetRepositoryPolicy":
            text = call.parameters["policyText"]
            policy = resource_policy(
                text, "policyText", code="InvalidParameterException", resource="*"
            )
            if policy is None:
                raise AwsError("InvalidParameterException", "lab: policyText is empty")
        return None

    def after_moto(self, call: Call, account: str, body: bytes) -> bytes:
        """A token for 12 hours (ECR, "Private registry authentication"): moto's ended in 2015."""
        if call.name != "GetAuthorizationToken":
            return body
        document = json.loads(body)
        for item in document["authorizationData"]:
            item["expiresAt"] = (self._clock.now() + timedelta(hours=12)).timestamp()
        return json.dumps(document).encode()
