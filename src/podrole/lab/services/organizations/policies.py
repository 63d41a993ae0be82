"""The calls of Organizations about policies: make them, attach them, list them.

Rules: Organizations user guide, "SCP syntax", "RCP syntax" and "Attaching policies"; errors:
botocore 1.44.8's model (checked 2026-11-24). SCPs and RCPs, no other types.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from podrole.lab.access.organization import (
    DEFAULTS,
    MOST_ATTACHED,
    RCP,
    SCP,
    Organization,
    OrganizationPolicy,
    Target,
)
from podrole.lab.identifiers import Identifiers
from podrole.lab.services.organizations.organization_error import organization_error
from podrole.policy import PolicyError
from podrole.policy.sizes import over_limit

_LAST = (
    "You cannot remove the last policy attached to the specified target. You must have at least one"
    " attached at all times."
)
# Its words: terraform-provider-aws #41493.
_TOO_MANY = "You have attached the maximum number of policies to the specified target."
# Its words: aws-secure-environment-accelerator #1092.
_TOO_LONG = "You have exceeded the maximum policy size."
Call = Callable[[Organization, Mapping[str, Any]], dict[str, Any]]


class OrganizationPolicies:
    """SCPs and RCPs of organizations."""

    def __init__(self, identifiers: Identifiers) -> None:
        self._identifiers = identifiers

    def operation(self, name: str) -> Call | None:
        """The operation of that name, as the management account calls it."""
        return {
            "EnablePolicyType": self._enable,
            "DisablePolicyType": self._disable,
            "CreatePolicy": self._create,
            "UpdatePolicy": self._update,
            "DescribePolicy": self._describe,
            "DeletePolicy": self._delete,
            "ListPolicies": self._list,
            "AttachPolicy": self._attach,
            "DetachPolicy": self._detach,
            "ListPoliciesForTarget": self._list_for_target,
            "ListTargetsForPolicy": self._list_targets,
        }.get(name)

    def _enable(self, organization: Organization, parameters: Mapping[str, Any]) -> dict[str, Any]:
        kind = _root_and_type(organization, parameters)
        if organization.feature_set != "ALL":
            raise organization_error(
                "PolicyTypeNotAvailableForOrganization", "lab: only with all features enabled"
            )
        if kind in organization.enabled:
            raise organization_error("PolicyTypeAlreadyEnabled")
        organization.enable(kind)
        return {"Root": described_root(organization)}

    def _disable(self, organization: Organization, parameters: Mapping[str, Any]) -> dict[str, Any]:
        kind = _root_and_type(organization, parameters)
        if kind not in organization.enabled:
            raise organization_error("PolicyTypeNotEnabled")
        organization.disable(kind)
        return {"Root": described_root(organization)}

    def _create(self, organization: Organization, parameters: Mapping[str, Any]) -> dict[str, Any]:
        kind, name = _type(parameters["Type"]), parameters["Name"]
        _check_name(organization, name)
        identifier = f"p-{self._identifiers.lower(8)}"
        policy = OrganizationPolicy(
            id=identifier,
            arn=organization.arn_of("policy", kind.lower(), identifier),
            name=name,
            type=kind,
            content=parameters["Content"],
            description=parameters.get("Description", ""),
            tags={tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])},
        )
        _check_content(policy)
        organization.policies[identifier] = policy
        return _described(policy)

    def _update(self, organization: Organization, parameters: Mapping[str, Any]) -> dict[str, Any]:
        policy = _policy(organization, parameters)
        if policy.aws_managed:
            raise organization_error("AccessDenied")
        name = parameters.get("Name", policy.name)
        if name != policy.name:
            _check_name(organization, name)
        changed = OrganizationPolicy(
            id=policy.id,
            arn=policy.arn,
            name=name,
            type=policy.type,
            content=parameters.get("Content", policy.content),
            description=parameters.get("Description", policy.description),
            tags=policy.tags,
        )
        _check_content(changed)
        organization.policies[policy.id] = changed
        return _described(changed)

    def _describe(
        self, organization: Organization, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        return _described(_policy(organization, parameters))

    def _delete(self, organization: Organization, parameters: Mapping[str, Any]) -> dict[str, Any]:
        policy = _policy(organization, parameters)
        if policy.aws_managed:
            raise organization_error("AccessDenied")
        if any(policy.id in target.policies for target in organization.targets.values()):
            raise organization_error("PolicyInUse")
        del organization.policies[policy.id]
        return {}

    def _list(self, organization: Organization, parameters: Mapping[str, Any]) -> dict[str, Any]:
        kind = _type(parameters["Filter"])
        found = [item.summary() for item in organization.policies.values() if item.type == kind]
        return {"Policies": found}

    def _attach(self, organization: Organization, parameters: Mapping[str, Any]) -> dict[str, Any]:
        policy, target = _policy(organization, parameters), _target(organization, parameters)
        if policy.type not in organization.enabled:
            raise organization_error("PolicyTypeNotEnabled")
        if policy.id in target.policies:
            raise organization_error("DuplicatePolicyAttachment")
        if len(list(organization.attached(target, policy.type))) >= MOST_ATTACHED[policy.type]:
            raise organization_error("ConstraintViolation", _TOO_MANY)
        target.policies.append(policy.id)
        return {}

    def _detach(self, organization: Organization, parameters: Mapping[str, Any]) -> dict[str, Any]:
        policy, target = _policy(organization, parameters), _target(organization, parameters)
        if policy.id not in target.policies:
            raise organization_error("PolicyNotAttached")
        if policy.id == DEFAULTS[RCP].id:
            reason = "lab: RCPFullAWSAccess cannot be detached"
            raise organization_error("ConstraintViolation", reason)
        if policy.type == SCP and len(list(organization.attached(target, SCP))) == 1:
            raise organization_error("ConstraintViolation", _LAST)
        target.policies.remove(policy.id)
        return {}

    def _list_for_target(
        self, organization: Organization, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        target, kind = _target(organization, parameters), _type(parameters["Filter"])
        return {"Policies": [item.summary() for item in organization.attached(target, kind)]}

    def _list_targets(
        self, organization: Organization, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        policy = _policy(organization, parameters)
        found = [item for item in organization.targets.values() if policy.id in item.policies]
        return {"Targets": [item.summary() for item in found]}


def described_root(organization: Organization) -> dict[str, Any]:
    """The members of Root."""
    root = organization.root
    types = [{"Type": kind, "Status": "ENABLED"} for kind in sorted(organization.enabled)]
    return {"Id": root.id, "Arn": root.arn, "Name": root.name, "PolicyTypes": types}


def _described(policy: OrganizationPolicy) -> dict[str, Any]:
    return {"Policy": {"PolicySummary": policy.summary(), "Content": policy.content}}


def _type(kind: str) -> str:
    if kind not in DEFAULTS:
        raise organization_error("InvalidInput", f"lab: policies of type {kind} are not carried")
    return kind


def _root_and_type(organization: Organization, parameters: Mapping[str, Any]) -> str:
    if parameters["RootId"] != organization.root.id:
        raise organization_error("RootNotFound")
    return _type(parameters["PolicyType"])


def _policy(organization: Organization, parameters: Mapping[str, Any]) -> OrganizationPolicy:
    try:
        return organization.policies[parameters["PolicyId"]]
    except KeyError:
        raise organization_error("PolicyNotFound") from None


def _target(organization: Organization, parameters: Mapping[str, Any]) -> Target:
    try:
        return organization.targets[parameters["TargetId"]]
    except KeyError:
        raise organization_error("TargetNotFound") from None


def _check_name(organization: Organization, name: str) -> None:
    if any(policy.name == name for policy in organization.policies.values()):
        raise organization_error("DuplicatePolicy")


def _check_content(policy: OrganizationPolicy) -> None:
    try:
        compiled = policy.compiled()
    except PolicyError as error:
        raise organization_error("MalformedPolicyDocument") from error
    if policy.type == RCP:
        _check_rcp(json.loads(policy.content))
    if over_limit(compiled):
        raise organization_error("ConstraintViolation", _TOO_LONG)


def _check_rcp(document: Mapping[str, Any]) -> None:
    """RCPs of one's own only deny, and name the services that they mean."""
    statements = document["Statement"]
    for item in statements if isinstance(statements, list) else [statements]:
        actions = item.get("Action", "*")
        everything = "*" in (actions if isinstance(actions, list) else [actions])
        if item["Effect"] != "Deny" or "NotAction" in item or everything:
            raise organization_error("MalformedPolicyDocument")
