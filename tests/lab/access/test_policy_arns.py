"""The ARN of the policy that denies, at the end of a refusal: since January 2026."""

from __future__ import annotations

import json

import boto3
import pytest

from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, Setup, allow, statement
from tests.lab.services.sts.test_irsa import refused

DENIED = "is not authorized to perform: s3:ListAllMyBuckets on resource: *"


def message(setup: Setup) -> str:
    with setup.cluster.pod("orders-api", "orders").inside():
        text = refused(boto3.client("s3").list_buckets)[2]
    return text.partition(" on resource: ")[2].partition(" ")[2]


def managed(setup: Setup, name: str, effect: str) -> str:
    document = statement(Effect=effect, Action="s3:*", Resource="*")
    made = setup.iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))
    return str(made["Policy"]["Arn"])


def test_a_managed_policy_is_named(setup: Setup) -> None:
    setup.irsa_pod(allow("s3:*"))
    arn = managed(setup, "no-s3", "Deny")
    setup.iam.attach_role_policy(RoleName="orders-api", PolicyArn=arn)
    assert message(setup) == f"with an explicit deny in an identity-based policy: {arn}"


def test_an_inline_policy_has_no_arn(setup: Setup) -> None:
    setup.irsa_pod(statement(Effect="Deny", Action="s3:*", Resource="*"))
    assert message(setup) == "with an explicit deny in an identity-based policy"


@pytest.mark.parametrize("effect", ["Deny", "Allow"])
def test_a_boundary_is_named_where_it_denies(setup: Setup, effect: str) -> None:
    setup.irsa_pod(allow("s3:*"))
    arn = managed(setup, "boundary", effect)
    setup.iam.put_role_permissions_boundary(RoleName="orders-api", PermissionsBoundary=arn)
    if effect == "Deny":
        assert message(setup) == f"with an explicit deny in a permissions boundary: {arn}"
    else:  # the boundary allows, so nothing is refused
        with setup.cluster.pod("orders-api", "orders").inside():
            boto3.client("s3").list_buckets()


def test_what_merely_lacks_an_allow_is_not_named(setup: Setup) -> None:
    setup.irsa_pod(allow("sqs:*"))
    arn = managed(setup, "boundary", "Allow")
    setup.iam.put_role_permissions_boundary(RoleName="orders-api", PermissionsBoundary=arn)
    assert message(setup) == (
        "because no identity-based policy allows the s3:ListAllMyBuckets action"
    )


def test_strangers_are_not_told(setup: Setup) -> None:
    """The caller's policy stands in its own account, the bucket in one of no organization."""
    setup.irsa_pod(allow("s3:*"))
    arn = managed(setup, "no-s3", "Deny")
    setup.iam.attach_role_policy(RoleName="orders-api", PolicyArn=arn)
    other = setup.lab.session(OTHER_ACCOUNT).client("s3")
    where = {"LocationConstraint": "us-west-2"}
    other.create_bucket(Bucket="theirs", CreateBucketConfiguration=where)
    with setup.cluster.pod("orders-api", "orders").inside():
        text = refused(lambda: boto3.client("s3").list_objects_v2(Bucket="theirs"))[2]
    assert text.startswith(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/orders-api/")
    assert text.endswith("with an explicit deny in an identity-based policy")
