"""What the lab needs of moto's IAM and moto's API does not offer.

The one place that takes hold of moto's own objects, so the one to look at when moto changes
(written against 5.2.5): AWS's managed policies one by one, trust policies that moto's own validator
would refuse, the client ids of an OIDC provider, and when an access key was last used.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any

import moto.iam.models

from .moto_backend import undisturbed

AWS_MANAGED = "arn:aws:iam::aws:policy/"


@cache
def _published() -> dict[str, tuple[str, Any]]:
    """AWS's managed policies as moto ships them, by ARN; parsed at the first question (20 ms)."""
    policies = json.loads(moto.iam.models.aws_managed_policies_data)
    return {
        f"{AWS_MANAGED[:-1]}{data['Path']}{name}": (name, data) for name, data in policies.items()
    }


def load_aws_managed(account: str, arn: str | None = None) -> None:
    """Put one of AWS's managed policies into an account, or all of them; unknown ones are left."""
    held = _account(account).managed_policies
    with undisturbed():
        for known, (name, data) in _published().items():
            if known not in held and arn in (None, known):
                held[known] = moto.iam.models.AWSManagedPolicy.from_data(
                    name, account, "us-east-1", data
                )


def set_trust_policy(account: str, role_name: str, document: str) -> None:
    """Write a role's trust policy as it is. The role must exist."""
    _account(account).get_role(role_name).assume_role_policy_document = document


def set_client_ids(account: str, provider_arn: str, client_ids: list[str]) -> None:
    """Write an OIDC provider's client ids. The provider must exist."""
    _account(account).get_open_id_connect_provider(provider_arn).client_id_list = client_ids


def mark_used(account: str, access_key_id: str, service: str, region: str, when: datetime) -> None:
    """Note a user's key as used, for GetAccessKeyLastUsed. Another key is left alone."""
    key = _account(account).access_keys.get(access_key_id)
    if key is not None:
        key.last_used = moto.iam.models.AccessKeyLastUsed(when, service, region)


def _account(account: str) -> Any:
    return moto.iam.models.iam_backends[account]["aws"]
