"""The calls of Organizations about the tree: units, moves, parents and children, tags.

Members and errors: botocore 1.44.8's model of Organizations (checked 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from podrole.lab.access.organization import Organization, OrganizationPolicy, Target
from podrole.lab.identifiers import Identifiers
from podrole.lab.services.organizations.organization_error import organization_error

_UNIT = "ORGANIZATIONAL_UNIT"
_Parameters = Mapping[str, Any]


class OrganizationUnits:
    """Organizational units of organizations."""

    def __init__(self, identifiers: Identifiers) -> None:
        self._identifiers = identifiers

    def operation(self, name: str) -> Callable[[Organization, _Parameters], dict[str, Any]] | None:
        """The operation of that name, as the management account calls it."""
        return {
            "CreateOrganizationalUnit": self._create,
            "UpdateOrganizationalUnit": self._update,
            "DescribeOrganizationalUnit": self._describe,
            "DeleteOrganizationalUnit": self._delete,
            "ListOrganizationalUnitsForParent": self._list,
            "MoveAccount": self._move,
            "ListParents": self._parents,
            "ListChildren": self._children,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._tags,
        }.get(name)

    def _create(self, organization: Organization, parameters: _Parameters) -> dict[str, Any]:
        parent = _parent(organization, parameters["ParentId"])
        _check_name(organization, parent.id, parameters["Name"])
        root = organization.root.id.removeprefix("r-")
        identifier = f"ou-{root}-{self._identifiers.lower(8)}"
        unit = Target(
            id=identifier,
            arn=organization.arn_of("ou", identifier),
            name=parameters["Name"],
            kind=_UNIT,
            parent=parent.id,
            tags={tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])},
        )
        return _described(organization.add(unit))

    def _update(self, organization: Organization, parameters: _Parameters) -> dict[str, Any]:
        unit = _unit(organization, parameters)
        name = parameters.get("Name", unit.name)
        if name != unit.name:
            _check_name(organization, unit.parent or "", name)
            unit.name = name
        return _described(unit)

    def _describe(self, organization: Organization, parameters: _Parameters) -> dict[str, Any]:
        return _described(_unit(organization, parameters))

    def _delete(self, organization: Organization, parameters: _Parameters) -> dict[str, Any]:
        unit = _unit(organization, parameters)
        if organization.children(unit.id):
            raise organization_error("OrganizationalUnitNotEmpty")
        del organization.targets[unit.id]
        return {}

    def _list(self, organization: Organization, parameters: _Parameters) -> dict[str, Any]:
        parent = _parent(organization, parameters["ParentId"])
        found = organization.children(parent.id, _UNIT)
        return {"OrganizationalUnits": [_described(item)["OrganizationalUnit"] for item in found]}

    def _move(self, organization: Organization, parameters: _Parameters) -> dict[str, Any]:
        account = organization.targets.get(parameters["AccountId"])
        if account is None or account.kind != "ACCOUNT":
            raise organization_error("AccountNotFound")
        source, destination = parameters["SourceParentId"], parameters["DestinationParentId"]
        if source != account.parent:
            reason = f"lab: account {account.id} is not in {source}"
            raise organization_error("SourceParentNotFound", reason)
        if not _is_parent(organization, destination):
            reason = f"lab: there is no root and no unit {destination}"
            raise organization_error("DestinationParentNotFound", reason)
        if destination == source:
            reason = f"lab: account {account.id} is in {destination} already"
            raise organization_error("DuplicateAccount", reason)
        account.parent = destination
        return {}

    def _parents(self, organization: Organization, parameters: _Parameters) -> dict[str, Any]:
        child = organization.targets.get(parameters["ChildId"])
        if child is None or child.parent is None:
            raise organization_error("ChildNotFound")
        parent = organization.targets[child.parent]
        return {"Parents": [{"Id": parent.id, "Type": parent.kind}]}

    def _children(self, organization: Organization, parameters: _Parameters) -> dict[str, Any]:
        parent = _parent(organization, parameters["ParentId"])
        found = organization.children(parent.id, parameters["ChildType"])
        return {"Children": [{"Id": item.id, "Type": item.kind} for item in found]}

    def _tag(self, organization: Organization, parameters: _Parameters) -> dict[str, Any]:
        tags = {tag["Key"]: tag["Value"] for tag in parameters["Tags"]}
        _tagged(organization, parameters).tags.update(tags)
        return {}

    def _untag(self, organization: Organization, parameters: _Parameters) -> dict[str, Any]:
        resource = _tagged(organization, parameters)
        for key in parameters["TagKeys"]:
            resource.tags.pop(key, None)
        return {}

    def _tags(self, organization: Organization, parameters: _Parameters) -> dict[str, Any]:
        tags = _tagged(organization, parameters).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _is_parent(organization: Organization, identifier: str) -> bool:
    found = organization.targets.get(identifier)
    return found is not None and found.kind != "ACCOUNT"


def _parent(organization: Organization, identifier: str) -> Target:
    if not _is_parent(organization, identifier):
        raise organization_error("ParentNotFound")
    return organization.targets[identifier]


def _unit(organization: Organization, parameters: _Parameters) -> Target:
    found = organization.targets.get(parameters["OrganizationalUnitId"])
    if found is None or found.kind != _UNIT:
        raise organization_error("OrganizationalUnitNotFound")
    return found


def _tagged(organization: Organization, parameters: _Parameters) -> Target | OrganizationPolicy:
    identifier = parameters["ResourceId"]
    found = organization.targets.get(identifier) or organization.policies.get(identifier)
    if found is None:
        raise organization_error("TargetNotFound")
    if isinstance(found, OrganizationPolicy) and found.aws_managed:
        raise organization_error("AccessDenied")
    return found


def _check_name(organization: Organization, parent: str, name: str) -> None:
    if any(unit.name == name for unit in organization.children(parent, _UNIT)):
        raise organization_error("DuplicateOrganizationalUnit")


def _described(unit: Target) -> dict[str, Any]:
    return {"OrganizationalUnit": {"Id": unit.id, "Arn": unit.arn, "Name": unit.name}}
