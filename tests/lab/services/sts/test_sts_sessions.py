"""Sessions of STS: policies, tags, source identity, users' temporary credentials, messages."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from podrole.lab import Lab, LabError
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, allow, client, statement
from tests.lab.services.sts.test_irsa import refused

ACTIONS = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]


def arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


class Setting:
    """A user bob with a key, and roles that trust the account."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.iam = boto3.client("iam")
        self.iam.create_user(UserName="bob", Tags=[{"Key": "team", "Value": "orders"}])
        self.bob = self.iam.create_access_key(UserName="bob")["AccessKey"]
        self.sts = client("sts", self.bob)
        self.permit("bob", allow(["sts:*", "s3:*"]))

    def permit(self, user: str, policy: dict[str, Any]) -> None:
        self.iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps(policy))

    def role(self, name: str, actions: Any = ACTIONS, *, permissions: Any = None) -> str:
        trust = statement(Principal={"AWS": ACCOUNT}, Action=actions)
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        document = json.dumps(permissions or allow(["sts:*", "s3:*"]))
        self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
        return arn(name)

    def assume(self, name: str, by: Any = None, **more: Any) -> dict[str, Any]:
        sts = client("sts", by) if by else self.sts
        return dict(sts.assume_role(RoleArn=arn(name), RoleSessionName="one", **more))


@pytest.fixture
def setting(lab: Lab) -> Setting:
    return Setting(lab)


def tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


# -- session policies ----------------------------------------------------------------------


def test_session_policies_narrow_together(setting: Setting, bucket: str) -> None:
    setting.role("reader")
    managed = setting.iam.create_policy(
        PolicyName="list", PolicyDocument=json.dumps(allow("s3:ListBucket"))
    )["Policy"]["Arn"]
    answer = setting.assume(
        "reader",
        Policy=json.dumps(allow("s3:GetObject")),
        PolicyArns=[{"arn": managed}, {"arn": "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"}],
    )
    alone = setting.assume("reader")
    for size in ("PackedPolicySize", "SessionTokenUtilization", "SessionTokenSize"):
        assert 0 < alone[size] < answer[size]
    assert answer["SessionTokenSize"] == len(answer["Credentials"]["SessionToken"])
    s3 = client("s3", answer["Credentials"])
    s3.get_object(Bucket=bucket, Key="in/1")
    s3.list_objects_v2(Bucket=bucket)
    message = refused(lambda: s3.put_object(Bucket=bucket, Key="k"))[2]
    assert message.endswith("because no session policy allows the s3:PutObject action")


def test_what_session_policies_may_be(setting: Setting) -> None:
    setting.role("reader")
    absent = f"arn:aws:iam::{ACCOUNT}:policy/absent"
    long = json.dumps(allow("s3:GetObject", "arn:aws:s3:::" + "a" * 2048))
    for more, code in (
        ({"Policy": "{"}, "MalformedPolicyDocument"),
        ({"Policy": long}, "ValidationError"),
        ({"PolicyArns": [{"arn": absent}]}, "ValidationError"),
        ({"PolicyArns": [{"arn": absent}] * 11}, "ValidationError"),
    ):
        assert refused(lambda more=more: setting.assume("reader", **more))[:2] == (code, 400)


def test_a_session_token_has_4096_bytes_at_most(setting: Setting) -> None:
    setting.role("reader")
    some = tags(**{f"key{number}": "v" * 50 for number in range(12)})
    assert setting.assume("reader", Tags=some)["SessionTokenSize"] < 1200  # refused until 2026
    many = tags(**{f"key{number}": "v" * 250 for number in range(20)})
    code, status, message = refused(lambda: setting.assume("reader", Tags=many))
    assert (code, status) == ("PackedPolicyTooLarge", 400)
    assert message.endswith(" bytes; at most 4,096 are allowed")


def test_a_longer_token_on_demand(setting: Setting) -> None:
    setting.role("reader")
    answer = setting.assume("reader", MinimumSessionTokenSize=4096)
    assert len(answer["Credentials"]["SessionToken"]) == answer["SessionTokenSize"] == 4096
    assert answer["SessionTokenUtilization"] == answer["PackedPolicySize"] == 100
    client("sts", answer["Credentials"]).get_caller_identity()
    assert setting.assume("reader", MinimumSessionTokenSize=0)["SessionTokenSize"] < 200


# -- tags ----------------------------------------------------------------------------------


def test_transitive_tags_stay_and_cannot_be_set_again(setting: Setting) -> None:
    for name in ("first", "second"):
        setting.role(name)
    own = tags(Team="orders", cost="1")
    first = setting.assume("first", Tags=own, TransitiveTagKeys=["team"])["Credentials"]
    for key in ("Team", "TEAM"):
        assert refused(
            lambda key=key: setting.assume("second", first, Tags=tags(**{key: "x"}))
        ) == (
            "InvalidParameterValue",
            400,
            "One of the specified transitive tag keys can't be set because it conflicts with a"
            " transitive tag key from the calling session.",
        )
    setting.iam.put_role_policy(
        RoleName="second",
        PolicyName="p",
        PolicyDocument=json.dumps(
            allow(
                "s3:ListAllMyBuckets",
                Condition={
                    "StringEquals": {"aws:PrincipalTag/Team": "orders"},
                    "Null": {"aws:PrincipalTag/cost": "true"},
                },
            )
        ),
    )
    client("s3", setting.assume("second", first)["Credentials"]).list_buckets()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"Tags": [*tags(team="a"), *tags(TEAM="b")]},
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
        (
            {"Tags": tags(team="a"), "TransitiveTagKeys": ["cost"]},
            "The specified transitive tag key must be included in the requested tags.",
        ),
    ],
)
def test_tags_that_do_not_fit(setting: Setting, more: dict[str, Any], message: str) -> None:
    setting.role("reader")
    assert refused(lambda: setting.assume("reader", **more)) == (
        "InvalidParameterValue",
        400,
        message,
    )


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"Tags": tags(**{f"k{number}": "" for number in range(51)})}, "'tags'"),
        ({"Tags": tags(**{"k" * 129: ""})}, "'tags.1.member.key'"),
        ({"Tags": tags(k="v" * 257)}, "'tags.1.member.value'"),
        ({"SourceIdentity": "a b"}, "'sourceIdentity'"),
        ({"ExternalId": "e" * 1225}, "'externalId'"),
    ],
)
def test_members_outside_of_the_model(setting: Setting, more: dict[str, Any], place: str) -> None:
    setting.role("reader")
    code, status, message = refused(lambda: setting.assume("reader", **more))
    assert (code, status) == ("ValidationError", 400)
    assert message.startswith("1 validation error detected: Value")
    assert f"at {place} failed to satisfy constraint: Member must" in message


# -- source identity -----------------------------------------------------------------------


def test_a_source_identity_is_authorized_kept_and_never_changed(setting: Setting) -> None:
    setting.role("plain", ["sts:AssumeRole"])
    setting.role("first")
    setting.role("second")
    message = refused(lambda: setting.assume("plain", SourceIdentity="ada"))[2]
    assert f"sts:SetSourceIdentity on resource: {arn('plain')}" in message
    answer = setting.assume("first", SourceIdentity="ada")
    assert answer["SourceIdentity"] == "ada"
    first = answer["Credentials"]
    assert setting.assume("second", first)["SourceIdentity"] == "ada"
    assert setting.assume("second", first, SourceIdentity="ada")["SourceIdentity"] == "ada"
    assert refused(lambda: setting.assume("second", first, SourceIdentity="eve"))[0] == (
        "AccessDenied"
    )
    # Along a chain each role must allow it.
    assert "sts:SetSourceIdentity" in refused(lambda: setting.assume("plain", first))[2]
    setting.iam.put_role_policy(
        RoleName="second",
        PolicyName="p",
        PolicyDocument=json.dumps(
            allow("s3:*", Condition={"StringEquals": {"aws:SourceIdentity": "ada"}})
        ),
    )
    client("s3", setting.assume("second", first)["Credentials"]).list_buckets()
    other = setting.assume("second")["Credentials"]
    assert refused(client("s3", other).list_buckets)[0] == "AccessDenied"


def test_a_trust_policy_can_demand_a_source_identity(setting: Setting) -> None:
    trust = statement(
        Principal={"AWS": ACCOUNT},
        Action=ACTIONS,
        Condition={"StringLike": {"sts:SourceIdentity": "${aws:username}"}},
    )
    setting.iam.create_role(RoleName="strict", AssumeRolePolicyDocument=json.dumps(trust))
    assert refused(lambda: setting.assume("strict"))[0] == "AccessDenied"
    assert refused(lambda: setting.assume("strict", SourceIdentity="ada"))[0] == "AccessDenied"
    setting.assume("strict", SourceIdentity="bob")


# -- role ARNs -----------------------------------------------------------------------------


def test_the_path_in_a_role_arn_must_be_the_roles(setting: Setting) -> None:
    trust = json.dumps(statement(Principal={"AWS": ACCOUNT}, Action="sts:AssumeRole"))
    setting.iam.create_role(RoleName="deep", Path="/app/", AssumeRolePolicyDocument=trust)
    assert refused(lambda: setting.assume("deep"))[0] == "AccessDenied"
    answer = setting.assume("app/deep")
    assert answer["AssumedRoleUser"]["Arn"].endswith(":assumed-role/deep/one")
    # aws:PrincipalArn has the path, which the session's own ARN lacks.
    document = allow(
        "s3:ListAllMyBuckets", Condition={"ArnEquals": {"aws:PrincipalArn": arn("app/deep")}}
    )
    setting.iam.put_role_policy(
        RoleName="deep", PolicyName="p", PolicyDocument=json.dumps(document)
    )
    client("s3", answer["Credentials"]).list_buckets()


def test_what_is_no_role_arn(setting: Setting) -> None:
    assume = setting.sts.assume_role
    assert refused(lambda: assume(RoleArn="nothing-valid-in-here", RoleSessionName="one")) == (
        "ValidationError",
        400,
        "nothing-valid-in-here is invalid",
    )
    user = f"arn:aws:iam::{ACCOUNT}:user/bob"
    assert refused(lambda: assume(RoleArn=user, RoleSessionName="one"))[2] == (
        "Request ARN is invalid"
    )


# -- users' temporary credentials ----------------------------------------------------------


def test_a_session_token_is_the_user_itself(setting: Setting) -> None:
    answer = setting.sts.get_session_token()["Credentials"]
    assert (answer["Expiration"] - setting.lab.clock.now()).total_seconds() == 12 * 3600
    temporary = client("sts", answer)
    assert temporary.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/bob"
    setting.role("reader")
    temporary.assume_role(RoleArn=arn("reader"), RoleSessionName="one")
    setting.permit(
        "bob",
        allow(
            "s3:*",
            Condition={
                "StringEquals": {"aws:username": "bob", "aws:PrincipalTag/team": "orders"},
                "Bool": {"aws:MultiFactorAuthPresent": "false"},
            },
        ),
    )
    client("s3", answer).list_buckets()
    # A long-lived key says nothing of MFA.
    assert refused(client("s3", setting.bob).list_buckets)[0] == "AccessDenied"
    assert refused(client("iam", answer).get_user)[:2] == ("InvalidClientTokenId", 403)
    for name, parameters in (("get_session_token", {}), ("get_federation_token", {"Name": "ada"})):
        message = refused(lambda n=name, p=parameters: getattr(temporary, n)(**p))[2]
        operation = "".join(part.capitalize() for part in name.split("_"))
        assert message == f"Cannot call {operation} with session credentials"
    assert refused(lambda: temporary.get_access_key_info(AccessKeyId="A" * 16))[0] == (
        "AccessDenied"
    )
    setting.lab.clock.move(hours=13)
    assert refused(temporary.get_caller_identity)[:2] == ("ExpiredToken", 403)


def test_nobody_asks_for_a_session_token_with_one(setting: Setting) -> None:
    assert refused(boto3.client("sts").get_session_token) == (
        "AccessDenied",
        403,
        "Cannot call GetSessionToken with session credentials",
    )


def test_a_federated_user_has_what_user_and_session_policy_share(
    setting: Setting, bucket: str
) -> None:
    ada = setting.sts.get_federation_token(
        Name="ada",
        Policy=json.dumps(allow(["s3:GetObject", "ec2:*"])),
        Tags=tags(shift="night"),
    )
    assert ada["FederatedUser"] == {
        "FederatedUserId": f"{ACCOUNT}:ada",
        "Arn": f"arn:aws:sts::{ACCOUNT}:federated-user/ada",
    }
    assert ada["PackedPolicySize"] > 0
    sts, s3 = client("sts", ada["Credentials"]), client("s3", ada["Credentials"])
    assert sts.get_caller_identity()["UserId"] == f"{ACCOUNT}:ada"
    s3.get_object(Bucket=bucket, Key="in/1")
    assert refused(lambda: s3.list_objects_v2(Bucket=bucket))[2].endswith(
        "because no session policy allows the s3:ListBucket action"
    )
    assert (
        refused(lambda: sts.assume_role(RoleArn=arn("reader"), RoleSessionName="one"))[0]
        == "AccessDenied"
    )

    nobody = setting.sts.get_federation_token(Name="eve")
    assert nobody["SessionTokenSize"] < ada["SessionTokenSize"]
    eve = client("s3", nobody["Credentials"])
    assert refused(lambda: eve.get_object(Bucket=bucket, Key="in/1"))[0] == "AccessDenied"
    grant = statement(
        Principal={"AWS": f"arn:aws:sts::{ACCOUNT}:federated-user/eve"},
        Action="s3:GetObject",
        Resource=f"arn:aws:s3:::{bucket}/*",
    )
    boto3.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(grant))
    eve.get_object(Bucket=bucket, Key="in/1")


def test_federation_is_authorized_by_name_and_by_tags(setting: Setting) -> None:
    resource = f"arn:aws:sts::{ACCOUNT}:federated-user/ada"
    setting.permit("bob", allow("sts:GetFederationToken", resource))
    setting.sts.get_federation_token(Name="ada")
    assert "federated-user/eve" in refused(lambda: setting.sts.get_federation_token(Name="eve"))[2]
    message = refused(lambda: setting.sts.get_federation_token(Name="ada", Tags=tags(a="b")))[2]
    assert f"sts:TagSession on resource: {resource}" in message


# -- keys and messages ---------------------------------------------------------------------


def test_whose_key_it_is(setting: Setting) -> None:
    setting.role("reader")
    other = setting.lab.environment(OTHER_ACCOUNT)["AWS_ACCESS_KEY_ID"]
    session = setting.assume("reader")["Credentials"]["AccessKeyId"]
    info = setting.sts.get_access_key_info
    for key, account in (
        (setting.bob["AccessKeyId"], ACCOUNT),
        (session, ACCOUNT),
        (other, OTHER_ACCOUNT),
    ):
        assert info(AccessKeyId=key)["Account"] == account
    assert refused(lambda: info(AccessKeyId="AKIAIOSFODNN7EXAMPLE"))[0] == "ValidationError"
    setting.permit("bob", allow("s3:*"))
    assert refused(lambda: info(AccessKeyId=session))[0] == "AccessDenied"


def test_a_message_tells_why(setting: Setting, lab: Lab) -> None:
    deny = allow("s3:*")
    deny["Statement"].append(
        {
            "Sid": "NotAtNight",
            "Effect": "Deny",
            "Action": "s3:CreateBucket",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:username": "bob"}},
        }
    )
    setting.permit("bob", deny)
    s3 = client("s3", setting.bob)
    assert (
        refused(
            lambda: s3.create_bucket(
                Bucket="new", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
            )
        )[0]
        == "AccessDenied"
    )
    message = lab.authorization_message()
    decode = boto3.client("sts").decode_authorization_message
    document = json.loads(decode(EncodedMessage=message)["DecodedMessage"])
    assert (document["allowed"], document["explicitDeny"]) == (False, True)
    (statement_,) = document["matchedStatements"]["items"]
    assert statement_["statementId"] == "NotAtNight"
    assert document["context"]["action"] == "s3:CreateBucket"
    assert document["context"]["principal"]["arn"] == f"arn:aws:iam::{ACCOUNT}:user/bob"
    keys = {item["key"]: item["values"] for item in document["context"]["conditions"]["items"]}
    assert keys["aws:username"] == {"items": [{"value": "bob"}]}
    for wrong in ("x", message[:-8], "A" * 400):
        assert refused(lambda wrong=wrong: decode(EncodedMessage=wrong))[:2] == (
            "InvalidAuthorizationMessageException",
            400,
        )
    assert (
        refused(
            lambda: client("sts", setting.bob).decode_authorization_message(EncodedMessage=message)
        )[0]
        == "AccessDenied"
    )


def test_without_a_refusal_there_is_no_message(lab: Lab) -> None:
    with pytest.raises(LabError, match="no call has been refused yet"):
        lab.authorization_message()
