"""What organizations take away from, and say about, the calls that are decided.

Organizations user guide, "SCP effects on permissions", "RCP effects on permissions" and "List of
AWS services that support RCPs"; IAM user guide, "AWS global condition context keys" (checked
2026-11-24).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from podrole.lab.access.organization import RCP, SCP, Organization
from podrole.policy import Policy

#: Services whose resources RCPs protect, by the prefix of their actions.
_PREFIXES = """
appconfig appstream aoss autoscaling autoscaling-plans budgets clouddirectory cloudfront
cloudsearch cloudtrail-data codeartifact codebuild codecommit codepipeline cognito-identity
cognito-idp comprehend comprehendmedical compute-optimizer cost-optimization-hub dax dsql
dynamodb ecr ecr-public events firehose fis fms gamelift health inspector-scan kendra
kinesisvideo kms logs memorydb networkmonitor notifications opensearch pca-connector-ad
personalize polly pricing resource-groups rolesanywhere s3 secretsmanager servicediscovery
signin sqs sts support swf textract timestream-influxdb transcribe transfer translate wafv2
workspaces xray
"""
_WITH_RCPS = frozenset(_PREFIXES.split())


class OrganizationLimits:
    """SCPs, RCPs and condition keys by account. Without an organization there is nothing."""

    def __init__(self, organizations: list[Organization]) -> None:
        """`organizations` grows and shrinks as they are made and deleted."""
        self._organizations = organizations

    def organization(self, account: str) -> Organization | None:
        """The organization that the account belongs to; it is one at most."""
        for organization in self._organizations:
            if account in organization.targets:
                return organization
        return None

    def scps(self, account: str) -> Sequence[Sequence[Policy]]:
        """The SCPs on each level above the account's principals; none for management accounts."""
        organization = self.organization(account)
        return organization.levels(account, SCP) if organization else ()

    def rcps(self, account: str, action: str) -> Sequence[Sequence[Policy]]:
        """The RCPs on each level above the account's resources, for an action on one of them."""
        organization = self.organization(account)
        if organization is None or action.partition(":")[0].lower() not in _WITH_RCPS:
            return ()
        if action.lower() == "kms:retiregrant":
            return ()  # the one action that RCPs are documented not to reach
        return organization.levels(account, RCP)

    def keys(self, account: str, of: str) -> dict[str, Any]:
        """`aws:PrincipalOrgID` and `…OrgPaths`; `of`: Principal, Resource or Source."""
        organization = self.organization(account)
        if organization is None:
            return {}
        return {
            f"aws:{of}OrgID": organization.id,
            f"aws:{of}OrgPaths": [organization.path(account)],
        }
