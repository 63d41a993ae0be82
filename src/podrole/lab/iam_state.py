"""Roles, users and their policies, read from moto through IAM's own API and kept compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from podrole.policy import Policy, PolicyError, parse_policy

from .aws_error import AwsError
from .moto_backend import Moto, undisturbed
from .moto_iam import AWS_MANAGED

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
class Principal:
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
    def service_linked(self) -> bool:
        """Whether an AWS service owns the role: nobody else changes it, no SCP or RCP limits it."""
        return ":role/aws-service-role/" in self.arn


class IamState:
    """What IAM holds, by account. Kept until a call changes that account's IAM."""

    def __init__(
        self, moto: Moto, accounts: set[str] | None = None, *, quiet: bool = False
    ) -> None:
        """`quiet` asks moto without shifting the ids that it draws next.

        What decisions ask does shift them: stored outputs of notebooks count on that.
        """
        self._moto = moto
        self._quiet = quiet
        self._known: dict[tuple[str, str, str], Principal | None] = {}
        #: The accounts that the lab has; of others nothing is known.
        self.accounts: set[str] = set() if accounts is None else accounts

    def forget(self, account: str) -> None:
        """Read anew: something in this account's IAM has changed."""
        for key in [key for key in self._known if key[0] == account]:
            del self._known[key]

    def role(self, account: str, name: str) -> Principal | None:
        """The role of that name (without path), None if there is none."""
        return self._read(account, "Role", name)

    def user(self, account: str, name: str) -> Principal | None:
        """The user of that name, None if there is none."""
        return self._read(account, "User", name)

    def group(self, account: str, name: str) -> Principal | None:
        """The group of that name, None if there is none."""
        return self._read(account, "Group", name)

    def by_arn(self, arn: str) -> Principal | None:
        """The user, group or role with exactly that ARN, path included; None if there is none."""
        parts = arn.split(":", 5)
        kind, _, path = parts[5].partition("/") if len(parts) == 6 else ("", "", "")
        if kind not in ("role", "user", "group"):
            return None
        found = self._read(parts[4], kind.capitalize(), path.rpartition("/")[2])
        return found if found is not None and found.arn == arn else None

    def arn_of(self, unique_id: str) -> str | None:
        """The ARN of the role or user with that unique id, in whichever account."""
        for account in sorted(self.accounts):
            for kind in ("Role", "User"):
                found = self._call(account, f"List{kind}s", MaxItems=1000)[f"{kind}s"]
                for item in found:
                    if item[f"{kind}Id"] == unique_id:
                        return str(item["Arn"])
        return None

    def trust_documents(self, account: str) -> list[tuple[str, str]]:
        """Each role's name and the text of its trust policy."""
        roles = self._call(account, "ListRoles", MaxItems=1000)["Roles"]
        return [(role["RoleName"], unquote(role["AssumeRolePolicyDocument"])) for role in roles]

    def instance_profile_arn(self, account: str, name: str) -> str | None:
        """The ARN of an instance profile, None if there is none."""
        try:
            found = self._call(account, "GetInstanceProfile", InstanceProfileName=name)
        except AwsError:
            return None
        return str(found["InstanceProfile"]["Arn"])

    def managed(self, account: str, arn: str, kind: str = "identity") -> Policy:
        """The default version of a managed policy that exists. Raises AwsError (NoSuchEntity)."""
        return _compile(self.managed_document(account, arn), kind, arn.rpartition("/")[2])

    def managed_document(self, account: str, arn: str) -> str:
        """The text of the default version. Raises AwsError (NoSuchEntity)."""
        version = self._call(account, "GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = self._call(account, "GetPolicyVersion", PolicyArn=arn, VersionId=version)
        return unquote(found["PolicyVersion"]["Document"])

    def tags(self, account: str, arn: str) -> Mapping[str, str]:
        """The tags of a managed policy or an OIDC provider; empty where there is none."""
        try:
            if ":oidc-provider/" in arn:
                tagged = self._call(
                    account, "GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn
                )
            else:
                tagged = self._call(account, "GetPolicy", PolicyArn=arn)["Policy"]
        except AwsError:
            return {}
        return {tag["Key"]: tag["Value"] for tag in tagged.get("Tags", [])}

    def provider_audiences(self, account: str, provider_arn: str) -> list[str] | None:
        """The client ids of an OIDC provider, None if the account has no such provider."""
        try:
            found = self._call(
                account, "GetOpenIDConnectProvider", OpenIDConnectProviderArn=provider_arn
            )
        except AwsError:
            return None
        return list(found.get("ClientIDList", []))

    def ask(self, account: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """What IAM answers now, beside what is kept. Raises AwsError."""
        return self._call(account, operation, **parameters)

    def _call(self, account: str, operation: str, **parameters: Any) -> dict[str, Any]:
        with undisturbed() if self._quiet else nullcontext():
            return self._moto.call("iam", operation, account, REGION, **parameters)

    def _read(self, account: str, kind: str, name: str) -> Principal | None:
        key = (account, kind, name)
        if key not in self._known:
            try:
                found = self._call(account, f"Get{kind}", **{f"{kind}Name": name})[kind]
            except AwsError:
                self._known[key] = None
            else:
                self._known[key] = self._compiled(account, kind, name, found)
        return self._known[key]

    def _compiled(self, account: str, kind: str, name: str, found: Mapping[str, Any]) -> Principal:
        attachments = list(self._attachments(account, kind, name))
        if kind == "User":
            groups = self._call(account, "ListGroupsForUser", UserName=name).get("Groups", [])
            for group in groups:
                attachments += self._attachments(account, "Group", group["GroupName"])
        boundary = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return Principal(
            arn=found["Arn"],
            unique_id=found[f"{kind}Id"],
            attachments=tuple(attachments),
            boundary=self.managed(account, boundary, "boundary") if boundary else None,
            boundary_arn=boundary,
            tags={tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
            trust=_compile(
                unquote(found["AssumeRolePolicyDocument"]), "trust", f"trust policy of {name}"
            )
            if kind == "Role"
            else None,
            max_session=found.get("MaxSessionDuration") or 3600,
            description=found.get("Description", ""),
        )

    def _attachments(self, account: str, kind: str, name: str) -> Iterator[Attachment]:
        who, to = {f"{kind}Name": name}, kind.lower()
        for inline in self._call(account, f"List{kind}Policies", **who).get("PolicyNames", []):
            found = self._call(account, f"Get{kind}Policy", **who, PolicyName=inline)
            document = unquote(found["PolicyDocument"])
            policy = _compile(document, "identity", inline)
            yield Attachment(policy, document, "inline", None, to, name)
        attached = self._call(account, f"ListAttached{kind}Policies", **who)
        for item in attached.get("AttachedPolicies", []):
            arn = item["PolicyArn"]
            document = self.managed_document(account, arn)
            policy = _compile(document, "identity", arn.rpartition("/")[2])
            owner = "aws-managed" if arn.startswith(AWS_MANAGED) else "user-managed"
            yield Attachment(policy, document, owner, arn, to, name)


def _compile(document: str, kind: Any, name: str) -> Policy:
    try:
        return parse_policy(document, kind=kind, name=name)
    except PolicyError as error:
        # The gateway refuses malformed policies on their way in; this one came another way.
        raise AwsError("MalformedPolicyDocument", f"{name}: {error}", 400) from error
