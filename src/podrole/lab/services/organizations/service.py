"""AWS Organizations: accounts under one management account, and the policies above them.

The lab's own, since moto's can neither invite an account that exists nor keep the rules of
attaching. Members, errors and rules: botocore 1.44.8's model; resources and condition keys: service
authorization reference, "AWS Organizations" (checked 2026-11-24). There are no delegated
administrators, and other types of policies than SCPs and RCPs are not carried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from podrole.lab.access.authorizer import Requirement
from podrole.lab.access.organization import SCP, Organization, Target
from podrole.lab.access.organization_limits import OrganizationLimits
from podrole.lab.access.service import Operation, Service
from podrole.lab.caller import Caller
from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.protocol.call import Call
from podrole.lab.protocol.paging import page
from podrole.lab.seed import Seed
from podrole.lab.services.organizations.accounts import MemberAccounts
from podrole.lab.services.organizations.handshakes import Handshakes
from podrole.lab.services.organizations.organization_error import organization_error
from podrole.lab.services.organizations.policies import OrganizationPolicies, described_root
from podrole.lab.services.organizations.units import OrganizationUnits

_Managed = Callable[[Organization, Mapping[str, Any]], dict[str, Any]]
#: Members that name something of the organization.
_NAMING = (
    "PolicyId",
    "TargetId",
    "AccountId",
    "OrganizationalUnitId",
    "RootId",
    "ParentId",
    "SourceParentId",
    "DestinationParentId",
    "ChildId",
    "ResourceId",
)


class Organizations(Service):
    """The organizations of the lab's accounts."""

    def __init__(
        self,
        organizations: list[Organization],
        accounts: MemberAccounts,
        clock: Clock,
        seed: Seed,
    ) -> None:
        """`organizations` is the list that OrganizationLimits reads."""
        identifiers = Identifiers(seed, "organizations")
        self._organizations = organizations
        self._limits = OrganizationLimits(organizations)
        self._identifiers = identifiers
        self._clock = clock
        self._accounts = accounts
        self._handshakes = Handshakes(clock, identifiers)
        self._policies = OrganizationPolicies(identifiers)
        self._units = OrganizationUnits(identifiers)

    def requirements(self, call: Call, caller: Caller) -> list[Requirement] | None:
        """Each root, unit, account and policy that the call names; else `*`."""
        if self.operation(call.name) is None:
            return None
        organization = self._limits.organization(caller.account)
        action, parameters = f"organizations:{call.name}", call.parameters
        tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])}
        context: dict[str, Any] = {f"aws:RequestTag/{key}": tags[key] for key in tags}
        if tags:
            context["aws:TagKeys"] = sorted(tags)
        policy_type = parameters.get("PolicyType") or parameters.get("Type")
        found: list[tuple[str, Mapping[str, str]]] = []
        for member in _NAMING:
            identifier = parameters.get(member, "")
            if organization is not None and identifier in organization.targets:
                target = organization.targets[identifier]
                found.append((target.arn, target.tags))
            elif organization is not None and identifier in organization.policies:
                policy = organization.policies[identifier]
                found.append((policy.arn, policy.tags))
                policy_type = policy_type or policy.type
        if policy_type := policy_type or parameters.get("Filter"):
            context["organizations:PolicyType"] = policy_type
        return [
            Requirement(
                action,
                arn,
                caller.account,
                {**context, **{f"aws:ResourceTag/{key}": own[key] for key in own}},
            )
            for arn, own in found or [("*", {})]
        ]

    def operation(self, name: str) -> Operation | None:
        """The operation of that name: everyone's, or the management account's alone."""
        anyone: dict[str, Operation] = {
            "CreateOrganization": self._create,
            "DescribeOrganization": self._describe,
            "LeaveOrganization": self._leave,
            "AcceptHandshake": self._accept,
            "DeclineHandshake": self._decline,
            "CancelHandshake": self._cancel,
            "DescribeHandshake": self._describe_handshake,
            "ListHandshakesForAccount": self._list_handshakes,
        }
        managed: dict[str, _Managed] = {
            "DeleteOrganization": self._delete,
            "ListRoots": lambda organization, _: {"Roots": [described_root(organization)]},
            "CreateAccount": self._accounts.create,
            "DescribeCreateAccountStatus": self._accounts.describe_status,
            "ListAccounts": self._accounts.list,
            "ListAccountsForParent": self._accounts.list,
            "DescribeAccount": self._accounts.describe,
            "InviteAccountToOrganization": self._invite,
            "RemoveAccountFromOrganization": self._remove,
            "ListHandshakesForOrganization": self._list_invitations,
        }
        if name in anyone:
            return anyone[name]
        found = managed.get(name) or self._policies.operation(name) or self._units.operation(name)
        return self._as_management(found) if found else None

    def _as_management(self, operation: _Managed) -> Operation:
        def carried_out(call: Call, caller: Caller) -> dict[str, Any]:
            organization = self._of(caller)
            if organization.management != caller.account:
                raise organization_error("AccessDenied")
            return _paged(call, operation(organization, call.parameters))

        return carried_out

    def _of(self, caller: Caller) -> Organization:
        organization = self._limits.organization(caller.account)
        if organization is None:
            raise organization_error("AWSOrganizationsNotInUse")
        return organization

    # -- the organization ----------------------------------------------------------------

    def _create(self, call: Call, caller: Caller) -> dict[str, Any]:
        if self._limits.organization(caller.account) is not None:
            raise organization_error("AlreadyInOrganization")
        identifier, letters = f"o-{self._identifiers.lower(10)}", self._identifiers.lower(4)
        root = Target(f"r-{letters}", "", "Root", "ROOT", None)
        feature_set = call.parameters.get("FeatureSet", "ALL")
        organization = Organization(identifier, caller.account, feature_set, root)
        root.arn = organization.arn_of("root", root.id)
        organization.add(root)
        if feature_set == "ALL":
            organization.enable(SCP)
        self._accounts.join(organization, caller.account)
        self._organizations.append(organization)
        return _described(organization)

    def _describe(self, call: Call, caller: Caller) -> dict[str, Any]:
        return _described(self._of(caller))

    def _delete(self, organization: Organization, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if len(organization.accounts()) > 1:
            raise organization_error("OrganizationNotEmpty")
        self._organizations.remove(organization)
        return {}

    def _leave(self, call: Call, caller: Caller) -> dict[str, Any]:
        return self._remove(self._of(caller), {"AccountId": caller.account})

    def _remove(self, organization: Organization, parameters: Mapping[str, Any]) -> dict[str, Any]:
        account = parameters["AccountId"]
        if account == organization.management:
            reason = "lab: the management account stays until the organization is deleted"
            raise organization_error("MasterCannotLeaveOrganization", reason)
        if account not in {member.id for member in organization.accounts()}:
            raise organization_error("AccountNotFound")
        del organization.targets[account]
        return {}

    # -- invitations ---------------------------------------------------------------------

    def _invite(self, organization: Organization, parameters: Mapping[str, Any]) -> dict[str, Any]:
        target = parameters["Target"]
        account = target.get("Id", "")
        if target.get("Type") != "ACCOUNT" or not self._accounts.exists(account):
            reason = "lab: invite one of the lab's accounts, by its id"
            raise organization_error("InvalidInput", reason)
        if account in organization.targets:
            reason = f"lab: account {account} is a member already"
            raise organization_error("HandshakeConstraintViolation", reason)
        return {"Handshake": self._handshakes.invite(organization, account).described()}

    def _accept(self, call: Call, caller: Caller) -> dict[str, Any]:
        identifier, account = call.parameters["HandshakeId"], caller.account
        invited = self._handshakes.get(identifier, account).account == account
        if invited and self._limits.organization(account) is not None:
            reason = f"lab: account {account} is in an organization already"
            raise organization_error("HandshakeConstraintViolation", reason)
        handshake = self._handshakes.close(identifier, account, "ACCEPTED")
        self._accounts.join(handshake.organization, caller.account)
        return {"Handshake": handshake.described()}

    def _decline(self, call: Call, caller: Caller) -> dict[str, Any]:
        return self._closed(call, caller, "DECLINED")

    def _cancel(self, call: Call, caller: Caller) -> dict[str, Any]:
        return self._closed(call, caller, "CANCELED")

    def _closed(self, call: Call, caller: Caller, state: str) -> dict[str, Any]:
        identifier = call.parameters["HandshakeId"]
        closed = self._handshakes.close(identifier, caller.account, state)
        return {"Handshake": closed.described()}

    def _describe_handshake(self, call: Call, caller: Caller) -> dict[str, Any]:
        found = self._handshakes.get(call.parameters["HandshakeId"], caller.account)
        return {"Handshake": found.described()}

    def _list_handshakes(self, call: Call, caller: Caller) -> dict[str, Any]:
        found = self._handshakes.of(account=caller.account)
        return _paged(call, {"Handshakes": [item.described() for item in found]})

    def _list_invitations(
        self, organization: Organization, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        found = self._handshakes.of(organization=organization)
        return {"Handshakes": [item.described() for item in found]}


def _paged(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    shape = call.operation.output_shape
    if shape is None or "NextToken" not in shape.members:
        return result
    (name, items), *_ = result.items()
    found, token = page(items, call.parameters)
    return {name: found, "NextToken": token}


def _described(organization: Organization) -> dict[str, Any]:
    management = organization.targets[organization.management]
    types = [{"Type": kind, "Status": "ENABLED"} for kind in sorted(organization.enabled)]
    return {
        "Organization": {
            "Id": organization.id,
            "Arn": organization.arn,
            "FeatureSet": organization.feature_set,
            "MasterAccountArn": management.arn,
            "MasterAccountId": management.id,
            "MasterAccountEmail": management.email,
            "AvailablePolicyTypes": types,
        }
    }
