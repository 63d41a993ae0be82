"""What tests of several services start from."""

from __future__ import annotations

import boto3
import pytest

from podrole.lab import Lab


@pytest.fixture
def key(lab: Lab) -> str:
    """The ARN of a key with the default policy, whose alias is alias/orders."""
    kms = boto3.client("kms")
    arn = str(kms.create_key()["KeyMetadata"]["Arn"])
    kms.create_alias(AliasName="alias/orders", TargetKeyId=arn)
    return arn
