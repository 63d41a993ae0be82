"""The accounts of organizations: those that join, and those that are made in them.

Source: botocore 1.44.8's model of Organizations, CreateAccount and Account (checked 2026-11-24). In
AWS an account takes minutes to be made; here it is there at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podrole.lab.access.iam_state import IamState
from podrole.lab.access.organization import Organization, Target
from podrole.lab.clock import Clock
from podrole.lab.identifiers import Identifiers
from podrole.lab.moto_adapter import iam as moto_iam
from podrole.lab.seed import Seed
from podrole.lab.services.organizations.organization_error import organization_error


class MemberAccounts:
    """Makes accounts, lets them join, lists them."""

    def __init__(self, iam: IamState, clock: Clock, seed: Seed) -> None:
        self._iam = iam
        self._clock = clock
        self._identifiers = Identifiers(seed, "accounts")
        self._made: dict[str, dict[str, Any]] = {}

    def exists(self, account: str) -> bool:
        """Whether the lab has the account."""
        return account in self._iam.accounts

    def join(self, organization: Organization, account: str, **more: Any) -> Target:
        """Put an account below the root. `more`: members of Target."""
        given = {"name": f"account-{account}", "email": f"{account}@example.com", **more}
        target = Target(
            id=account,
            arn=organization.arn_of("account", account),
            kind="ACCOUNT",
            parent=organization.root.id,
            joined=self._clock.now(),
            **given,
        )
        return organization.add(target)

    def create(self, organization: Organization, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """CreateAccount, with the role by which the management account gets in."""
        account = self._identifiers.digits(12)
        self.join(
            organization,
            account,
            name=parameters["AccountName"],
            email=parameters["Email"],
            joined_method="CREATED",
            tags={tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])},
        )
        self._iam.accounts.add(account)
        role = parameters.get("RoleName", "OrganizationAccountAccessRole")
        root = {"AWS": f"arn:aws:iam::{organization.management}:root"}
        moto_iam.create_role(account, role, root, "AdministratorAccess", moto_iam.ADMINISTRATOR)
        now = self._clock.now()
        identifier = f"car-{self._identifiers.lower(8)}"
        self._made[identifier] = {
            "Id": identifier,
            "AccountName": parameters["AccountName"],
            "State": "SUCCEEDED",
            "RequestedTimestamp": now,
            "CompletedTimestamp": now,
            "AccountId": account,
        }
        return {"CreateAccountStatus": self._made[identifier]}

    def describe_status(
        self, organization: Organization, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        """DescribeCreateAccountStatus."""
        found = self._made.get(parameters["CreateAccountRequestId"])
        if found is None or found["AccountId"] not in organization.targets:
            reason = "lab: no request to create an account has that id"
            raise organization_error("CreateAccountStatusNotFound", reason)
        return {"CreateAccountStatus": found}

    def list(self, organization: Organization, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """ListAccounts and ListAccountsForParent."""
        parent = parameters.get("ParentId")
        if parent is not None and parent not in organization.targets:
            raise organization_error("ParentNotFound")
        found = [item for item in organization.accounts() if parent in (None, item.parent)]
        return {"Accounts": [_described(item) for item in found]}

    def describe(self, organization: Organization, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """DescribeAccount."""
        for account in organization.accounts():
            if account.id == parameters["AccountId"]:
                return {"Account": _described(account)}
        raise organization_error("AccountNotFound")


def _described(account: Target) -> dict[str, Any]:
    return {
        "Id": account.id,
        "Arn": account.arn,
        "Email": account.email,
        "Name": account.name,
        "Status": "ACTIVE",
        "State": "ACTIVE",
        "JoinedMethod": account.joined_method,
        "JoinedTimestamp": account.joined,
    }
