"""Roles, users and their policies, read from moto through IAM's own API and kept compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from podrole.policy import Policy, PolicyError, parse_policy

from .aws_error import AwsError
from .moto_backend import Moto

#: IAM is global: one region stands for it.
REGION = "us-east-1"


@dataclass(frozen=True)
class Principal:
    """A role or a user with everything that decides for it."""

    arn: str
    unique_id: str
    policies: tuple[Policy, ...]
    boundary: Policy | None
    tags: Mapping[str, str] = field(default_factory=dict)
    trust: Policy | None = None
    max_session: int = 3600


class IamState:
    """What IAM holds, by account. Kept until a call changes that account's IAM."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto
        self._known: dict[tuple[str, str, str], Principal | None] = {}

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

    def provider_audiences(self, account: str, provider_arn: str) -> list[str] | None:
        """The client ids of an OIDC provider, None if the account has no such provider."""
        try:
            found = self._call(
                account, "GetOpenIDConnectProvider", OpenIDConnectProviderArn=provider_arn
            )
        except AwsError:
            return None
        return list(found.get("ClientIDList", []))

    def _call(self, account: str, operation: str, **parameters: Any) -> dict[str, Any]:
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
        policies = self._policies(account, kind, name)
        if kind == "User":
            groups = self._call(account, "ListGroupsForUser", UserName=name).get("Groups", [])
            for group in groups:
                policies += self._policies(account, "Group", group["GroupName"])
        boundary = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return Principal(
            arn=found["Arn"],
            unique_id=found[f"{kind}Id"],
            policies=tuple(policies),
            boundary=self._managed(account, boundary, "boundary") if boundary else None,
            tags={tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
            trust=_compile(found["AssumeRolePolicyDocument"], "trust", f"trust policy of {name}")
            if kind == "Role"
            else None,
            max_session=found.get("MaxSessionDuration") or 3600,
        )

    def _policies(self, account: str, kind: str, name: str) -> list[Policy]:
        who = {f"{kind}Name": name}
        compiled = []
        for inline in self._call(account, f"List{kind}Policies", **who).get("PolicyNames", []):
            document = self._call(account, f"Get{kind}Policy", **who, PolicyName=inline)
            compiled.append(_compile(document["PolicyDocument"], "identity", inline))
        attached = self._call(account, f"ListAttached{kind}Policies", **who)
        for policy in attached.get("AttachedPolicies", []):
            compiled.append(self._managed(account, policy["PolicyArn"], "identity"))
        return compiled

    def _managed(self, account: str, arn: str, kind: str) -> Policy:
        version = self._call(account, "GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = self._call(account, "GetPolicyVersion", PolicyArn=arn, VersionId=version)
        return _compile(document["PolicyVersion"]["Document"], kind, arn.rpartition("/")[2])


def _compile(document: str, kind: Any, name: str) -> Policy:
    try:
        # IAM answers with URL-encoded documents (RFC 3986), as its API reference says.
        return parse_policy(unquote(document), kind=kind, name=name)
    except PolicyError as error:
        # The gateway refuses malformed policies on their way in; this one came another way.
        raise AwsError("MalformedPolicyDocument", f"{name}: {error}", 400) from error
