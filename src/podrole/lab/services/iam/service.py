"""IAM beside moto: what its calls need, what is refused on its way in, and what moto lacks."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import Headers

from podrole.lab.access.authorizer import Requirement
from podrole.lab.access.iam_state import Entity, IamState
from podrole.lab.access.service import Answer, Operation, Service
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller, FederatedUser, User
from podrole.lab.credentials import AccessKey, Credentials, credentials_error
from podrole.lab.moto_adapter import iam as moto_iam
from podrole.lab.moto_adapter.backend import parsed
from podrole.lab.oidc.outbound import OutboundFederation
from podrole.lab.protocol import validation
from podrole.lab.protocol.call import Call
from podrole.lab.services.iam import (
    conflicts,
    identity_policies,
    quotas,
    service_linked_roles,
)
from podrole.lab.services.iam.account_switches import AccountSwitches
from podrole.lab.services.iam.credential_report import CredentialReport
from podrole.lab.services.iam.last_accessed import LastAccessed
from podrole.lab.services.iam.oidc_providers import OidcProviders
from podrole.lab.services.iam.requirements import iam_requirements
from podrole.lab.services.iam.simulation import PolicySimulation, ServiceControl
from podrole.lab.services.iam.trust_policies import TrustPolicies

#: The calls that hand in an identity-based policy.
_IDENTITY_POLICIES = {
    "PutRolePolicy",
    "PutUserPolicy",
    "PutGroupPolicy",
    "CreatePolicy",
    "CreatePolicyVersion",
}
#: What a principal that goes, or is renamed, is called by.
_DEPARTING = {"DeleteRole": "RoleName", "DeleteUser": "UserName", "UpdateUser": "UserName"}


class Iam(Service):
    """IAM: moto keeps it."""

    def __init__(
        self,
        state: IamState,
        credentials: Credentials,
        service_control: ServiceControl,
        outbound: OutboundFederation,
        last_accessed: LastAccessed,
        credential_report: CredentialReport,
    ) -> None:
        """`state` is what decisions read; it is told of changes."""
        self._state = state
        self._credentials = credentials
        self._trust = TrustPolicies(state, state.forget)
        self._providers = OidcProviders(state)
        self._operations = (
            PolicySimulation(state, service_control),
            self._providers,
            AccountSwitches(outbound),
            last_accessed,
            credential_report,
        )

    def requirements(self, call: Call, caller: Caller) -> list[Requirement]:
        """The role, user, policy or provider that the call names, else `*`."""
        if isinstance(caller, FederatedUser) or (isinstance(caller, User) and caller.session):
            # Without MFA, which the lab lacks, a user's temporary credentials reach no call of IAM
            # (STS API reference, GetSessionToken; the answer: aws.iam #15 of cloudyr).
            raise credentials_error("key", call.protocol)
        return iam_requirements(self._state, call, caller)

    def operation(self, name: str) -> Operation | None:
        """What moto lacks, and trust policies, which it half-checks."""
        if name == "UpdateAssumeRolePolicy":
            return self._update_trust_policy
        for operations in self._operations:
            found: Operation | None = operations.operation(name)
            if found is not None:
                return found
        return None

    def _update_trust_policy(self, call: Call, caller: Caller) -> dict[str, Any]:
        account = caller.account
        self._check(account, call)
        document = self._trust.checked(call.parameters["PolicyDocument"])
        self._save_trust(account, call.parameters["RoleName"], document)
        return {}

    def _save_trust(self, account: str, role_name: str, document: str) -> None:
        moto_iam.set_trust_policy(account, role_name, document)
        self._state.forget(account)

    def _check(self, account: str, call: Call) -> None:
        validation.check(call)
        conflicts.check(self._state, account, call)
        service_linked_roles.check(self._state, account, call)
        quotas.check(self._state, account, call)

    def before_moto(self, call: Call) -> Answer | None:
        """Refuse what AWS refuses and moto would take; fill in what AWS takes as said.

        Raises AwsError.
        """
        assert call.caller is not None
        account, parameters = call.caller.account, call.parameters
        _name_the_user(call)
        self._check(account, call)
        self._providers.check(account, call)
        if call.name == "CreateRole":
            text = parameters["AssumeRolePolicyDocument"]
            checked = self._trust.checked(text)
            if checked != text:
                role_name = parameters["RoleName"]
                call.afterwards.append(lambda: self._save_trust(account, role_name, checked))
        if call.name in _IDENTITY_POLICIES:
            identity_policies.check(parameters.get("PolicyDocument", ""))
        if call.name == "UpdateRole":
            role = self._state.role(account, parameters["RoleName"])
            assert role is not None
            # moto forgets the one that is not given.
            _add(call, "MaxSessionDuration", str(role.max_session))
            _add(call, "Description", role.description)
        if call.name in _DEPARTING:
            name = parameters[_DEPARTING[call.name]]
            find = self._state.role if call.name == "DeleteRole" else self._state.user
            principal = find(account, name)
            if principal is not None:
                call.afterwards.append(lambda: self._departed(call, account, principal))
        return None

    def after_moto(self, call: Call, account: str, body: bytes) -> bytes:
        """Read the account's IAM again after a change, and keep its access keys."""
        if call.name.startswith(("Get", "List")):
            return body
        self._state.forget(account)
        self._keys_changed(call, account, body)
        return body

    def _departed(self, call: Call, account: str, principal: Entity) -> None:
        becomes = principal.unique_id
        if call.name == "UpdateUser":
            name = call.parameters["UserName"]
            new_name = call.parameters.get("NewUserName", name)
            self._credentials.rename_user(account, name, new_name)
            user = self._state.user(account, new_name)
            assert user is not None
            becomes = user.arn
        self._trust.rename(principal.arn, becomes)

    def _keys_changed(self, call: Call, account: str, body: bytes) -> None:
        if call.name == "CreateAccessKey":
            made = parsed(call.operation, 200, Headers(), body)["AccessKey"]
            self._credentials.add_key(
                AccessKey(made["AccessKeyId"], made["SecretAccessKey"], account, made["UserName"])
            )
        elif call.name in ("DeleteAccessKey", "UpdateAccessKey"):
            key_id = call.parameters.get("AccessKeyId", "")
            self._credentials.set_active(
                key_id, call.name == "UpdateAccessKey" and call.parameters["Status"] == "Active"
            )


def _name_the_user(call: Call) -> None:
    """Where a call names no user it means its caller, whom moto does not know."""
    shape = call.operation.input_shape
    if shape is None or "UserName" not in shape.members or "UserName" in call.parameters:
        return
    if not isinstance(call.caller, User):
        raise AwsError(
            "ValidationError", "Must specify userName when calling with non-User credentials"
        )
    _add(call, "UserName", call.caller.name)


def _add(call: Call, name: str, value: str) -> None:
    """Add a parameter to the form that moto is going to read, unless the call has it."""
    if name in call.parameters:
        return
    call.parameters = {**call.parameters, name: value}
    form = call.environ["wsgi.input"].getvalue() + f"&{urlencode({name: value})}".encode()
    call.environ["wsgi.input"] = BytesIO(form)
    call.environ["CONTENT_LENGTH"] = str(len(form))
