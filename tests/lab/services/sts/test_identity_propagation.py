"""ContextProvider of an OIDC provider: claims of a pod's token become keys that policies read."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from tests.lab.conftest import ACCOUNT, ROLE_ARN, SUBJECT, Setup, allow, client, statement
from tests.lab.services.sts.test_irsa import refused
from tests.lab.services.sts.test_outbound_tokens import verified

MAP = {"SubjectSourceKey": "sub", "SubjectTypeValue": "workload"}
OWN_SECRETS = allow(
    "secretsmanager:GetSecretValue",
    Condition={"StringEquals": {"aws:ResourceTag/subject": "${aws:OriginIdentity/Subject}"}},
)


def provider_of(setup: Setup) -> str:
    return f"arn:aws:iam::{ACCOUNT}:oidc-provider/{setup.issuer.removeprefix('https://')}"


def propagate(setup: Setup, **more: Any) -> None:
    setup.iam.update_open_id_connect_provider(
        OpenIDConnectProviderArn=provider_of(setup), ContextProvider={**MAP, **more}
    )


def secret(name: str, subject: str) -> None:
    boto3.client("secretsmanager").create_secret(
        Name=name, SecretString="s", Tags=[{"Key": "subject", "Value": subject}]
    )


def test_each_pod_reads_the_secrets_of_its_own_subject(setup: Setup) -> None:
    pod = setup.irsa_pod(OWN_SECRETS)
    secret("own", SUBJECT)
    secret("others", "system:serviceaccount:orders:another")
    with pod.inside():
        before = boto3.client("secretsmanager")
        assert (
            refused(lambda: before.get_secret_value(SecretId="own"))[0] == "AccessDeniedException"
        )
    propagate(setup)
    with pod.inside():
        secrets = boto3.Session().client("secretsmanager")
        assert secrets.get_secret_value(SecretId="own")["SecretString"] == "s"
        code, _, _ = refused(lambda: secrets.get_secret_value(SecretId="others"))
        assert code == "AccessDeniedException"


def test_what_sts_tells(setup: Setup) -> None:
    setup.irsa_pod()
    propagate(setup, KeyDefinitionList=[{"SourceKey": "iss", "TargetKey": "cluster"}])
    token = setup.cluster.create_token("orders-api", "orders", audience="sts.amazonaws.com")
    answer = setup.sts.assume_role_with_web_identity(
        RoleArn=ROLE_ARN, RoleSessionName="try", WebIdentityToken=token
    )
    assert answer["TrustedIdentityPropagationContext"] == {
        "OriginIdentity": {
            "Subject": SUBJECT,
            "SubjectType": "workload",
            "Issuer": setup.issuer.removeprefix("https://"),
            "FederatedProviderArn": provider_of(setup),
        },
        "TransactionContext": {"IdentityProvider": {"cluster": setup.issuer}},
    }
    allowed = statement(
        Action="s3:ListAllMyBuckets",
        Resource="*",
        Condition={
            "StringEquals": {"aws:TransactionContext/IdentityProvider/cluster": setup.issuer}
        },
    )
    setup.iam.put_role_policy(
        RoleName="orders-api", PolicyName="orders", PolicyDocument=json.dumps(allowed)
    )
    client("s3", answer["Credentials"]).list_buckets()


def test_without_a_context_provider_there_is_none(setup: Setup) -> None:
    setup.irsa_pod()
    token = setup.cluster.create_token("orders-api", "orders", audience="sts.amazonaws.com")
    answer = setup.sts.assume_role_with_web_identity(
        RoleArn=ROLE_ARN, RoleSessionName="try", WebIdentityToken=token
    )
    assert "TrustedIdentityPropagationContext" not in answer


def test_no_other_session_has_it(setup: Setup) -> None:
    """A role that the pod's role assumes, and Pod Identity: STS has read no token there."""
    setup.pod_identity_pod(OWN_SECRETS)
    setup.create_provider()
    propagate(setup)
    secret("own", SUBJECT)
    with setup.cluster.pod("orders-api", "orders").inside():
        secrets = boto3.client("secretsmanager")
        assert refused(lambda: secrets.get_secret_value(SecretId="own"))[0] == (
            "AccessDeniedException"
        )


def test_a_provider_shows_it_and_forgets_it(setup: Setup) -> None:
    setup.create_provider()
    arn = provider_of(setup)
    get = setup.iam.get_open_id_connect_provider
    assert "ContextProvider" not in get(OpenIDConnectProviderArn=arn)
    propagate(setup, KeyDefinitionList=[{"SourceKey": "iss"}])
    found = get(OpenIDConnectProviderArn=arn)
    assert found["ContextProvider"] == {
        **MAP,
        "KeyDefinitionList": [{"SourceKey": "iss", "TargetKey": "iss"}],
    }
    assert found["ClientIDList"] == ["sts.amazonaws.com"]
    setup.iam.update_open_id_connect_provider(
        OpenIDConnectProviderArn=arn, RemoveContextProvider=True
    )
    assert "ContextProvider" not in get(OpenIDConnectProviderArn=arn)
    propagate(setup)
    setup.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    setup.iam.create_open_id_connect_provider(Url=setup.issuer, ContextProvider=MAP)
    assert get(OpenIDConnectProviderArn=arn)["ContextProvider"] == MAP
    setup.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    setup.iam.create_open_id_connect_provider(Url=setup.issuer)
    assert "ContextProvider" not in get(OpenIDConnectProviderArn=arn)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"ContextProvider": MAP, "RemoveContextProvider": True},
        {"ContextProvider": {**MAP, "SubjectTypeSourceKey": "kind"}},
        {"ContextProvider": {**MAP, "SubjectSourceKey": " sub"}},
        {"ContextProvider": {**MAP, "KeyDefinitionList": [{"SourceKey": "a  b"}]}},
    ],
)
def test_what_is_no_context_provider(setup: Setup, more: dict[str, Any]) -> None:
    setup.create_provider()
    code, status, _ = refused(
        lambda: setup.iam.update_open_id_connect_provider(
            OpenIDConnectProviderArn=provider_of(setup), **more
        )
    )
    assert (code, status) == ("InvalidInput", 400)


def test_who_may_map_tokens(setup: Setup) -> None:
    """iam:EnableIdentityPropagation is there where a call brings a context provider."""
    setup.create_provider()
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
            {
                "Effect": "Deny",
                "Action": "iam:UpdateOpenIDConnectProvider",
                "Resource": "*",
                "Condition": {"Bool": {"iam:EnableIdentityPropagation": "true"}},
            },
        ],
    }
    setup.create_role(setup.irsa_trust())
    setup.iam.put_role_policy(
        RoleName="orders-api", PolicyName="orders", PolicyDocument=json.dumps(document)
    )
    with setup.deploy(setup.annotated()).inside():
        iam = boto3.client("iam")
        arn = {"OpenIDConnectProviderArn": provider_of(setup)}
        change = iam.update_open_id_connect_provider
        assert refused(lambda: change(**arn, ContextProvider=MAP))[0] == "AccessDenied"
        change(**arn, RemoveContextProvider=True)


def test_a_token_of_aws_can_name_the_pod(setup: Setup) -> None:
    """SubjectMode OriginIdentity: the pod's service account goes out as the token's subject."""
    actions = ["sts:GetWebIdentityToken", "sts:SetWebIdentityTokenScope"]
    pod = setup.irsa_pod(allow(actions))
    propagate(setup)
    setup.iam.enable_outbound_web_identity_federation()
    with pod.inside():
        token = boto3.client("sts").get_web_identity_token(
            Audience=["https://build.example.com"],
            SigningAlgorithm="ES384",
            SubjectMode="OriginIdentity",
            Scope="read write",
        )["WebIdentityToken"]
    claims = verified(setup.lab, token)
    assert (claims["sub"], claims["subject_mode"]) == (SUBJECT, "OriginIdentity")
    assert claims["scope"] == "read write"
    assert claims["https://sts.amazonaws.com/"]["principal_id"] == ROLE_ARN
