"""CloudFormation: cfn-lint finds nothing, and the lab deploys the template and holds the policy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError

from podrole.catalog import Snippet
from podrole.catalog.formats.cloudformation import template
from podrole.lab import Lab
from tests.catalogue import CATALOG
from tests.lab.conftest import statement

POLICIES = [one for one in CATALOG.of("policy") if "cloudformation" in CATALOG.formats(one.id)]
VALUES = CATALOG.values
#: The trust policy of roles that are there before.
EC2 = statement(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")


def findings(text: str, *ignored: str) -> list[str]:
    # Here, since it takes a second: only one process of a run needs it.
    from cfnlint.api import ManualArgs, lint

    found = lint(text, config=ManualArgs(regions=["us-west-2"], ignore_checks=list(ignored)))
    return [f"{one.path}: {one.rule.id}: {one.message}" for one in found]


def test_the_policies_templates() -> None:
    """All in one template: cfn-lint takes a third of a second for each."""
    resources: dict[str, Any] = {}
    for snippet in POLICIES:
        resources |= template(snippet, CATALOG.values)["Resources"]
        assert yaml.safe_load(CATALOG.render(snippet.id, "cloudformation")) == template(
            snippet, CATALOG.values
        )
    assert len(resources) == len(POLICIES)
    whole = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
    # E3019: many policies stand on one role; here they are alternatives.
    assert findings(yaml.safe_dump(whole), "E3019") == []


@pytest.mark.parametrize("snippet", CATALOG.of("cloudformation"), ids=lambda snippet: snippet.id)
def test_a_template_of_its_own(snippet: Snippet) -> None:
    assert findings(CATALOG.render(snippet.id, "yaml")) == []


def test_cfn_lint_would_notice() -> None:
    text = CATALOG.render("cfn-association", "yaml")
    assert findings(text.replace("ServiceAccount:", "ServiceAcount:"))
    assert findings(text.replace("Effect: Allow", "Effect: Alow"))


@pytest.fixture(scope="module")
def deployer() -> Iterator[Deployer]:
    with Lab.start() as lab:
        yield Deployer(lab)


class Deployer:
    """Deploys a policy's template where the resource that holds the policy is there already."""

    def __init__(self, lab: Lab) -> None:
        self.formation, self.iam = boto3.client("cloudformation"), boto3.client("iam")
        organizations = boto3.client("organizations")
        organizations.create_organization(FeatureSet="ALL")
        root = organizations.list_roots()["Roots"][0]["Id"]
        organizations.enable_policy_type(RootId=root, PolicyType="RESOURCE_CONTROL_POLICY")
        member = VALUES["target_account_id"]
        invited = organizations.invite_account_to_organization(
            Target={"Type": "ACCOUNT", "Id": member}
        )
        joining = lab.session(member).client("organizations")
        joining.accept_handshake(HandshakeId=invited["Handshake"]["Id"])
        for name in (VALUES["role_name"], VALUES["node_role"]):
            self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(EC2))
        for name in (VALUES["bucket"], VALUES["trail_bucket"]):
            where = {"LocationConstraint": VALUES["region"]}
            boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=where)
        boto3.client("sqs").create_queue(QueueName=VALUES["queue"])
        boto3.client("sns").create_topic(Name=VALUES["topic_arn"].rpartition(":")[2])
        boto3.client("secretsmanager").create_secret(Name=VALUES["secret_name"], SecretString="x")

    def deploy(self, snippet: Snippet) -> str:
        """The stack's status; why its resource failed, where it did."""
        if snippet.holder == "role-trust":
            self.iam.delete_role(RoleName=VALUES["role_name"])
        self.formation.create_stack(
            StackName=snippet.id,
            TemplateBody=CATALOG.render(snippet.id, "cloudformation"),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        (stack,) = self.formation.describe_stacks(StackName=snippet.id)["Stacks"]
        events = self.formation.describe_stack_events(StackName=snippet.id)["StackEvents"]
        failed = [one for one in events if one["ResourceStatus"] == "CREATE_FAILED"]
        return str(failed[0]["ResourceStatusReason"] if failed else stack["StackStatus"])

    def remove(self, snippet: Snippet) -> None:
        """Delete the stack."""
        self.formation.delete_stack(StackName=snippet.id)
        if snippet.holder == "role-trust":
            name = VALUES["role_name"]
            self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(EC2))


@pytest.mark.parametrize(
    "snippet",
    [one for one in POLICIES if one.holder != "vpc-endpoint"],
    ids=lambda snippet: snippet.id,
)
def test_it_deploys(deployer: Deployer, snippet: Snippet) -> None:
    """AWS then holds the policy; deleting the stack takes it away."""
    try:
        assert deployer.deploy(snippet) == "CREATE_COMPLETE"
        if snippet.holder in HELD:
            assert HELD[snippet.holder](properties(snippet)) == json.loads(
                CATALOG.render(snippet.id, "json")
            )
    finally:
        deployer.remove(snippet)
    with pytest.raises(ClientError, match="does not exist"):
        deployer.formation.describe_stacks(StackName=snippet.id)


def test_the_labs_cloudformation_has_no_endpoints_of_a_vpc(deployer: Deployer) -> None:
    (snippet,) = (one for one in POLICIES if one.holder == "vpc-endpoint")
    with pytest.raises(ClientError, match="CloudFormation makes no AWS::EC2::VPCEndpoint here"):
        deployer.deploy(snippet)


def properties(snippet: Snippet) -> dict[str, Any]:
    """Those of the template's one resource."""
    (resource,) = template(snippet, VALUES)["Resources"].values()
    return dict(resource["Properties"])


def _role(of: dict[str, Any]) -> Any:
    found = boto3.client("iam").get_role(RoleName=of["RoleName"])
    return found["Role"]["AssumeRolePolicyDocument"]


def _inline(of: dict[str, Any]) -> Any:
    names = {name: of[name] for name in ("RoleName", "PolicyName")}
    return boto3.client("iam").get_role_policy(**names)["PolicyDocument"]


def _managed(of: dict[str, Any]) -> Any:
    (policy,) = boto3.client("iam").list_policies(Scope="Local")["Policies"]
    version = boto3.client("iam").get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")
    return version["PolicyVersion"]["Document"]


def _bucket(of: dict[str, Any]) -> Any:
    return json.loads(boto3.client("s3").get_bucket_policy(Bucket=of["Bucket"])["Policy"])


#: How what a resource holds is read, by its properties.
HELD: dict[str, Callable[[dict[str, Any]], Any]] = {
    "role-trust": _role,
    "target-role-trust": _role,
    "role-policy": _inline,
    "node-role-policy": _inline,
    "permissions-boundary": _managed,
    "s3-bucket": _bucket,
    "trail-bucket": _bucket,
}
