"""GetWebIdentityToken: tokens of AWS that a service outside verifies by published keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

from podrole.lab import Lab
from podrole.lab.oidc.elliptic_key import EllipticKey
from tests.lab.conftest import ACCOUNT, ROLE_ARN, Setup, allow, statement
from tests.lab.oidc.test_issuer import decode, fetch, public_key
from tests.lab.services.sts.test_irsa import refused

ASK = {"Audience": ["https://build.example.com"], "SigningAlgorithm": "RS256"}


@pytest.fixture
def pod(setup: Setup) -> Iterator[Any]:
    pod = setup.pod_identity_pod(allow(["sts:GetWebIdentityToken"]))
    with pod.inside():
        yield boto3.client("sts")


def elliptic(jwk: dict[str, str]) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(decode(jwk[name]), "big") for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP384R1()).public_key()


def verified(lab: Lab, token: str) -> Any:
    """The claims, after what a service outside AWS does: fetch the keys, check the signature."""
    header, claims, signature = token.split(".")
    told = json.loads(decode(claims))
    discovery = fetch(lab, f"{told['iss']}/.well-known/openid-configuration")
    assert discovery["issuer"] == told["iss"]
    keys = {key["kid"]: key for key in fetch(lab, discovery["jwks_uri"])["keys"]}
    head = json.loads(decode(header))
    key, signed, raw = keys[head["kid"]], f"{header}.{claims}".encode(), decode(signature)
    assert key["alg"] == head["alg"]
    if head["alg"] == "RS256":
        public_key(key).verify(raw, signed, padding.PKCS1v15(), hashes.SHA256())
    else:
        r, s = int.from_bytes(raw[:48], "big"), int.from_bytes(raw[48:], "big")
        der = utils.encode_dss_signature(r, s)
        elliptic(key).verify(der, signed, ec.ECDSA(hashes.SHA384()))
    return told


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_a_token_that_verifies(setup: Setup, pod: Any, algorithm: str) -> None:
    issuer = setup.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    answer = pod.get_web_identity_token(**{**ASK, "SigningAlgorithm": algorithm})
    claims = verified(setup.lab, answer["WebIdentityToken"])
    assert claims["iss"] == issuer
    assert issuer.startswith("https://")
    assert issuer.endswith(".tokens.sts.global.api.aws")
    assert (claims["aud"], claims["sub"]) == ("https://build.example.com", ROLE_ARN)
    assert claims["exp"] - claims["iat"] == 300
    assert answer["Expiration"] == setup.lab.clock.now() + timedelta(seconds=300)
    ours = claims["https://sts.amazonaws.com/"]
    assert (ours["aws_account"], ours["source_region"]) == (ACCOUNT, "us-west-2")
    assert ours["principal_tags"]["kubernetes-namespace"] == "orders"


def test_the_accounts_switch(setup: Setup, pod: Any) -> None:
    iam = setup.iam
    code, status, message = refused(lambda: pod.get_web_identity_token(**ASK))
    assert (code, status) == ("OutboundWebIdentityFederationDisabledException", 403)
    assert message.startswith("The outbound web identity federation feature is not enabled")
    assert refused(iam.get_outbound_web_identity_federation_info)[:2] == ("FeatureDisabled", 404)
    assert refused(iam.disable_outbound_web_identity_federation)[0] == "FeatureDisabled"
    issuer = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert refused(iam.enable_outbound_web_identity_federation)[:2] == ("FeatureEnabled", 409)
    token = pod.get_web_identity_token(**ASK)["WebIdentityToken"]
    iam.disable_outbound_web_identity_federation()
    assert refused(lambda: pod.get_web_identity_token(**ASK))[1] == 403
    info = iam.get_outbound_web_identity_federation_info()
    assert (info["IssuerIdentifier"], info["JwtVendingEnabled"]) == (issuer, False)
    verified(setup.lab, token)  # tokens that were given stay good
    assert iam.enable_outbound_web_identity_federation()["IssuerIdentifier"] == issuer


@pytest.mark.parametrize(
    ("policy", "more", "action"),
    [
        ({"sts:DurationSeconds": "300"}, {"DurationSeconds": 301}, "GetWebIdentityToken"),
        ({"sts:DurationSeconds": "300"}, {"DurationSeconds": 60}, None),
        ({}, {"Tags": [{"Key": "team", "Value": "a"}]}, "TagGetWebIdentityToken"),
        ({}, {}, None),
    ],
)
def test_what_policies_decide(
    setup: Setup, policy: dict[str, str], more: dict[str, Any], action: str | None
) -> None:
    setup.iam.enable_outbound_web_identity_federation()
    condition = {"Condition": {"NumericLessThanEquals": policy}} if policy else {}
    document = statement(Action="sts:GetWebIdentityToken", Resource="*", **condition)
    with setup.irsa_pod(document).inside():
        sts = boto3.client("sts")
        if action is None:
            sts.get_web_identity_token(**ASK, **more)
        else:
            message = refused(lambda: sts.get_web_identity_token(**ASK, **more))[2]
            assert f"not authorized to perform: sts:{action} on resource: *" in message


def test_the_audience_is_a_condition_with_several_values(setup: Setup) -> None:
    setup.iam.enable_outbound_web_identity_federation()
    only = {"ForAllValues:StringEquals": {"sts:IdentityTokenAudience": "https://build.example.com"}}
    with setup.irsa_pod(allow("sts:GetWebIdentityToken", Condition=only)).inside():
        sts = boto3.client("sts")
        sts.get_web_identity_token(**ASK)
        two = {**ASK, "Audience": ["https://build.example.com", "https://other.example.com"]}
        assert refused(lambda: sts.get_web_identity_token(**two))[0] == "AccessDenied"


def test_it_cannot_outlive_the_session(setup: Setup) -> None:
    setup.iam.enable_outbound_web_identity_federation()
    setup.lab.longest_session = timedelta(seconds=200)
    with setup.irsa_pod(allow("sts:GetWebIdentityToken")).inside():
        sts = boto3.client("sts")
        code, status, _ = refused(lambda: sts.get_web_identity_token(**ASK))
        assert (code, status) == ("SessionDurationEscalationException", 403)
        sts.get_web_identity_token(**ASK, DurationSeconds=60)


def test_sts_takes_no_token_of_its_own(setup: Setup, pod: Any) -> None:
    issuer = setup.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    setup.iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["sts.amazonaws.com"])
    ask = {**ASK, "Audience": ["sts.amazonaws.com"]}
    token = pod.get_web_identity_token(**ask)["WebIdentityToken"]
    code, status, _ = refused(
        lambda: setup.sts.assume_role_with_web_identity(
            RoleArn=ROLE_ARN, RoleSessionName="try", WebIdentityToken=token
        )
    )
    assert (code, status) == ("InvalidIdentityToken", 400)


def test_wrong_wishes(setup: Setup, pod: Any) -> None:
    setup.iam.enable_outbound_web_identity_federation()
    for more, code in (
        ({"SubjectMode": "OriginIdentity"}, "ValidationError"),
        ({"SigningAlgorithm": "HS256"}, "ValidationError"),
    ):
        assert refused(lambda more=more: pod.get_web_identity_token(**{**ASK, **more}))[0] == code
    message = refused(lambda: pod.get_web_identity_token(**ASK, Scope="read"))[2]
    assert "sts:SetWebIdentityTokenScope" in message
    elsewhere = boto3.client("sts", endpoint_url="https://sts.amazonaws.com")
    assert refused(lambda: elsewhere.get_web_identity_token(**ASK))[0] == "InvalidAction"


def test_the_record_does_not_hold_the_token(setup: Setup, pod: Any) -> None:
    setup.iam.enable_outbound_web_identity_federation()
    token = pod.get_web_identity_token(**ASK)["WebIdentityToken"]
    setup.lab.clock.move(minutes=20)
    found = (
        setup.lab.session(ACCOUNT)
        .client("cloudtrail")
        .lookup_events(
            LookupAttributes=[
                {"AttributeKey": "EventName", "AttributeValue": "GetWebIdentityToken"}
            ]
        )["Events"]
    )
    assert found
    assert token not in found[0]["CloudTrailEvent"]


def test_the_nonce_comes_from_key_and_message() -> None:
    """RFC 6979, A.2.6: P-384 with SHA-384, the message `sample`."""
    key = EllipticKey("any")
    key._secret = int(
        "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8"
        "96D5724E4C70A825F872C9EA60D2EDF5",
        16,
    )
    assert key.sign(b"sample").hex().upper() == (
        "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C"
        "81A648152E44ACF96E36DD1E80FABE46"
        "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F"
        "A329C145786E679E7B82C71A38628AC8"
    )
