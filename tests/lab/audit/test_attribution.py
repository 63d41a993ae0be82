"""Attribution: from one call's record back to the pod, on the lab's records and on real shapes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from podrole.attribution import Attribution, Sessions, attribute
from podrole.lab import Lab
from tests.lab.conftest import (
    ACCOUNT,
    OTHER_ACCOUNT,
    POD_IDENTITY_TRUST,
    ROLE_ARN,
    Setup,
    allow,
    statement,
)

TARGET = f"arn:aws:iam::{OTHER_ACCOUNT}:role/target"
CLUSTER = f"arn:aws:eks:us-west-2:{ACCOUNT}:cluster/demo"


def records(lab: Lab) -> list[dict[str, Any]]:
    """What trails of all accounts would hold, in no order that helps."""
    found = [item for account in lab.accounts for item in lab.gateway.trail.records(account)]
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def last(found: list[dict[str, Any]], name: str, account: str = ACCOUNT) -> dict[str, Any]:
    return [
        item for item in found if (item["eventName"], item["recipientAccountId"]) == (name, account)
    ][-1]


def create_target(lab: Lab) -> None:
    trust = statement(Principal={"AWS": ROLE_ARN}, Action=["sts:AssumeRole", "sts:TagSession"])
    iam = lab.session(OTHER_ACCOUNT).client("iam")
    iam.create_role(RoleName="target", AssumeRolePolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName="target", PolicyName="p", PolicyDocument=json.dumps(allow("s3:*")))


def test_irsa(setup: Setup, bucket: str) -> None:
    with setup.irsa_pod(allow("s3:*")).inside():
        boto3.client("s3").get_object(Bucket=bucket, Key="in/1")
    found = records(setup.lab)
    assert attribute(found, last(found, "GetObject")) == Attribution(
        mechanism="irsa",
        role=ROLE_ARN,
        namespace="orders",
        service_account="orders-api",
        pod=None,
        cluster=setup.provider,
    )


def test_pod_identity(setup: Setup, bucket: str) -> None:
    pod = setup.pod_identity_pod(allow("s3:*"))
    with pod.inside():
        boto3.client("s3").get_object(Bucket=bucket, Key="in/1")
    found = records(setup.lab)
    assert attribute(found, last(found, "GetObject")) == Attribution(
        mechanism="pod-identity",
        role=ROLE_ARN,
        namespace="orders",
        service_account="orders-api",
        pod=pod.name,
        cluster=CLUSTER,
    )


def test_the_operator_is_no_pod(setup: Setup, bucket: str) -> None:
    with setup.irsa_pod(allow("s3:*")).inside():
        boto3.client("s3").get_object(Bucket=bucket, Key="in/1")
    boto3.client("s3").put_object(Bucket=bucket, Key="in/2", Body=b"")
    found = records(setup.lab)
    assert attribute(found, last(found, "PutObject")) is None
    assert attribute([], last(found, "GetObject")) is None


def test_a_chain_is_followed_to_its_first_session(setup: Setup, lab: Lab) -> None:
    pod = setup.pod_identity_pod(allow("sts:*"))
    create_target(lab)
    with pod.inside():
        credentials = boto3.client("sts").assume_role(RoleArn=TARGET, RoleSessionName="hop")[
            "Credentials"
        ]
        boto3.client(
            "s3",
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        ).list_buckets()
    found = records(lab)
    call = last(found, "ListBuckets", OTHER_ACCOUNT)
    expected = Attribution(
        "pod-identity", ROLE_ARN, "orders", "orders-api", pod.name, CLUSTER, (TARGET,)
    )
    assert attribute(found, call) == expected
    # Without the record of EKS's call the tags that went along name the pod.
    without = [item for item in found if item["userIdentity"]["type"] != "AWSService"]
    assert attribute(without, call) == expected
    # The target's account alone knows the caller's account and no role.
    there = [item for item in found if item["recipientAccountId"] == OTHER_ACCOUNT]
    assert attribute(there, call) == replace(expected, role="")


def test_irsa_through_a_chain(setup: Setup, lab: Lab) -> None:
    pod = setup.irsa_pod(allow("sts:*"))
    create_target(lab)
    with pod.inside():
        boto3.client("sts").assume_role(RoleArn=TARGET, RoleSessionName="hop")
    found = records(lab)
    made = last(found, "AssumeRole")
    # The call itself was still the pod's own role's.
    attribution = attribute(found, made)
    assert attribution is not None
    assert (attribution.service_account, attribution.through) == ("orders-api", ())


def test_a_target_role_of_an_association(setup: Setup, lab: Lab) -> None:
    pod = setup.pod_identity_pod(allow(["sts:AssumeRole", "sts:TagSession"], TARGET))
    create_target(lab)
    associations = setup.eks.list_pod_identity_associations(clusterName="demo")["associations"]
    setup.eks.update_pod_identity_association(
        clusterName="demo",
        associationId=associations[0]["associationId"],
        targetRoleArn=TARGET,
    )
    with pod.inside():
        boto3.client("s3").list_buckets()
    found = records(lab)
    attribution = attribute(found, last(found, "ListBuckets", OTHER_ACCOUNT))
    assert attribution is not None
    assert (attribution.service_account, attribution.pod) == ("orders-api", pod.name)
    assert (attribution.role, attribution.through) == (ROLE_ARN, (TARGET,))
    shared = {item.get("sharedEventID") for item in found if item["eventName"] == "AssumeRole"}
    assert len(shared - {None}) == 1


def test_without_session_tags_only_the_mechanism_is_known(setup: Setup) -> None:
    with setup.pod_identity_pod(disableSessionTags=True).inside():
        boto3.client("sts").get_caller_identity()
    found = records(setup.lab)
    assert attribute(found, last(found, "GetCallerIdentity")) == Attribution(
        "pod-identity", ROLE_ARN
    )


def test_a_refused_token_names_its_service_account(setup: Setup) -> None:
    setup.create_provider()
    setup.create_role(POD_IDENTITY_TRUST)  # which trusts no web identity
    with setup.deploy(setup.annotated()).inside(), pytest.raises(ClientError):
        boto3.client("sts").get_caller_identity()
    found = records(setup.lab)
    record = last(found, "AssumeRoleWithWebIdentity")
    assert (record["errorCode"], record["errorMessage"]) == (
        "AccessDenied",
        "An unknown error occurred",
    )
    attribution = attribute([], record)
    assert attribution is not None
    assert attribution.service_account == "orders-api"


# -- records of real log files, shortened ------------------------------------------------------

KEY, SESSION = "ASIAEXAMPLEPOD", "eks-prod-app1-498124c2-a555-40bf-9059-ca9a26821eb0"
ISSUED = {
    "userIdentity": {"type": "AWSService", "invokedBy": "pods.eks.amazonaws.com"},
    "eventTime": "2024-04-16T09:20:04Z",
    "eventSource": "sts.amazonaws.com",
    "eventName": "AssumeRole",
    "requestParameters": {
        "roleArn": "arn:aws:iam::111122223333:role/app",
        "roleSessionName": SESSION,
        "durationSeconds": 21600,
        "tags": [
            {"key": "eks-cluster-arn", "value": "arn:aws:eks:us-west-2:111122223333:cluster/prod"},
            {"key": "kubernetes-namespace", "value": "ns-a"},
            {"key": "kubernetes-service-account", "value": "sa1"},
            {"key": "kubernetes-pod-name", "value": "app1"},
        ],
    },
    "responseElements": {
        "credentials": {"accessKeyId": KEY, "expiration": "Apr 16, 2024, 3:20:04 PM"},
        "assumedRoleUser": {
            "assumedRoleId": f"AROAEXAMPLE:{SESSION}",
            "arn": f"arn:aws:sts::111122223333:assumed-role/app/{SESSION}",
        },
    },
}


def call(**identity: Any) -> dict[str, Any]:
    return {
        "userIdentity": {"type": "AssumedRole", **identity},
        "eventTime": "2024-04-16T09:30:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "requestParameters": None,
        "responseElements": None,
    }


POD = Attribution(
    "pod-identity",
    "arn:aws:iam::111122223333:role/app",
    "ns-a",
    "sa1",
    "app1",
    "arn:aws:eks:us-west-2:111122223333:cluster/prod",
)


def test_by_key_by_arn_and_by_id() -> None:
    sessions = Sessions([ISSUED])
    arn = ISSUED["responseElements"]["assumedRoleUser"]["arn"]  # type: ignore[index]
    assert sessions.attribute(call(accessKeyId=KEY)) == POD
    assert sessions.attribute(call(arn=arn)) == POD
    foreign = call(type="AWSAccount", principalId=f"AROAEXAMPLE:{SESSION}")
    assert sessions.attribute(foreign) == POD
    assert sessions.attribute(call(accessKeyId="ASIAOTHER")) is None


def test_a_session_made_later_is_not_the_one() -> None:
    later = {**ISSUED, "eventTime": "2024-04-16T10:00:00Z"}
    assert attribute([later], call(accessKeyId=KEY)) is None


def test_sessions_of_one_name_are_told_apart_by_their_creation() -> None:
    def issued(time: str, pod: str) -> dict[str, Any]:
        tags = [{"key": "kubernetes-pod-name", "value": pod}]
        parameters = {**ISSUED["requestParameters"], "tags": tags}  # type: ignore[dict-item]
        return {**ISSUED, "eventTime": time, "requestParameters": parameters}

    known = [issued("2024-04-16T09:00:00Z", "first"), issued("2024-04-16T09:20:00Z", "second")]
    arn = ISSUED["responseElements"]["assumedRoleUser"]["arn"]  # type: ignore[index]

    def pod(**identity: Any) -> str | None:
        found = attribute(known, call(arn=arn, **identity))
        return found and found.pod

    assert pod() == "second"
    created = {"attributes": {"creationDate": "2024-04-16T09:00:00Z"}}
    assert pod(sessionContext=created) == "first"


def test_tags_as_a_map() -> None:
    tags = {tag["key"]: tag["value"] for tag in ISSUED["requestParameters"]["tags"]}  # type: ignore[index]
    parameters = {"roleArn": POD.role, "principalTags": tags}
    assert attribute([{**ISSUED, "requestParameters": parameters}], call(accessKeyId=KEY)) == POD


def test_a_chain_whose_first_session_is_missing_has_its_tags() -> None:
    tags = {"kubernetes-service-account": "sa1", "kubernetes-namespace": "ns-a"}
    hop = {
        **ISSUED,
        "userIdentity": {
            "type": "AssumedRole",
            "accessKeyId": "ASIAGONE",
            "sessionContext": {"sessionIssuer": {"arn": POD.role}},
        },
        "requestParameters": {"roleArn": TARGET, "incomingTransitiveTags": tags},
    }
    expected = replace(POD, pod=None, cluster=None, through=(TARGET,))
    assert attribute([hop], call(accessKeyId=KEY)) == expected


def test_other_issuers_and_circles_lead_to_nobody() -> None:
    github = {
        **ISSUED,
        "eventName": "AssumeRoleWithWebIdentity",
        "userIdentity": {"type": "WebIdentityUser", "userName": "repo:acme/orders:ref:main"},
    }
    assert attribute([github], call(accessKeyId=KEY)) is None
    circle = {**ISSUED, "userIdentity": {"type": "AssumedRole", "accessKeyId": KEY}}
    assert attribute([circle], call(accessKeyId=KEY)) is None
