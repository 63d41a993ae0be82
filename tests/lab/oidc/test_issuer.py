"""The issuer: keys, documents and tokens that other programs can verify."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from werkzeug.test import Client

from podrole.lab import Lab
from podrole.lab.oidc.signing_key import SigningKey
from tests.lab.conftest import Setup


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def public_key(jwk: dict[str, str]) -> rsa.RSAPublicKey:
    exponent, modulus = (int.from_bytes(decode(jwk[name]), "big") for name in ("e", "n"))
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def fetch(lab: Lab, url: str) -> Any:
    host, _, path = url.removeprefix("https://").partition("/")
    return Client(lab.gateway).get(f"/{path}", headers={"Host": host}).get_json()


def test_a_relying_party_can_verify_a_token_from_the_issuers_url_alone(
    lab: Lab, setup: Setup
) -> None:
    setup.cluster.apply(setup.annotated())
    token = setup.cluster.create_token("orders-api", "orders", audience="vault", duration=600)
    header, claims, signature = token.split(".")
    issuer = json.loads(decode(claims))["iss"]
    discovery = fetch(lab, f"{issuer}/.well-known/openid-configuration")
    assert discovery["issuer"] == issuer
    keys = {key["kid"]: key for key in fetch(lab, discovery["jwks_uri"])["keys"]}
    head = json.loads(decode(header))
    assert head["alg"] == "RS256"
    # `cryptography` is the second opinion on our own signing.
    public_key(keys[head["kid"]]).verify(
        decode(signature),
        f"{header}.{claims}".encode(),
        padding.PKCS1v15(),
        hashes.SHA256(),
    )


def test_claims_of_a_pods_token(setup: Setup) -> None:
    pod = setup.irsa_pod()
    text = pod.read("/var/run/secrets/eks.amazonaws.com/serviceaccount/token")
    claims = json.loads(decode(text.split(".")[1]))
    assert claims["sub"] == "system:serviceaccount:orders:orders-api"
    assert claims["aud"] == ["sts.amazonaws.com"]
    assert claims["exp"] - claims["iat"] == 86400
    assert claims["iat"] == claims["nbf"] == setup.lab.clock.timestamp()
    bound = claims["kubernetes.io"]
    assert bound["pod"] == {"name": pod.name, "uid": pod.uid}
    assert bound["namespace"] == "orders"
    assert bound["serviceaccount"]["name"] == "orders-api"
    assert claims["iss"].startswith("https://oidc.eks.us-west-2.amazonaws.com/id/")
    assert len(claims["iss"].rpartition("/")[2]) == 32


def test_the_kubelet_renews_a_token_at_80_percent_of_its_life(setup: Setup) -> None:
    setup.create_provider()
    setup.create_role(setup.irsa_trust())
    pod = setup.deploy(setup.annotated(**{"token-expiration": "1000"}))
    path = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"
    first = pod.read(path)
    setup.lab.clock.move(seconds=799)
    assert pod.read(path) == first
    setup.lab.clock.move(seconds=1)
    assert pod.read(path) != first


def test_keys_come_from_the_seed() -> None:
    assert SigningKey("a").key_id == SigningKey("a").key_id != SigningKey("b").key_id


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_a_key_is_a_full_rsa_key_and_checks_what_it_signs(seed: str) -> None:
    key = SigningKey(seed)
    assert key.modulus.bit_length() == 2048
    signature = key.sign(b"message")
    assert key.verifies(b"message", signature)
    assert not key.verifies(b"another", signature)
    assert not key.verifies(b"message", signature[:-1])
    assert not key.verifies(b"message", b"\xff" * 256)
    public_key(key.jwk()).verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())


def test_the_key_id_is_the_thumbprint() -> None:
    jwk = SigningKey("a").jwk()
    text = json.dumps({k: jwk[k] for k in ("e", "kty", "n")}, separators=(",", ":"))
    assert jwk["kid"] == hashlib.sha256(text.encode()).hexdigest()[:40]


def test_a_key_signs_alike_with_and_without_a_compiled_library() -> None:
    """As in a page, whose Python has no `cryptography`."""
    compiled, plain = SigningKey("seed"), SigningKey("seed")
    plain.__dict__["_compiled"] = None
    assert compiled._compiled is not None
    assert compiled.sign(b"x") == plain.sign(b"x")
    assert plain.verifies(b"x", compiled.sign(b"x"))
