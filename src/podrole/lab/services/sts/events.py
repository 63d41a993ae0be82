"""STS's calls in CloudTrail's records.

Source: IAM user guide, "Logging IAM and AWS STS API calls with AWS CloudTrail". That the session
tags of Pod Identity stand in `tags`: records that AWS's EKS workshop shows (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podrole.lab.audit.events import Events, named_resource
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import AssumedRole
from podrole.lab.protocol.call import Call


class StsEvents(Events):
    """Records tell what STS answers, except the secret key, and the role that was meant."""

    reads = (*Events.reads, "Assume", "Decode")
    secret = frozenset({"WebIdentityToken"})

    def further_parameters(self, call: Call) -> dict[str, Any]:
        """The tags that the caller's session passes on to the next role."""
        if call.name != "AssumeRole" or not isinstance(call.caller, AssumedRole):
            return {}
        session = call.caller.session
        passed_on = {
            key: value for key, value in session.tags.items() if key in session.transitive_tags
        }
        return {"incomingTransitiveTags": passed_on} if passed_on else {}

    def result(self, call: Call, result: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What STS answers, except a token of its own; who calls stands in the record anyway."""
        if call.name == "GetCallerIdentity":
            return None
        return {key: value for key, value in result.items() if key not in self.secret}

    def denial_message(self, call: Call, error: AwsError) -> str:
        """AWS re:Post, "Troubleshoot an OIDC provider", shows the words for a web identity."""
        if call.name == "AssumeRoleWithWebIdentity":
            return "An unknown error occurred"
        return error.message

    def resources(self, call: Call, account: str) -> list[dict[str, str]]:
        """The role."""
        if "RoleArn" not in call.parameters:
            return []
        return named_resource("AWS::IAM::Role", call.parameters["RoleArn"])
