"""What tools write, in the forms in which people have it: each is read, or named with the fix."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from podrole.reading import ReadingError
from podrole.reading.outputs import EMPTY, NO_OUTPUT, policies_in, read_outputs

ROLE = {"Role": {"RoleName": "shop", "Arn": "arn:aws:iam::111122223333:role/shop"}}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
YAML = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}


def trees(text: str) -> list[Any]:
    return [one.tree for one in read_outputs(text)]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROLE),
        json.dumps(ROLE, indent=4).replace("\n", "\r\n"),
        json.dumps({**ROLE, "ResponseMetadata": {"RetryAttempts": 0}}),
        f"$ aws iam get-role --role-name shop\n{json.dumps(ROLE)}",
        f"me@laptop:~/shop$ aws iam get-role \\\n    --role-name shop\n{json.dumps(ROLE)}\n",
        f"PS C:\\Users\\me> aws iam get-role --role-name shop\r\n{json.dumps(ROLE)}",
        f"aws iam get-role --role-name shop\n{json.dumps(ROLE)}",
        f"---\n{json.dumps(ROLE)}\n---\n",
        "Role:\n  RoleName: shop\n  Arn: arn:aws:iam::111122223333:role/shop\n...\n",
        "{'Role': {'RoleName': 'shop', 'Arn': 'arn:aws:iam::111122223333:role/shop'}}",
        json.dumps(json.dumps(ROLE)),
        quote(json.dumps(ROLE)),
    ],
)
def test_one_output_in_many_forms(text: str) -> None:
    assert trees(text) == [ROLE]


@pytest.mark.parametrize(
    "text",
    [
        f"{json.dumps(ROLE)}{json.dumps(POD)}",
        f"{json.dumps(ROLE)}\n{YAML}",
        f"---\n{json.dumps(ROLE)}\n---\n---\n{YAML}---\n",
        f"$ aws …\n{json.dumps(ROLE)}\n\n$ kubectl get pod a -o yaml\n{YAML}",
    ],
)
def test_several_outputs(text: str) -> None:
    assert trees(text) == [ROLE, POD]


def test_where_an_output_begins() -> None:
    outputs = read_outputs(f"# by me\n---\n{YAML}---\n\n{YAML}{json.dumps(ROLE)}\n")
    assert [one.line for one in outputs] == [3, 8, 11]
    text = f"{YAML}\n{json.dumps(ROLE)}"
    last = read_outputs(text)[-1]
    assert json.loads(text[last.start : last.end]) == ROLE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", EMPTY),
        (" \n", EMPTY),
        ("# only this\n", "only comments or commands"),
        ("hello there", NO_OUTPUT),
        ("{{ .Values.role }}\n", "use the output of helm template"),
        ("-----------\n|  Role   |\n-----------\n", "run the command with --output json"),
        ("THING\tx\n", "run the command with --output json"),
        ('{"Role": ', "line 1, column 10: Expecting value"),
        ("a: [\nb", "neither JSON nor YAML"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, reason: str) -> None:
    (output,) = read_outputs(text)
    assert output.tree is None
    assert reason in output.reason


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "\nAn error occurred (NoSuchEntity) when calling the GetRole operation: The role with "
            "name shop cannot be found.\n",
            ("NoSuchEntity", "GetRole", "The role with name shop cannot be found."),
        ),
        (
            'Error from server (NotFound): pods "shop-1" not found',
            ("NotFound", "", 'pods "shop-1" not found'),
        ),
    ],
)
def test_an_error_in_place_of_an_answer(text: str, error: tuple[str, str, str]) -> None:
    ((tree,),) = [[one.tree for one in read_outputs(text)]]
    assert tuple(tree["Error"][key] for key in ("Code", "Operation", "Message")) == error


DESCRIBED = """\
Name:             shop-7d9c6b5f4-x2x9k
Namespace:        shop
Priority:         0
Service Account:  checkout
Node:             ip-10-0-0-1.ec2.internal/10.0.0.1
Labels:           app=shop
                  pod-template-hash=7d9c6b5f4
Annotations:      <none>
Status:           Running
Controlled By:    ReplicaSet/shop-7d9c6b5f4
Containers:
  proxy:
    Image:       istio
    Environment:
      A:  <set to the key 'a' in secret 'b'>  Optional: false
    Mounts:  <none>
  app:
    Image:          shop:1
    Environment Variables from:
      shop-settings  ConfigMap  Optional: false
    Environment:
      AWS_ROLE_ARN:                 arn:aws:iam::111122223333:role/shop
      EMPTY:                        \n\
    Mounts:
      /var/run/secrets/eks.amazonaws.com/serviceaccount from aws-iam-token (ro)
Volumes:
  aws-iam-token:
    Type:                    Projected (a volume that contains injected data)
    TokenExpirationSeconds:  86400
Events:                      <none>
"""


def test_what_kubectl_describes_is_read_and_the_rest_is_asked_for() -> None:
    (output,) = read_outputs(DESCRIBED)
    assert output.shows == "kubectl -n shop get pod shop-7d9c6b5f4-x2x9k -o yaml"
    pod = output.tree
    assert pod["metadata"]["labels"] == {"app": "shop", "pod-template-hash": "7d9c6b5f4"}
    assert pod["metadata"]["ownerReferences"][0]["name"] == "shop-7d9c6b5f4"
    assert pod["spec"]["serviceAccountName"] == "checkout"
    proxy, app = pod["spec"]["containers"]
    assert proxy["env"] == [{"name": "A", "valueFrom": {}}]
    assert app["env"] == [
        {"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::111122223333:role/shop"},
        {"name": "EMPTY", "value": ""},
    ]
    assert app["envFrom"]
    assert app["volumeMounts"][0]["name"] == "aws-iam-token"
    two = read_outputs(f"{DESCRIBED}\n\n{DESCRIBED.replace('x2x9k', 'y3y3y')}")
    assert [one.tree["metadata"]["name"][-5:] for one in two] == ["x2x9k", "y3y3y"]


def test_other_texts_are_read_as_far_as_they_go() -> None:
    (table,) = read_outputs("NAME     READY   STATUS    AGE\nshop-1   1/1     Running   5d\n")
    assert table.tree["rows"] == [
        {"NAME": "shop-1", "READY": "1/1", "STATUS": "Running", "AGE": "5d"}
    ]
    assert "-o yaml" in table.shows
    (env,) = read_outputs("HOSTNAME=shop-1\nexport AWS_REGION='eu-west-1'\n")
    assert env.tree["values"] == {"HOSTNAME": "shop-1", "AWS_REGION": "eu-west-1"}
    role = "arn:aws:iam::111122223333:role/team/shop"
    (tabbed,) = read_outputs(f"ROLE\t{role}\t2026-10-01\t/team/\tAROA\tshop\n")
    assert tabbed.tree == {"Role": {"Arn": role, "RoleName": "shop"}}
    assert tabbed.shows == "aws iam get-role --role-name shop --output json"


def held(text: str) -> list[Any]:
    return [one for output in read_outputs(text) for one in policies_in(output.tree)]


@pytest.mark.parametrize(
    "tree",
    [
        POLICY,
        {"PolicyVersion": {"Document": POLICY, "VersionId": "v1"}},
        {"RoleName": "shop", "PolicyName": "read", "PolicyDocument": POLICY},
        {"Policy": json.dumps(POLICY)},
        {"RoleName": "shop", "PolicyDocument": quote(json.dumps(POLICY))},
        {"Policies": [{"PolicyVersionList": [{"Document": POLICY}]}]},
        {"values": {"root_module": {"resources": [{"values": {"policy": json.dumps(POLICY)}}]}}},
        {"Resources": {"P": {"Type": "AWS::IAM::Policy", "Properties": {"Document": POLICY}}}},
        POLICY["Statement"],
        POLICY["Statement"][0],  # type: ignore[index]
    ],
)  # fmt: skip
def test_a_policy_is_found_where_tools_put_it(tree: Any) -> None:
    (found,) = held(json.dumps(tree))
    assert found.document == POLICY


def test_a_role_s_policies_are_told_apart() -> None:
    trust = {**POLICY, "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:*"}]}
    role = {
        "RoleName": "shop",
        "AssumeRolePolicyDocument": trust,
        "RolePolicyList": [{"PolicyName": "read", "PolicyDocument": POLICY}],
    }
    tree = {"RoleDetailList": [role]}
    assert [(one.name, one.trust) for one in held(json.dumps(tree))] == [
        ("shop", True),
        ("read", False),
    ]


TEMPLATE = """\
Parameters:
  Issuer: {Type: String, Default: oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE}
Resources:
  Shop:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
        - Effect: Allow
          Action: sts:AssumeRoleWithWebIdentity
          Principal:
            Federated: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/${Issuer}
          Condition:
            StringEquals:
              "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE:sub": !Join [":", [system, !Ref Who, a]]
"""


def test_functions_of_cloudformation_become_texts() -> None:
    (found,) = held(TEMPLATE)
    (statement,) = found.document["Statement"]
    issuer = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
    provider = f"arn:aws:iam::${{AWS::AccountId}}:oidc-provider/{issuer}"
    assert statement["Principal"]["Federated"] == provider
    assert statement["Condition"]["StringEquals"][f"{issuer}:sub"] == "system:${Who}:a"
    assert (found.name, found.trust) == ("Shop", True)


HCL = """\
locals { issuer = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE" }
variable "name" { default = "checkout" }
data "aws_iam_policy_document" "read" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["system:serviceaccount:shop:${var.name}"]
    }
    principals {
      type        = "Federated"
      identifiers = [module.eks.oidc_provider_arn]
    }
  }
}
resource "aws_iam_role" "shop" {
  name               = "shop"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole"]
    }]
  })
}
resource "aws_iam_policy" "here" {
  policy = <<-EOF
    {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
  EOF
}
"""


def test_terraform_s_language_is_read_by_its_library() -> None:
    data, trust, here = held(HCL)
    (statement,) = data.document["Statement"]
    issuer = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
    assert statement == {
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": ["*"],
        "Principal": {"Federated": ["${module.eks.oidc_provider_arn}"]},
        "Condition": {"StringEquals": {f"{issuer}:sub": ["system:serviceaccount:shop:checkout"]}},
    }
    assert trust.trust
    assert trust.document["Statement"][0]["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert here.document["Statement"]["Action"] == "s3:*"
    (broken,) = read_outputs('resource "a" {\n')
    assert broken.reason.endswith("not HCL")


def test_too_many_outputs() -> None:
    with pytest.raises(ReadingError, match="more than 1,000 outputs in one text"):
        read_outputs("{}\n" * 1001)
