"""What `podrole doctor --error` says of a refusal, done: the pod gets in, and nobody else does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from podrole.doctor.texts import causes, explain
from tests.doctor.conftest import Ward
from tests.doctor.texts.produced import (
    EVERYTHING,
    PRODUCED,
    TARGET,
    in_pod,
    list_users,
    said,
    to_target,
)
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, ROLE_ARN, allow, client, statement

Try = Callable[[Ward], str]
BUCKET = "reports-of-b"
LIST = allow("iam:ListUsers")


@dataclass(frozen=True)
class Cure:
    """A refusal and what its row says: `fix` has the words, `does` does it, `tries` tries again.

    `breaks` makes it, and says what the program shows.
    """

    fix: str
    does: Callable[[Ward], object]
    breaks: Try
    tries: Try = list_users


def in_b(ward: Ward, service: str) -> Any:
    return ward.setup.lab.session(OTHER_ACCOUNT).client(service)


def assume_target(ward: Ward) -> str:
    return in_pod(
        ward, lambda: boto3.client("sts").assume_role(RoleArn=TARGET, RoleSessionName="try")
    )


def trust_pod_in_b(ward: Ward, *actions: str) -> None:
    trust = statement(Principal={"AWS": ROLE_ARN}, Action=list(actions))
    in_b(ward, "iam").update_assume_role_policy(RoleName="target", PolicyDocument=json.dumps(trust))


def chain_without_permission(ward: Ward) -> str:
    """B trusts the pod's role, whose own policy does not allow the chain."""
    to_target(ward, ["sts:AssumeRole", "sts:TagSession"])
    put_permissions(ward, allow("s3:ListAllMyBuckets"))
    return assume_target(ward)


def put_permissions(ward: Ward, document: Any) -> None:
    ward.setup.iam.put_role_policy(
        RoleName="orders-api", PolicyName="p0", PolicyDocument=json.dumps(document)
    )


def new_boundary(ward: Ward) -> None:
    ward.setup.iam.create_policy_version(
        PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/b",
        PolicyDocument=json.dumps(allow(["sts:*", "iam:ListUsers"])),
        SetAsDefault=True,
    )


def new_session_policy(ward: Ward) -> None:
    (listed,) = ward.setup.eks.list_pod_identity_associations(clusterName="demo")["associations"]
    ward.setup.eks.update_pod_identity_association(
        clusterName="demo",
        associationId=listed["associationId"],
        disableSessionTags=True,
        policy=json.dumps(allow(["sts:*", "iam:ListUsers"])),
    )
    ward.restart()  # the agent keeps what it has for a pod


def allow_in_organization(ward: Ward) -> None:
    manager = in_b(ward, "organizations")
    kind = {"Name": "users", "Description": "", "Type": "SERVICE_CONTROL_POLICY"}
    made = manager.create_policy(**kind, Content=json.dumps(LIST))["Policy"]["PolicySummary"]
    manager.attach_policy(PolicyId=made["Id"], TargetId=ACCOUNT)


def bucket_of_b(ward: Ward) -> str:
    ward.setup.irsa_pod(EVERYTHING)
    region = {"LocationConstraint": "us-west-2"}
    in_b(ward, "s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=region)
    return list_bucket(ward)


def list_bucket(ward: Ward) -> str:
    return in_pod(ward, lambda: boto3.client("s3").list_objects_v2(Bucket=BUCKET))


def allow_in_bucket(ward: Ward) -> None:
    policy = statement(
        Principal={"AWS": ROLE_ARN}, Action="s3:ListBucket", Resource=f"arn:aws:s3:::{BUCKET}"
    )
    in_b(ward, "s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))


CURES = {
    "denied": Cure(
        "in a policy of {role}", lambda ward: put_permissions(ward, LIST), PRODUCED["denied"]
    ),
    "denied-boundary": Cure("to the boundary", new_boundary, PRODUCED["denied-boundary"]),
    "denied-session": Cure(
        "to the association's policy", new_session_policy, PRODUCED["denied-session"]
    ),
    "denied-explicitly": Cure(
        "Change that policy's condition or resource",
        lambda ward: ward.setup.iam.delete_role_policy(RoleName="orders-api", PolicyName="p1"),
        PRODUCED["denied-explicitly"],
    ),
    "denied-service-control": Cure(
        "in the organization's policy", allow_in_organization, PRODUCED["denied-service-control"]
    ),
    "denied-resource": Cure("in the resource's policy", allow_in_bucket, bucket_of_b, list_bucket),
    "chained-tags": Cure(
        "sts:TagSession",
        lambda ward: trust_pod_in_b(ward, "sts:AssumeRole", "sts:TagSession"),
        PRODUCED["chained-tags"],
        assume_target,
    ),
    "chained-role": Cure(
        "Add what is missing on either side",
        lambda ward: put_permissions(ward, allow(["sts:AssumeRole", "sts:TagSession"], TARGET)),
        chain_without_permission,
        assume_target,
    ),
}


def stranger(ward: Ward) -> Any:
    """The keys of a role of the same account that nobody has allowed anything."""
    trust = statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Action="sts:AssumeRole")
    ward.setup.create_role(trust, name="stranger")
    arn = f"arn:aws:iam::{ACCOUNT}:role/stranger"
    return ward.setup.sts.assume_role(RoleArn=arn, RoleSessionName="stranger")["Credentials"]


def strangers_answer(keys: Any, cause: str) -> str:
    """What the call that the cause is of says to the stranger."""
    if cause == "denied-resource":
        return said(lambda: client("s3", keys).list_objects_v2(Bucket=BUCKET))
    if cause.startswith("chained"):
        asked = {"RoleArn": TARGET, "RoleSessionName": "stranger"}
        return said(lambda: client("sts", keys).assume_role(**asked))
    return said(lambda: client("iam", keys).list_users())


@pytest.mark.parametrize("cause", CURES)
def test_the_fix_lets_the_pod_in_and_nobody_else(ward: Ward, cause: str) -> None:
    cure, keys = CURES[cause], stranger(ward)
    text = cure.breaks(ward)
    assert "denied" in text.lower(), text
    assert explain(text).causes[0] == cause, text
    assert cure.fix in causes()[cause].fix
    cure.does(ward)
    assert "denied" not in cure.tries(ward).lower()
    assert "AccessDenied" in strangers_answer(keys, cause)
