"""Tokens of an issuer outside of the lab, whose keys it was given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from podrole.cli import main
from podrole.conformance.token_issuer import ISSUER, TokenIssuer
from podrole.lab import Lab, LabError
from podrole.lab.oidc.issuer import Token
from tests.lab.conftest import ACCOUNT, statement
from tests.lab.lab_process import client, serving

TRUST = statement(
    Principal={
        "Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER.removeprefix('https://')}"
    },
    Action="sts:AssumeRoleWithWebIdentity",
)
OUTSIDE = TokenIssuer("seed")
KEYS = {"keys": [OUTSIDE.key().jwk()]}


def exchange(iam: Any, sts: Any) -> Any:
    iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["sts.amazonaws.com"])
    iam.create_role(RoleName="outside", AssumeRolePolicyDocument=json.dumps(TRUST))
    return assume(sts)


def assume(sts: Any) -> Any:
    return sts.assume_role_with_web_identity(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/outside",
        RoleSessionName="test",
        WebIdentityToken=OUTSIDE.token({"claims": {"sub": "someone"}}),
    )["SubjectFromWebIdentityToken"]


def test_a_token_counts_once_its_issuer_is_trusted(tmp_path: Path) -> None:
    """On ports, where tokens and lab have the machine's time; a state file keeps the trust."""
    jwks, state = tmp_path / "jwks.json", tmp_path / "lab.json"
    jwks.write_text(json.dumps(KEYS))
    given = ["--issuer", ISSUER, "--jwks", str(jwks)]
    with serving("--state", str(state), *given) as served:
        assert exchange(client(served, "iam"), client(served, "sts")) == "someone"
    with serving("--state", str(state)) as served, pytest.raises(ClientError) as refused:
        assume(client(served, "sts"))
    assert "Couldn't retrieve verification key" in str(refused.value)


def test_in_python(lab: Lab) -> None:
    assert lab.trusted_issuers == {}
    lab.trusted_issuers = {ISSUER: KEYS}
    assert lab.trusted_issuers == {ISSUER: KEYS}
    with pytest.raises(ClientError, match=r"the token is not valid yet|Token expired"):
        exchange(boto3.client("iam"), boto3.client("sts"))  # the lab stands at another day
    with pytest.raises(LabError, match="the keys of an issuer: 'http://x' is no URL that begins"):
        lab.trusted_issuers = {"http://x": KEYS}
    assert lab.trusted_issuers == {ISSUER: KEYS}


def test_the_trust_outlives_the_cluster(lab: Lab) -> None:
    """As when a state file is opened again, in which the lab's own cluster was deleted."""
    eks = boto3.client("eks")
    token = Token.read(OUTSIDE.token({"claims": {"sub": "someone"}}))
    lab.trusted_issuers = {ISSUER: KEYS}
    assert lab.cluster("demo").signed(token)
    eks.delete_cluster(name="demo")
    lab.trusted_issuers = {ISSUER: KEYS}
    role = f"arn:aws:iam::{ACCOUNT}:role/eks-cluster"
    subnets = {"subnetIds": ["subnet-0a1b2c3d", "subnet-4e5f6a7b"]}
    eks.create_cluster(name="demo", roleArn=role, resourcesVpcConfig=subnets)
    assert lab.cluster("demo").signed(token)
    lab.trusted_issuers = {}
    assert not lab.cluster("demo").signed(token)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("", "Expecting value"),
        ("[]", 'it is no JSON Web Key Set: {"keys": […]}'),
        ('{"keys": []}', "it has no RSA key, and the lab verifies RS256 alone"),
        ('{"keys": [{"kty": "EC"}]}', "it has no RSA key"),
        ('{"keys": [{"kty": "RSA", "kid": "a", "e": "AQAB"}]}', "a key's 'n' is no number"),
        ('{"keys": [{"kty": "RSA", "n": 5, "e": "AQAB"}]}', "a key's 'n' is no number"),
    ],
)
def test_keys_that_are_none(
    keys: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jwks = tmp_path / "jwks.json"
    jwks.write_text(keys)
    assert main(["lab", "serve", "--issuer", ISSUER, "--jwks", str(jwks)]) == 2
    assert f"podrole: --issuer {ISSUER}, --jwks {jwks}: {said}" in capsys.readouterr().err


def test_both_or_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "serve", "--issuer", ISSUER]) == 2
    assert "--issuer and --jwks belong together" in capsys.readouterr().err
