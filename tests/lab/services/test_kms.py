"""KMS: key policies, aliases, encryption contexts, ciphertexts."""

from __future__ import annotations

import json
from typing import Any

import boto3

from podrole.lab import Lab
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT, ROLE_ARN, Setup, allow
from tests.lab.services.sts.test_irsa import refused


def key_policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def to(principal: str, action: Any, **more: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": action,
        "Resource": "*",
        **more,
    }


ROOT = to(f"arn:aws:iam::{ACCOUNT}:root", "kms:*")


def test_the_default_policy_delegates_to_identity_policies(setup: Setup, key: str) -> None:
    other = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    with setup.irsa_pod(allow("kms:Encrypt", key)).inside():
        kms = boto3.client("kms")
        for name in (key, key.rpartition("/")[2], "alias/orders"):
            kms.encrypt(KeyId=name, Plaintext=b"x")
        code, status, message = refused(lambda: kms.encrypt(KeyId=other, Plaintext=b"x"))
        assert (code, status) == ("AccessDeniedException", 400)
        assert message.endswith(
            f"is not authorized to perform: kms:Encrypt on resource: {other}"
            " because no identity-based policy allows the kms:Encrypt action"
        )
        assert refused(lambda: kms.describe_key(KeyId=key))[0] == "AccessDeniedException"


def test_a_policy_on_the_alias_arn_is_no_policy_on_the_key(setup: Setup, key: str) -> None:
    alias = f"arn:aws:kms:us-west-2:{ACCOUNT}:alias/orders"
    with setup.irsa_pod(allow("kms:Encrypt", alias)).inside():
        kms = boto3.client("kms")
        for name in ("alias/orders", alias):
            message = refused(lambda n=name: kms.encrypt(KeyId=n, Plaintext=b"x"))[2]
            assert f"on resource: {key} because" in message


def test_a_key_policy_without_the_account_makes_identity_policies_worthless(setup: Setup) -> None:
    kms = boto3.client("kms")
    operator = f"arn:aws:iam::{ACCOUNT}:role/platform-admin"
    key = kms.create_key(Policy=key_policy(to(operator, "kms:*")))["KeyMetadata"]["Arn"]
    with setup.irsa_pod(allow("kms:*")).inside():
        message = refused(lambda: boto3.client("kms").encrypt(KeyId=key, Plaintext=b"x"))[2]
        assert message.endswith("because no resource-based policy allows the kms:Encrypt action")
    kms.put_key_policy(
        KeyId=key, Policy=key_policy(to(operator, "kms:*"), to(ROLE_ARN, "kms:Encrypt"))
    )
    setup.iam.delete_role_policy(RoleName="orders-api", PolicyName="p0")
    with setup.deploy(setup.annotated()).inside():
        boto3.client("kms").encrypt(KeyId=key, Plaintext=b"x")


def test_conditions_on_aliases(setup: Setup, key: str) -> None:
    kms = boto3.client("kms")
    kms.create_alias(AliasName="alias/payroll", TargetKeyId=kms.create_key()["KeyMetadata"]["Arn"])
    asked = {"StringEquals": {"kms:RequestAlias": "alias/orders"}}
    named = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/orders"}}
    pod = setup.irsa_pod(
        allow("kms:Encrypt", Condition=asked), allow("kms:GenerateDataKey", Condition=named)
    )
    with pod.inside():
        kms = boto3.client("kms")
        kms.encrypt(KeyId="alias/orders", Plaintext=b"x")
        kms.encrypt(KeyId=f"arn:aws:kms:us-west-2:{ACCOUNT}:alias/orders", Plaintext=b"x")
        for name in (key, "alias/payroll"):
            assert refused(lambda n=name: kms.encrypt(KeyId=n, Plaintext=b"x"))[0] == (
                "AccessDeniedException"
            )
        kms.generate_data_key(KeyId=key, KeySpec="AES_256")
        assert refused(lambda: kms.generate_data_key(KeyId="alias/payroll", KeySpec="AES_256"))


def test_conditions_on_the_encryption_context(setup: Setup, key: str) -> None:
    kms = boto3.client("kms")
    ciphertext = {
        tenant: kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"tenant": tenant})[
            "CiphertextBlob"
        ]
        for tenant in ("a", "b")
    }
    condition = {
        "StringEquals": {"kms:EncryptionContext:tenant": "a"},
        "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "tenant"},
    }
    with setup.irsa_pod(allow("kms:Decrypt", Condition=condition)).inside():
        kms = boto3.client("kms")

        def decrypt(tenant: str, **more: Any) -> Any:
            context = {"tenant": tenant, **more}
            return kms.decrypt(CiphertextBlob=ciphertext[tenant], EncryptionContext=context)

        assert decrypt("a")["Plaintext"] == b"x"
        assert refused(lambda: decrypt("b"))[0] == "AccessDeniedException"
        assert refused(lambda: decrypt("a", more="y"))[0] == "AccessDeniedException"
        assert refused(lambda: kms.decrypt(CiphertextBlob=ciphertext["a"]))[0] == (
            "AccessDeniedException"
        )


def test_a_ciphertext_is_decided_by_the_key_that_made_it(setup: Setup, key: str) -> None:
    kms = boto3.client("kms")
    other = kms.create_key()["KeyMetadata"]["Arn"]
    secret = kms.encrypt(KeyId=other, Plaintext=b"x")["CiphertextBlob"]
    with setup.irsa_pod(allow(["kms:Decrypt", "kms:ReEncrypt*"], key)).inside():
        kms = boto3.client("kms")
        assert f"on resource: {other}" in refused(lambda: kms.decrypt(CiphertextBlob=secret))[2]
        # Naming a key that one may use does not help.
        message = refused(lambda: kms.decrypt(CiphertextBlob=secret, KeyId=key))[2]
        assert f"on resource: {other}" in message
        message = refused(
            lambda: kms.re_encrypt(CiphertextBlob=secret, SourceKeyId=key, DestinationKeyId=key)
        )[2]
        assert f"kms:ReEncryptFrom on resource: {other}" in message


def test_the_key_that_a_call_names_beside_the_ciphertext_counts_too(setup: Setup, key: str) -> None:
    kms = boto3.client("kms")
    other = kms.create_key()["KeyMetadata"]["Arn"]
    ciphertext = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    with setup.irsa_pod(allow(["kms:Decrypt", "kms:ReEncrypt*"], key)).inside():
        kms = boto3.client("kms")
        kms.decrypt(CiphertextBlob=ciphertext, KeyId="alias/orders")
        message = refused(lambda: kms.decrypt(CiphertextBlob=ciphertext, KeyId=other))[2]
        assert f"kms:Decrypt on resource: {other}" in message
        message = refused(
            lambda: kms.re_encrypt(
                CiphertextBlob=ciphertext, SourceKeyId=other, DestinationKeyId=key
            )
        )[2]
        assert f"kms:ReEncryptFrom on resource: {other}" in message


def test_re_encrypting_needs_both_keys(setup: Setup, key: str) -> None:
    kms = boto3.client("kms")
    ciphertext = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    other = kms.create_key()["KeyMetadata"]["Arn"]
    with setup.irsa_pod(allow("kms:ReEncryptFrom", key), allow("kms:ReEncryptTo", key)).inside():
        kms = boto3.client("kms")
        kms.re_encrypt(CiphertextBlob=ciphertext, DestinationKeyId="alias/orders")
        message = refused(
            lambda: kms.re_encrypt(CiphertextBlob=ciphertext, DestinationKeyId=other)
        )[2]
        assert f"kms:ReEncryptTo on resource: {other}" in message


def test_another_accounts_key_needs_both_sides(setup: Setup, lab: Lab) -> None:
    theirs = lab.session(OTHER_ACCOUNT).client("kms")
    key = theirs.create_key()["KeyMetadata"]["Arn"]
    ciphertext = theirs.encrypt(KeyId=key, Plaintext=b"theirs")["CiphertextBlob"]
    pod = setup.irsa_pod(allow("kms:Decrypt", key))

    def decrypt() -> Any:
        with pod.inside():
            return boto3.client("kms").decrypt(CiphertextBlob=ciphertext)["Plaintext"]

    assert "no resource-based policy" in refused(decrypt)[2]
    root = to(f"arn:aws:iam::{OTHER_ACCOUNT}:root", "kms:*")
    guest = to(f"arn:aws:iam::{ACCOUNT}:root", "kms:Decrypt")
    theirs.put_key_policy(KeyId=key, Policy=key_policy(root, guest))
    assert decrypt() == b"theirs"
    setup.iam.delete_role_policy(RoleName="orders-api", PolicyName="p0")
    assert "no identity-based policy" in refused(decrypt)[2]


def test_an_alias_needs_the_alias_and_the_key(setup: Setup, key: str) -> None:
    alias = f"arn:aws:kms:us-west-2:{ACCOUNT}:alias/app"
    pod = setup.irsa_pod(allow("kms:CreateAlias", alias))
    with pod.inside():
        message = refused(
            lambda: boto3.client("kms").create_alias(AliasName="alias/app", TargetKeyId=key)
        )[2]
        assert f"kms:CreateAlias on resource: {key}" in message
    setup.iam.put_role_policy(
        RoleName="orders-api",
        PolicyName="p1",
        PolicyDocument=json.dumps(allow("kms:CreateAlias", key)),
    )
    with pod.inside():
        boto3.client("kms").create_alias(AliasName="alias/app", TargetKeyId=key)


def test_grants_are_refused_and_aws_managed_keys_are_their_services(lab: Lab, key: str) -> None:
    kms = boto3.client("kms")
    assert refused(
        lambda: kms.create_grant(KeyId=key, GranteePrincipal=ROLE_ARN, Operations=["Decrypt"])
    )[:2] == ("NotImplemented", 501)
    kms.describe_key(KeyId="alias/aws/s3")
    assert refused(lambda: kms.encrypt(KeyId="alias/aws/s3", Plaintext=b"x"))[0] == (
        "AccessDeniedException"
    )
    assert refused(lambda: kms.encrypt(KeyId="alias/none", Plaintext=b"x"))[0] == (
        "NotFoundException"
    )
