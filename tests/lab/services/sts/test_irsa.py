"""AssumeRoleWithWebIdentity: what AWS checks, with its codes, statuses and words."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from podrole.lab import Lab, LabError
from tests.lab.conftest import ACCOUNT, ROLE_ARN, SUBJECT, Setup, allow

NOT_VALIDATED = (
    "The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity"
    " documentation for requirements."
)


def refused(call: Any) -> tuple[str, int, str]:
    """The code, status and message of the call's refusal."""
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return (
        response["Error"]["Code"],
        response["ResponseMetadata"]["HTTPStatusCode"],
        response["Error"]["Message"],
    )


def assume(setup: Setup, token: str, **more: Any) -> Any:
    return setup.sts.assume_role_with_web_identity(
        **{"RoleArn": ROLE_ARN, "RoleSessionName": "test", "WebIdentityToken": token, **more}
    )


def test_a_pod_becomes_its_role_by_the_sdks_own_chain(setup: Setup) -> None:
    pod = setup.irsa_pod()
    with pod.inside():
        session = boto3.Session()
        arn = session.client("sts").get_caller_identity()["Arn"]
        credentials = session.get_credentials()
    assert arn.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/orders-api/botocore-session-")
    assert credentials is not None
    assert credentials.method == "assume-role-with-web-identity"


def test_the_answer_names_subject_provider_and_audience(setup: Setup, token: str) -> None:
    answer = assume(setup, token)
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT
    assert answer["Audience"] == "sts.amazonaws.com"
    assert answer["Provider"] == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{setup.provider}"
    assert answer["AssumedRoleUser"]["Arn"] == (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/orders-api/test"
    )


def test_credentials_last_an_hour(setup: Setup, token: str) -> None:
    credentials = assume(setup, token)["Credentials"]
    client = boto3.client(
        "sts",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    setup.lab.clock.move(minutes=59)
    client.get_caller_identity()
    setup.lab.clock.move(minutes=1)
    assert refused(client.get_caller_identity)[:2] == ("ExpiredToken", 403)


def test_the_sdk_refreshes_before_the_end(setup: Setup) -> None:
    pod = setup.irsa_pod()
    with pod.inside():
        client = boto3.client("sts")
        client.get_caller_identity()
        for _ in range(30):  # 30 hours: sessions, the token's rotation and its old end
            setup.lab.clock.move(hours=1)
            client.get_caller_identity()


@pytest.mark.parametrize(
    ("subject", "operator"),
    [
        ("system:serviceaccount:staging:orders-api", "StringEquals"),
        ("system:serviceaccount:orders:other", "StringEquals"),
        ("system:serviceaccount:orders:*", "StringEquals"),  # a literal star
    ],
)
def test_trust_that_does_not_fit_is_access_denied(
    setup: Setup, subject: str, operator: str
) -> None:
    setup.create_provider()
    setup.create_role(setup.irsa_trust(operator, subject))
    setup.deploy(setup.annotated())
    token = setup.cluster.create_token("orders-api", "orders", audience="sts.amazonaws.com")
    assert refused(lambda: assume(setup, token)) == (
        "AccessDenied",
        403,
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    )


def test_a_missing_role_is_refused_in_the_same_words(setup: Setup, token: str) -> None:
    refusal = refused(lambda: assume(setup, token, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/none"))
    assert refusal == (
        "AccessDenied",
        403,
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    )


def test_a_wildcard_under_string_like_admits_any_pod(setup: Setup) -> None:
    setup.create_provider()
    setup.create_role(setup.irsa_trust("StringLike", "system:serviceaccount:*"))
    stranger = setup.cluster.create_token("default", "kube-system", audience="sts.amazonaws.com")
    answer = assume(setup, stranger)
    assert answer["SubjectFromWebIdentityToken"] == "system:serviceaccount:kube-system:default"


def test_an_audience_that_the_provider_does_not_list(setup: Setup, token: str) -> None:
    vault = setup.cluster.create_token("orders-api", "orders", audience="vault")
    assert refused(lambda: assume(setup, vault)) == ("InvalidIdentityToken", 400, NOT_VALIDATED)
    setup.lab.sts_texts = "2024"
    assert refused(lambda: assume(setup, vault)) == (
        "InvalidIdentityToken",
        400,
        "Incorrect token audience",
    )


def test_no_provider_in_the_roles_account(setup: Setup) -> None:
    setup.create_role(setup.irsa_trust())
    setup.deploy(setup.annotated())
    token = setup.cluster.create_token("orders-api", "orders", audience="sts.amazonaws.com")
    assert refused(lambda: assume(setup, token)) == ("InvalidIdentityToken", 400, NOT_VALIDATED)
    setup.lab.sts_texts = "2024"
    assert refused(lambda: assume(setup, token)) == (
        "InvalidIdentityToken",
        400,
        f"No OpenIDConnect provider found in your account for {setup.issuer}",
    )


def test_the_texts_of_sts_are_those_of_two_years(setup: Setup) -> None:
    with pytest.raises(LabError, match="the STS texts are those of 2026 or 2024, not '2025'"):
        setup.lab.sts_texts = "2025"
    assert setup.lab.sts_texts == "2026"


def test_an_expired_token(setup: Setup, token: str) -> None:
    now = setup.lab.clock.timestamp()
    setup.lab.clock.move(hours=1)
    assert refused(lambda: assume(setup, token)) == (
        "ExpiredTokenException",
        400,
        f"Token expired: current date/time {now + 3600} must be before the expiration"
        f" date/time {now + 3600}",
    )


def test_a_token_whose_claims_were_changed(setup: Setup, token: str) -> None:
    header, claims, signature = token.split(".")
    forged = ".".join((header, claims[:-2] + ("AA" if claims[-2:] != "AA" else "BB"), signature))
    assert refused(lambda: assume(setup, forged))[:2] == ("InvalidIdentityToken", 400)


@pytest.mark.parametrize("text", ["garbage", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_no_token_at_all(setup: Setup, token: str, text: str) -> None:
    assert refused(lambda: assume(setup, text))[:2] == ("InvalidIdentityToken", 400)


def test_a_token_signed_by_nobody_but_with_good_claims(setup: Setup, token: str) -> None:
    """`alg: none`, the oldest trick."""
    _, claims, _ = token.split(".")
    assert refused(lambda: assume(setup, f"eyJhbGciOiJub25lIn0.{claims}."))[:2] == (
        "InvalidIdentityToken",
        400,
    )


def test_a_token_of_another_cluster(setup: Setup, token: str, lab: Lab) -> None:
    setup.eks.create_cluster(
        name="green",
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/eks-cluster",
        resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]},
    )
    green = lab.kubernetes("green")
    assert green.issuer.url != setup.issuer
    green.apply({"kind": "Namespace", "metadata": {"name": "orders"}})
    green.apply(setup.annotated())
    foreign = green.create_token("orders-api", "orders", audience="sts.amazonaws.com")
    assert refused(lambda: assume(setup, foreign))[0] == "InvalidIdentityToken"
    setup.iam.create_open_id_connect_provider(
        Url=green.issuer.url, ClientIDList=["sts.amazonaws.com"]
    )
    # Now the provider is known, but the trust policy still names the first cluster.
    assert refused(lambda: assume(setup, foreign))[0] == "AccessDenied"


def test_durations(setup: Setup, token: str) -> None:
    assert refused(lambda: assume(setup, token, DurationSeconds=7200)) == (
        "ValidationError",
        400,
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )
    setup.iam.update_role(RoleName="orders-api", MaxSessionDuration=7200)
    expires = assume(setup, token, DurationSeconds=7200)["Credentials"]["Expiration"]
    assert (expires - setup.lab.clock.now()).total_seconds() == 7200


def test_a_role_arn_of_no_form(setup: Setup, token: str) -> None:
    assert refused(lambda: assume(setup, token, RoleArn="this-is-not-an-arn-at-all")) == (
        "ValidationError",
        400,
        "Request ARN is invalid",
    )


def test_no_annotation_no_credentials(setup: Setup) -> None:
    pod = setup.deploy()
    with pod.inside(), pytest.raises(NoCredentialsError):
        boto3.client("sts").get_caller_identity()


def test_a_session_policy_narrows_the_session(setup: Setup) -> None:
    setup.create_provider()
    setup.create_role(setup.irsa_trust(), allow("s3:*"))
    setup.deploy(setup.annotated())
    token = setup.cluster.create_token("orders-api", "orders", audience="sts.amazonaws.com")
    boto3.client("s3").create_bucket(
        Bucket="orders-data", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    narrow = json.dumps(allow("s3:ListBucket"))
    credentials = assume(setup, token, Policy=narrow)["Credentials"]
    s3 = boto3.client(
        "s3",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    s3.list_objects_v2(Bucket="orders-data")
    code, status, message = refused(lambda: s3.put_object(Bucket="orders-data", Key="a", Body=b""))
    assert (code, status) == ("AccessDenied", 403)
    assert message.endswith("because no session policy allows the s3:PutObject action")
