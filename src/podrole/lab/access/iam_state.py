"""Roles, users and their policies, read from moto's IAM and kept compiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from podrole.lab.aws_error import AwsError
from podrole.lab.moto_adapter.backend import Moto, undisturbed
from podrole.lab.moto_adapter.iam import AWS_MANAGED, held
from podrole.lab.moto_adapter.role_names import role_named
from podrole.lab.oidc.context_provider import ContextProvider
from podrole.policy import Policy, PolicyError, parse_policy

#: IAM is global: one region stands for it.
REGION = "us-east-1"


@dataclass(frozen=True)
class Attachment:
    """An identity-based policy where it is attached."""

    policy: Policy
    document: str  # as it was written, since the simulator counts its lines
    kind: str  # inline, aws-managed or user-managed
    arn: str | None  # of a managed policy
    to: str  # user, group or role
    name: str  # of that entity


@dataclass(frozen=True)
class Entity:
    """A role, a user or a group with everything that decides for it."""

    arn: str
    unique_id: str
    attachments: tuple[Attachment, ...]
    boundary: Policy | None = None
    boundary_arn: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    trust: Policy | None = None
    max_session: int = 3600
    description: str = ""

    @cached_property
    def policies(self) -> tuple[Policy, ...]:
        """The identity-based policies; a user's groups' too."""
        return tuple(item.policy for item in self.attachments)

    @property
    def name(self) -> str:
        """The name, without the path."""
        return self.arn.rpartition("/")[2]

    @property
    def service_linked(self) -> bool:
        """Whether an AWS service owns the role: nobody else changes it, no SCP or RCP limits it."""
        return ":role/aws-service-role/" in self.arn


class IamState:
    """What IAM holds, by account. Kept until a call changes that account's IAM."""

    def __init__(self, moto: Moto, accounts: Iterable[str]) -> None:
        self._moto = moto
        self._known: dict[tuple[str, str, str], Entity | None] = {}
        #: The accounts that the lab has; of others nothing is known.
        self.accounts = set(accounts)
        #: By an OIDC provider's ARN; moto keeps none.
        self.context_providers: dict[str, ContextProvider] = {}

    def forget(self, account: str) -> None:
        """Read again: something in this account's IAM has changed."""
        for key in [key for key in self._known if key[0] == account]:
            del self._known[key]

    def role(self, account: str, name: str) -> Entity | None:
        """The role of that name (without path), None if there is none."""
        return self._read(account, "Role", name)

    def user(self, account: str, name: str) -> Entity | None:
        """The user of that name, None if there is none."""
        return self._read(account, "User", name)

    def group(self, account: str, name: str) -> Entity | None:
        """The group of that name, None if there is none."""
        return self._read(account, "Group", name)

    def by_arn(self, arn: str) -> Entity | None:
        """The user, group or role with exactly that ARN, path included; None if there is none."""
        parts = arn.split(":", 5)
        kind, _, path = parts[5].partition("/") if len(parts) == 6 else ("", "", "")
        if kind not in ("role", "user", "group"):
            return None
        found = self._read(parts[4], kind.capitalize(), path.rpartition("/")[2])
        return found if found is not None and found.arn == arn else None

    def may_exist(self, arn: str) -> bool:
        """Whether a user or role is there; of accounts outside of the lab nothing is known."""
        account = arn.split(":")[4]
        return account not in self.accounts or self.by_arn(arn) is not None

    def arn_of(self, unique_id: str) -> str | None:
        """The ARN of the role or user with that unique id, in whichever account."""
        for account in sorted(self.accounts):
            entities = held(account)
            for item in (*entities.roles.values(), *entities.users.values()):
                if item.id == unique_id:
                    return str(item.arn)
        return None

    def role_arns(self, account: str) -> list[str]:
        """The ARNs of the account's roles."""
        return [str(role.arn) for role in held(account).roles.values()]

    def trust_documents(self, account: str) -> list[tuple[str, str]]:
        """Each role's name and the text of its trust policy."""
        return [
            (role.name, role.assume_role_policy_document) for role in held(account).roles.values()
        ]

    def instance_profile_arn(self, account: str, name: str) -> str | None:
        """The ARN of an instance profile, None if there is none."""
        for profile in held(account).get_instance_profiles():
            if profile.name == name:
                return str(profile.arn)
        return None

    def managed(self, account: str, arn: str, kind: str = "identity") -> Policy:
        """The default version of a managed policy that exists. Raises AwsError (NoSuchEntity)."""
        document = self.managed_document(account, arn)
        return _compile(document, kind, arn.rpartition("/")[2], arn)

    def managed_document(self, account: str, arn: str) -> str:
        """The text of the default version. Raises AwsError (NoSuchEntity)."""
        policy = held(account).managed_policies.get(arn)
        if policy is None:
            raise AwsError("NoSuchEntity", f"Policy {arn} not found", 404)
        default = policy.default_version_id
        return next(str(one.document) for one in policy.versions if one.version_id == default)

    def tags(self, account: str, arn: str) -> Mapping[str, str]:
        """The tags of a managed policy or an OIDC provider; empty where there is none."""
        provider = ":oidc-provider/" in arn
        kept = held(account).open_id_providers if provider else held(account).managed_policies
        found = kept.get(arn)
        return {} if found is None else {tag["Key"]: tag["Value"] for tag in found.get_tags()}

    def provider_audiences(self, account: str, provider_arn: str) -> list[str] | None:
        """The client ids of an OIDC provider, None if the account has no such provider."""
        found = held(account).open_id_providers.get(provider_arn)
        return None if found is None else list(found.client_id_list)

    def ask(self, account: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """What IAM's API answers now, without shifting the ids that moto draws. Raises AwsError."""
        with undisturbed():
            return self._moto.call("iam", operation, account, REGION, **parameters)

    def _read(self, account: str, kind: str, name: str) -> Entity | None:
        key = (account, kind, name)
        if key not in self._known:
            entities = held(account)
            if kind == "Role":
                found = role_named(entities, name)
            else:
                found = (entities.users if kind == "User" else entities.groups).get(name)
            self._known[key] = None if found is None else self._compiled(account, kind, name, found)
        return self._known[key]

    def _compiled(self, account: str, kind: str, name: str, found: Any) -> Entity:
        attachments = list(self._attachments(account, kind, found))
        if kind == "User":
            for group in held(account).get_groups_for_user(name):
                attachments += self._attachments(account, "Group", group)
        principal = Entity(found.arn, found.id, tuple(attachments))
        if kind == "Group":
            return principal
        tagged = replace(principal, tags={tag["Key"]: tag["Value"] for tag in found.tags or []})
        if kind == "User":
            return tagged  # moto keeps no boundary of a user
        boundary = found.permissions_boundary_arn or None
        return replace(
            tagged,
            boundary=self.managed(account, boundary, "boundary") if boundary else None,
            boundary_arn=boundary,
            trust=_compile(found.assume_role_policy_document, "trust", f"trust policy of {name}"),
            max_session=int(found.max_session_duration or 3600),
            description=found.description or "",
        )

    def _attachments(self, account: str, kind: str, found: Any) -> Iterator[Attachment]:
        to, name = kind.lower(), found.name
        for inline, document in found.policies.items():
            policy = _compile(document, "identity", inline)
            yield Attachment(policy, document, "inline", None, to, name)
        for item in sorted(found.managed_policies.values(), key=lambda item: item.name):
            document = self.managed_document(account, item.arn)
            policy = _compile(document, "identity", item.name, item.arn)
            owner = "aws-managed" if item.arn.startswith(AWS_MANAGED) else "user-managed"
            yield Attachment(policy, document, owner, item.arn, to, name)


def _compile(document: str, kind: Any, name: str, arn: str = "") -> Policy:
    try:
        return parse_policy(document, kind=kind, name=name, arn=arn)
    except PolicyError as error:
        # The gateway refuses malformed policies on their way in; this one came another way.
        raise AwsError("MalformedPolicyDocument", f"{name}: {error}", 400) from error
