"""moto's IAM taken hold of beside its API, so a place to look at when moto changes (here 5.2.5).

What the API does not offer: AWS's managed policies one by one, trust policies that moto's own
validator would refuse, the client ids of an OIDC provider, and when an access key was last used.
And what it offers slowly: IamState reads, and a lab makes its first roles, without 3 ms of HTTP,
XML and botocore's models for each question (measured 2026-11-26).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import moto.iam.models
from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import IAMPolicyDocumentValidator

from podrole.lab.moto_adapter.backend import undisturbed

AWS_MANAGED = "arn:aws:iam::aws:policy/"
#: What a role has that may do everything.
ADMINISTRATOR = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@cache
def _published() -> dict[str, tuple[str, Any]]:
    """AWS's managed policies as moto ships them, by ARN; parsed at the first question (20 ms)."""
    policies = json.loads(moto.iam.models.aws_managed_policies_data)
    return {
        f"{AWS_MANAGED[:-1]}{data['Path']}{name}": (name, data) for name, data in policies.items()
    }


def policy_fault(text: str) -> str | None:
    """What IAM says of an identity-based policy that it does not take; None for one that it does.

    moto's texts are AWS's: 99designs/iamy #74, aws-samples/torchserve-eks #3 and moto's own tests
    of them (5.2.5; checked 2026-11-29).
    """
    try:
        IAMPolicyDocumentValidator(text).validate()
    except MalformedPolicyDocument as error:
        return str(error.message)
    return None


def held(account: str) -> Any:
    """An account's IAM: moto's IAMBackend. Others only read it."""
    return moto.iam.models.iam_backends[account]["aws"]


def create_role(
    account: str,
    name: str,
    principal: Mapping[str, str],
    policy_name: str,
    policy: Mapping[str, Any],
) -> None:
    """Make a role that `principal` may assume, with one inline policy: nothing is checked."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    role = held(account).create_role(
        role_name=name,
        assume_role_policy_document=json.dumps(trust),
        path="/",
        permissions_boundary=None,
        description=None,
        tags=[],
        max_session_duration=3600,
    )
    role.put_policy(policy_name, json.dumps(policy))


def load_aws_managed(account: str, arn: str | None = None) -> None:
    """Put one of AWS's managed policies into an account, or all of them; unknown ones are left."""
    known_here = held(account).managed_policies
    with undisturbed():
        for known, (name, data) in _published().items():
            if known not in known_here and arn in (None, known):
                known_here[known] = moto.iam.models.AWSManagedPolicy.from_data(
                    name, account, "us-east-1", data
                )


def set_trust_policy(account: str, role_name: str, document: str) -> None:
    """Write a role's trust policy as it is. The role must exist."""
    held(account).get_role(role_name).assume_role_policy_document = document


def set_client_ids(account: str, provider_arn: str, client_ids: list[str]) -> None:
    """Write an OIDC provider's client ids. The provider must exist."""
    held(account).get_open_id_connect_provider(provider_arn).client_id_list = client_ids


def described_provider(account: str, provider_arn: str) -> dict[str, Any]:
    """The members of GetOpenIDConnectProvider's answer that moto knows. The provider must exist."""
    found = held(account).get_open_id_connect_provider(provider_arn)
    return {
        "Url": found.url,
        "ClientIDList": list(found.client_id_list),
        "ThumbprintList": list(found.thumbprint_list),
        "CreateDate": found.create_date,
        "Tags": sorted(found.get_tags(), key=lambda tag: tag["Key"]),
    }


def mark_used(account: str, access_key_id: str, service: str, region: str, when: datetime) -> None:
    """Note a user's key as used, for GetAccessKeyLastUsed. Another key is left alone."""
    key = held(account).access_keys.get(access_key_id)
    if key is not None:
        key.last_used = moto.iam.models.AccessKeyLastUsed(when, service, region)
