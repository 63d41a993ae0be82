"""CloudFormation: cfn-lint finds nothing, and where moto can deploy it AWS holds the policy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from podrole.catalog import Snippet
from podrole.catalog.formats.cloudformation import template
from tests.catalogue import CATALOG

POLICIES = [one for one in CATALOG.of("policy") if "cloudformation" in CATALOG.formats(one.id)]
#: What moto's CloudFormation makes, and how what it made is read.
DEPLOYED = {"role-trust", "target-role-trust", "permissions-boundary"}


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


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """moto in this process: nothing else answers."""
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_DEFAULT_REGION", "us-west-2"),
    ):
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield


@pytest.mark.parametrize(
    "snippet",
    [one for one in POLICIES if one.holder in DEPLOYED],
    ids=lambda snippet: snippet.id,
)
@pytest.mark.usefixtures("aws")
def test_it_deploys(snippet: Snippet) -> None:
    values = CATALOG.values
    formation = boto3.client("cloudformation")
    formation.create_stack(
        StackName=snippet.id,
        TemplateBody=CATALOG.render(snippet.id, "cloudformation"),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    stack = formation.describe_stacks(StackName=snippet.id)["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack.get("StackStatusReason")
    assert held(snippet, values) == json.loads(CATALOG.render(snippet.id, "json"))


def held(snippet: Snippet, values: dict[str, str]) -> Any:
    iam = boto3.client("iam")
    if snippet.holder == "permissions-boundary":
        (policy,) = iam.list_policies(Scope="Local")["Policies"]
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")
        return version["PolicyVersion"]["Document"]
    name = values["role_name" if snippet.holder == "role-trust" else "target_role_name"]
    return iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
