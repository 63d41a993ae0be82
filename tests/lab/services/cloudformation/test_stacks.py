"""Stacks: what they make, change and remove, each resource by a call of the caller's own."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from podrole.lab import Lab
from tests.catalogue import CATALOG
from tests.lab.conftest import ACCOUNT, POD_IDENTITY_TRUST, allow, client

TEMPLATE = """
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Prefix: {Type: String, Default: in/, AllowedPattern: '[a-z]+/'}
  Versioned: {Type: String, Default: 'no', AllowedValues: ['yes', 'no']}
Conditions:
  HasVersions: !Equals [!Ref Versioned, 'yes']
Mappings:
  Names: {us-west-2: {bucket: orders-west}}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: orders-api
      AssumeRolePolicyDocument: TRUST
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Action: s3:GetObject
                Resource: !Sub ${Bucket.Arn}/${Prefix}*
  Association:
    Type: AWS::EKS::PodIdentityAssociation
    Properties:
      ClusterName: demo
      Namespace: orders
      ServiceAccount: orders-api
      RoleArn: !GetAtt Role.Arn
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !FindInMap [Names, !Ref AWS::Region, bucket]
      VersioningConfiguration: !If
        - HasVersions
        - {Status: Enabled}
        - !Ref AWS::NoValue
Outputs:
  Role:
    Value: !Ref Role
    Export: {Name: orders-role}
  Place:
    Value: !Join ['/', [!Ref Bucket, !Select [0, !Split ['/', !Ref Prefix]]]]
""".replace("TRUST", json.dumps(POD_IDENTITY_TRUST))
NAMED = {"Capabilities": ["CAPABILITY_NAMED_IAM"]}


@pytest.fixture
def formation(lab: Lab) -> Any:
    return boto3.client("cloudformation")


def status(formation: Any, name: str = "orders") -> str:
    return str(formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])


def events(formation: Any, name: str = "orders") -> list[tuple[str, str]]:
    """Logical ids and statuses, oldest first."""
    found = formation.describe_stack_events(StackName=name)["StackEvents"]
    return [(one["LogicalResourceId"], one["ResourceStatus"]) for one in reversed(found)]


def reason(formation: Any, logical: str, wanted: str, name: str = "orders") -> str:
    found = formation.describe_stack_events(StackName=name)["StackEvents"]
    return next(
        str(one["ResourceStatusReason"])
        for one in found
        if (one["LogicalResourceId"], one["ResourceStatus"]) == (logical, wanted)
    )


def create(formation: Any, template: str = TEMPLATE, name: str = "orders", **more: Any) -> None:
    formation.create_stack(StackName=name, TemplateBody=template, **NAMED, **more)


def by_a_developer(*permissions: dict[str, Any]) -> Any:
    """The keys of a user with these policies alone."""
    iam = boto3.client("iam")
    iam.create_user(UserName="dev")
    for index, document in enumerate(permissions):
        iam.put_user_policy(
            UserName="dev", PolicyName=f"p{index}", PolicyDocument=json.dumps(document)
        )
    return iam.create_access_key(UserName="dev")["AccessKey"]


def refused(call: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_stack_makes_what_its_template_says(formation: Any) -> None:
    create(formation)
    (stack,) = formation.describe_stacks(StackName="orders")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    assert outputs == {"Role": "orders-api", "Place": "orders-west/in"}
    policy = boto3.client("iam").get_role_policy(RoleName="orders-api", PolicyName="read")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Resource"] == "arn:aws:s3:::orders-west/in/*"
    listed = boto3.client("eks").list_pod_identity_associations(clusterName="demo")["associations"]
    assert [one["serviceAccount"] for one in listed] == ["orders-api"]
    made = formation.describe_stack_resource(StackName="orders", LogicalResourceId="Association")
    assert made["StackResourceDetail"]["PhysicalResourceId"] == listed[0]["associationArn"]


def test_a_queue_is_known_by_its_url(formation: Any) -> None:
    create(formation, "Resources: {Q: {Type: 'AWS::SQS::Queue', Properties: {QueueName: jobs}}}")
    made = formation.describe_stack_resource(StackName="orders", LogicalResourceId="Q")
    url = boto3.client("sqs").get_queue_url(QueueName="jobs")["QueueUrl"]
    assert made["StackResourceDetail"]["PhysicalResourceId"] == url


def test_an_output_is_a_text_as_templates_write_it(formation: Any) -> None:
    create(formation, TEMPLATE + "  Ready: {Value: true}\n")
    (stack,) = formation.describe_stacks(StackName="orders")["Stacks"]
    assert {"OutputKey": "Ready", "OutputValue": "true"} in stack["Outputs"]


def test_a_resource_comes_after_those_that_it_refers_to(formation: Any) -> None:
    create(formation)
    completed = [logical for logical, is_ in events(formation) if is_ == "CREATE_COMPLETE"]
    assert completed == ["Bucket", "Role", "Association", "orders"]


def test_a_deleted_stack_leaves_nothing(formation: Any) -> None:
    create(formation)
    (stack,) = formation.describe_stacks(StackName="orders")["Stacks"]
    formation.delete_stack(StackName="orders")
    code, text = refused(lambda: formation.describe_stacks(StackName="orders"))
    assert (code, text) == ("ValidationError", "Stack with id orders does not exist")
    assert status(formation, stack["StackId"]) == "DELETE_COMPLETE"
    assert refused(lambda: boto3.client("iam").get_role(RoleName="orders-api"))[0] == "NoSuchEntity"
    assert boto3.client("s3").list_buckets()["Buckets"] == []
    associations = boto3.client("eks").list_pod_identity_associations(clusterName="demo")
    assert associations["associations"] == []


def test_who_may_not_create_a_role_gets_none_by_a_stack(formation: Any) -> None:
    """The stack rolls back; its event has IAM's own refusal."""
    key = by_a_developer(allow(["cloudformation:*", "s3:*", "eks:*"]))
    create(client("cloudformation", key))
    assert status(formation) == "ROLLBACK_COMPLETE"
    said = reason(formation, "Role", "CREATE_FAILED")
    assert said.startswith(
        f'Resource handler returned message: "User: arn:aws:iam::{ACCOUNT}:user/dev is not'
        " authorized to perform: iam:CreateRole on resource:"
        f" arn:aws:iam::{ACCOUNT}:role/orders-api because"
        " no identity-based policy allows the iam:CreateRole action (Service: Iam, Status Code:"
        " 403, Request ID: "
    )
    assert said.endswith(", HandlerErrorCode: AccessDenied)")
    assert reason(formation, "orders", "ROLLBACK_IN_PROGRESS") == (
        "The following resource(s) failed to create: [Role]. Rollback requested by user."
    )
    assert boto3.client("s3").list_buckets()["Buckets"] == []  # it was there before the role failed
    assert ("Bucket", "DELETE_COMPLETE") in events(formation)


def test_a_condition_can_want_the_call_to_come_through_cloudformation(formation: Any) -> None:
    via = {"StringEquals": {"aws:CalledViaFirst": "cloudformation.amazonaws.com"}}
    others = allow(["iam:*", "s3:*", "eks:*"], Condition=via)
    key = by_a_developer(allow("cloudformation:*"), others)
    assert refused(lambda: client("s3", key).create_bucket(Bucket="x"))[0] == "AccessDenied"
    create(client("cloudformation", key))
    assert status(formation) == "CREATE_COMPLETE"


def test_the_record_says_who_made_the_stack_and_by_what(formation: Any) -> None:
    create(formation)
    attributes = [{"AttributeKey": "EventName", "AttributeValue": "CreateRole"}]
    found = boto3.client("cloudtrail").lookup_events(LookupAttributes=attributes)["Events"]
    (record,) = (json.loads(one["CloudTrailEvent"]) for one in found)
    assert record["userIdentity"]["arn"].endswith("assumed-role/platform-admin/you")
    assert record["userIdentity"]["invokedBy"] == "cloudformation.amazonaws.com"
    assert record["sourceIPAddress"] == record["userAgent"] == "cloudformation.amazonaws.com"


def test_an_update_changes_in_place_what_it_can(formation: Any) -> None:
    create(formation)
    role = boto3.client("iam").get_role(RoleName="orders-api")["Role"]["RoleId"]
    formation.update_stack(
        StackName="orders",
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": "Prefix", "ParameterValue": "out/"},
            {"ParameterKey": "Versioned", "ParameterValue": "yes"},
        ],
        **NAMED,
    )
    assert status(formation) == "UPDATE_COMPLETE"
    policy = boto3.client("iam").get_role_policy(RoleName="orders-api", PolicyName="read")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Resource"] == "arn:aws:s3:::orders-west/out/*"
    assert boto3.client("iam").get_role(RoleName="orders-api")["Role"]["RoleId"] == role
    versioning = boto3.client("s3").get_bucket_versioning(Bucket="orders-west")
    assert versioning["Status"] == "Enabled"


def test_a_failed_update_goes_back(formation: Any) -> None:
    create(formation)
    broken = TEMPLATE.replace("Action: s3:GetObject", "Action: s3:*").replace(
        "RoleArn: !GetAtt Role.Arn", "RoleArn: !Sub ${Role.Arn}-2"
    )
    formation.update_stack(StackName="orders", TemplateBody=broken, **NAMED)
    assert status(formation) == "UPDATE_ROLLBACK_COMPLETE"
    policy = boto3.client("iam").get_role_policy(RoleName="orders-api", PolicyName="read")
    assert policy["PolicyDocument"]["Statement"][0]["Action"] == "s3:GetObject"
    (stack,) = formation.describe_stacks(StackName="orders")["Stacks"]
    assert [one["OutputValue"] for one in stack["Outputs"]] == ["orders-api", "orders-west/in"]


def test_a_change_set_says_what_it_would_do_and_does_nothing(formation: Any) -> None:
    create(formation)
    changed = TEMPLATE.replace("RoleName: orders-api", "RoleName: orders-reader")
    formation.create_change_set(
        StackName="orders", ChangeSetName="rename", TemplateBody=changed, **NAMED
    )
    found = formation.describe_change_set(StackName="orders", ChangeSetName="rename")
    changes = [one["ResourceChange"] for one in found["Changes"]]
    told = {one["LogicalResourceId"]: (one["Action"], one["Replacement"]) for one in changes}
    assert told == {"Role": ("Modify", "True"), "Association": ("Modify", "False")}
    assert boto3.client("iam").get_role(RoleName="orders-api")
    formation.execute_change_set(StackName="orders", ChangeSetName="rename")
    assert status(formation) == "UPDATE_COMPLETE"
    assert refused(lambda: boto3.client("iam").get_role(RoleName="orders-api"))[0] == "NoSuchEntity"
    assert boto3.client("iam").get_role(RoleName="orders-reader")


def test_a_stack_in_review_has_no_template_to_summarize(formation: Any) -> None:
    new = {"ChangeSetName": "first", "ChangeSetType": "CREATE", "TemplateBody": TEMPLATE}
    formation.create_change_set(StackName="orders", **new, **NAMED)
    code, text = refused(lambda: formation.get_template_summary(StackName="orders"))
    assert (code, text.startswith("lab: ")) == ("ValidationError", True)


def test_a_change_set_without_a_change_fails(formation: Any) -> None:
    create(formation)
    formation.create_change_set(
        StackName="orders", ChangeSetName="same", TemplateBody=TEMPLATE, **NAMED
    )
    found = formation.describe_change_set(StackName="orders", ChangeSetName="same")
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "didn't contain changes" in found["StatusReason"]


def test_another_stack_uses_an_export_and_keeps_it(formation: Any) -> None:
    create(formation)
    using = """
Resources:
  Policy:
    Type: AWS::IAM::RolePolicy
    Properties:
      RoleName: !ImportValue orders-role
      PolicyName: more
      PolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]
"""
    create(formation, using, "using")
    assert boto3.client("iam").get_role_policy(RoleName="orders-api", PolicyName="more")
    code, text = refused(lambda: formation.delete_stack(StackName="orders"))
    assert code == "ValidationError"
    assert "Cannot delete export orders-role as it is in use by using" in text


def test_what_is_retained_stays(formation: Any) -> None:
    template = "Resources: {B: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}}"
    create(formation, template)
    formation.delete_stack(StackName="orders")
    (bucket,) = boto3.client("s3").list_buckets()["Buckets"]
    assert bucket["Name"].startswith("orders-b-")


ROLE = "{Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}"


@pytest.mark.parametrize(
    ("template", "code", "text"),
    [
        ("Resources: {", "ValidationError", "Template format error: YAML not well-formed."),
        ("[]", "ValidationError", "Template format error: unsupported structure."),
        ("Parameters: {}", "ValidationError", "At least one Resources member must be defined."),
        (
            "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref X}}}",
            "ValidationError",
            "Unresolved resource dependencies [X] in the Resources block of the template",
        ),
        (
            "Resources: {A: {Type: AWS::S3::Bucket, DependsOn: B},"
            " B: {Type: AWS::S3::Bucket, DependsOn: A}}",
            "ValidationError",
            "Circular dependency between resources: [A, B]",
        ),
        (
            "Parameters: {X: {Type: String}}\nResources: {B: {Type: AWS::S3::Bucket}}",
            "ValidationError",
            "Parameters: [X] must have values",
        ),
        (
            f"Resources: {{R: {ROLE}}}",
            "InsufficientCapabilitiesException",
            "Requires capabilities : [CAPABILITY_IAM]",
        ),
        (
            "Resources: {B: {Type: AWS::Lambda::Function}}",
            "NotImplemented",
            "AWS::Lambda::Function",
        ),
        (
            "Resources: {B: {Type: AWS::S3::Bucket, Properties: {ReplicationConfiguration: {}}}}",
            "NotImplemented",
            "AWS::S3::Bucket with ReplicationConfiguration",
        ),
        ("Transform: X\nResources: {B: {Type: AWS::S3::Bucket}}", "NotImplemented", "Transform"),
        (
            "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: !ImportValue x}}}",
            "ValidationError",
            "No export named x found.",
        ),
    ],
)
def test_a_template_that_cannot_be_deployed(
    formation: Any, template: str, code: str, text: str
) -> None:
    found = refused(lambda: formation.create_stack(StackName="orders", TemplateBody=template))
    assert found[0] == code
    assert text in found[1]
    assert formation.list_stacks()["StackSummaries"] == []


def test_a_template_in_a_bucket_is_read_by_the_caller(formation: Any, bucket: str) -> None:
    text = "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: made}}}"
    boto3.client("s3").put_object(Bucket=bucket, Key="t.yml", Body=text.encode())
    url = f"https://s3.us-west-2.amazonaws.com/{bucket}/t.yml"
    formation.create_stack(StackName="orders", TemplateURL=url)
    assert status(formation) == "CREATE_COMPLETE"
    other = url.replace("t.yml", "none.yml")
    assert (
        "S3 error" in refused(lambda: formation.create_stack(StackName="x", TemplateURL=other))[1]
    )


def test_a_summary_names_parameters_and_capabilities(formation: Any) -> None:
    found = formation.get_template_summary(TemplateBody=TEMPLATE)
    assert [one["ParameterKey"] for one in found["Parameters"]] == ["Prefix", "Versioned"]
    assert found["Capabilities"] == ["CAPABILITY_NAMED_IAM"]
    checked = formation.validate_template(TemplateBody=TEMPLATE)
    assert checked["CapabilitiesReason"] == (
        "The following resource(s) require capabilities: [AWS::IAM::Role]"
    )


def test_a_stack_alone_needs_a_permission_of_its_own(formation: Any) -> None:
    key = by_a_developer(allow(["iam:*", "s3:*"]))
    code, text = refused(lambda: create(client("cloudformation", key)))
    assert code == "AccessDenied"
    assert f"cloudformation:us-west-2:{ACCOUNT}:stack/orders/*" in text


@pytest.mark.parametrize("name", ["cfn-agent-addon", "cfn-association", "cfn-oidc-provider"])
def test_the_guides_templates_deploy(lab: Lab, formation: Any, name: str) -> None:
    """Issuer and cluster are the lab's."""
    provider = lab.kubernetes().issuer.url.removeprefix("https://")
    create(formation, CATALOG.render(name, "yaml", {"oidc_provider": provider}))
    assert status(formation) == "CREATE_COMPLETE"
    formation.delete_stack(StackName="orders")
    assert refused(lambda: status(formation))[0] == "ValidationError"
