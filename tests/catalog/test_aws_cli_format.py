"""A policy's commands, run by the real AWS CLI in the lab: AWS then holds the policy's document."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from podrole.catalog import Catalog, Snippet
from tests.catalog.conftest import ACCOUNT, Shell
from tests.catalogue import CATALOG

TRUST_POD_IDENTITY = CATALOG.render("trust-pod-identity", "json")
#: The lab has no VPC endpoints: the command's arguments are checked, no more.
NOT_IN_THE_LAB = {"vpc-endpoint"}


def _role(shell: Shell, values: dict[str, str], account: str) -> None:
    shell.boto("iam", account).create_role(
        RoleName=values["role_name"], AssumeRolePolicyDocument=TRUST_POD_IDENTITY
    )


def _organization(shell: Shell, values: dict[str, str], account: str) -> None:
    organizations = shell.boto("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="RESOURCE_CONTROL_POLICY")
    invitation = organizations.invite_account_to_organization(
        Target={"Id": values["target_account_id"], "Type": "ACCOUNT"}
    )
    other = shell.boto("organizations", values["target_account_id"])
    other.accept_handshake(HandshakeId=invitation["Handshake"]["Id"])


def _bucket(shell: Shell, values: dict[str, str], account: str) -> None:
    shell.boto("s3", account).create_bucket(
        Bucket=values["bucket"],
        CreateBucketConfiguration={"LocationConstraint": values["region"]},
    )


def _trail_bucket(shell: Shell, values: dict[str, str], account: str) -> None:
    _bucket(shell, {**values, "bucket": values["trail_bucket"]}, account)


def _key(shell: Shell, values: dict[str, str], account: str) -> None:
    values["kms_key_id"] = shell.boto("kms", account).create_key()["KeyMetadata"]["KeyId"]


def _secret(shell: Shell, values: dict[str, str], account: str) -> None:
    shell.boto("secretsmanager", account).create_secret(
        Name=values["secret_name"], SecretString="x"
    )


def _queue(shell: Shell, values: dict[str, str], account: str) -> None:
    shell.boto("sqs", account).create_queue(QueueName=values["queue"])


def _topic(shell: Shell, values: dict[str, str], account: str) -> None:
    shell.boto("sns", account).create_topic(Name=values["topic"])


def _repository(shell: Shell, values: dict[str, str], account: str) -> None:
    shell.boto("ecr", account).create_repository(repositoryName=values["repository"])


def _table(shell: Shell, values: dict[str, str], account: str) -> None:
    shell.boto("dynamodb", account).create_table(
        TableName=values["table"],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def _nothing(shell: Shell, values: dict[str, str], account: str) -> None:
    pass


Before = Callable[[Shell, dict[str, str], str], None]
#: What must be there before the commands run.
BEFORE: dict[str, Before] = {
    "role-trust": _nothing,
    "target-role-trust": lambda shell, values, _: _role(shell, values, ACCOUNT),  # who is trusted
    "role-policy": _role,
    "node-role-policy": lambda shell, values, account: _role(
        shell, {**values, "role_name": values["node_role"]}, account
    ),
    "association": _role,
    "permissions-boundary": _role,
    "service-control-policy": _organization,
    "resource-control-policy": _organization,
    "s3-bucket": _bucket,
    "trail-bucket": _trail_bucket,
    "kms-key": _key,
    "secret": _secret,
    "sqs-queue": _queue,
    "sns-topic": _topic,
    "ecr-repository": _repository,
    "dynamodb-table": _table,
}


def held(shell: Shell, snippet: Snippet, values: dict[str, str], account: str) -> Any:
    """The document that AWS holds after the commands."""
    name = snippet.id
    boto = shell.boto
    match snippet.holder:
        case "role-trust" | "target-role-trust":
            role = values["role_name" if snippet.holder == "role-trust" else "target_role_name"]
            found = boto("iam", account).get_role(RoleName=role)["Role"]
            return found["AssumeRolePolicyDocument"]
        case "role-policy" | "node-role-policy":
            role = values["role_name" if snippet.holder == "role-policy" else "node_role"]
            found = boto("iam", account).get_role_policy(RoleName=role, PolicyName=name)
            return found["PolicyDocument"]
        case "permissions-boundary":
            arn = f"arn:aws:iam::{account}:policy/{name}"
            role = boto("iam", account).get_role(RoleName=values["role_name"])["Role"]
            assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
            version = boto("iam", account).get_policy_version(PolicyArn=arn, VersionId="v1")
            return version["PolicyVersion"]["Document"]
        case "association":
            eks = boto("eks", account)
            (listed,) = eks.list_pod_identity_associations(clusterName="demo")["associations"]
            text = eks.describe_pod_identity_association(
                clusterName="demo", associationId=listed["associationId"]
            )["association"]["policy"]
        case "service-control-policy" | "resource-control-policy":
            organizations = boto("organizations")
            attached = organizations.list_policies_for_target(
                TargetId=values["target_account_id"],
                Filter=snippet.holder.replace("-", "_").upper(),
            )["Policies"]
            (mine,) = (one["Id"] for one in attached if one["Name"] == name)
            text = organizations.describe_policy(PolicyId=mine)["Policy"]["Content"]
        case "s3-bucket":
            text = boto("s3", account).get_bucket_policy(Bucket=values["bucket"])["Policy"]
        case "trail-bucket":
            text = boto("s3", account).get_bucket_policy(Bucket=values["trail_bucket"])["Policy"]
        case "kms-key":
            text = boto("kms", account).get_key_policy(
                KeyId=values["kms_key_id"], PolicyName="default"
            )["Policy"]
        case "secret":
            text = boto("secretsmanager", account).get_resource_policy(
                SecretId=values["secret_name"]
            )["ResourcePolicy"]
        case "sqs-queue":
            sqs = boto("sqs", account)
            url = sqs.get_queue_url(QueueName=values["queue"])["QueueUrl"]
            text = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"][
                "Policy"
            ]
        case "sns-topic":
            text = boto("sns", account).get_topic_attributes(TopicArn=values["topic_arn"])[
                "Attributes"
            ]["Policy"]
        case "ecr-repository":
            text = boto("ecr", account).get_repository_policy(repositoryName=values["repository"])[
                "policyText"
            ]
        case "dynamodb-table":
            arn = f"arn:aws:dynamodb:{values['region']}:{account}:table/{values['table']}"
            text = boto("dynamodb", account).get_resource_policy(ResourceArn=arn)["Policy"]
        case other:
            raise AssertionError(f"no reading back for {other}")
    return json.loads(text)


@pytest.mark.parametrize(
    "snippet",
    [
        one
        for one in CATALOG.of("policy")
        if "cli" in CATALOG.formats(one.id) and one.holder not in NOT_IN_THE_LAB
    ],
    ids=lambda snippet: snippet.id,
)
def test_aws_holds_the_policy_after_its_commands(
    shell: Shell, catalog: Catalog, snippet: Snippet
) -> None:
    values = dict(catalog.values)
    account = values["target_account_id"] if _elsewhere(snippet) else values["account_id"]
    if snippet.layer == "resource":
        _role(shell, values, ACCOUNT)  # whom a policy names must exist
    BEFORE[str(snippet.holder)](shell, values, account)
    given = {"oidc_id": values["oidc_id"], "kms_key_id": values["kms_key_id"]}
    shell.run(catalog.render(snippet.id, "cli", given), account)
    assert held(shell, snippet, values, account) == json.loads(
        catalog.render(snippet.id, "json", given)
    )


def _elsewhere(snippet: Snippet) -> bool:
    """Whether the policy stands in the other account."""
    return snippet.cases[0].request.get("resource_account") == "{{target_account_id}}" and (
        snippet.layer in ("trust", "resource")
    )
