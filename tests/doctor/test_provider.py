"""The OIDC provider in the role's account, and the audiences that it takes."""

from __future__ import annotations

import pytest

from tests.doctor.chains import ACCOUNT, ISSUER, PROVIDER, Chain, irsa

OTHER = PROVIDER.replace("7D3A", "0000")
ELSEWHERE = PROVIDER.replace(ACCOUNT, "777788889999")
DUAL = f"oidc-eks.eu-central-1.api.aws/id/{ISSUER.rpartition('/')[2]}"
GONE = {
    "Error": {
        "Code": "NoSuchEntity",
        "Message": f"OpenIDConnect Provider not found for arn {PROVIDER}",
        "Operation": "GetOpenIDConnectProvider",
    }
}


@pytest.fixture
def chain() -> Chain:
    return irsa()


def test_it_is_there(chain: Chain) -> None:
    assert ("provider", f"accepts tokens of {ISSUER} for sts.amazonaws.com") in chain.says("ok")
    chain.provider_arns = None
    assert chain.says() == []
    chain.provider = {"Url": f"https://{ISSUER}/", "ClientIDList": ["x", "sts.amazonaws.com"]}
    assert chain.says() == []


@pytest.mark.parametrize("listed", [[], [OTHER], [OTHER, ELSEWHERE]])
def test_it_is_not_listed(chain: Chain, listed: list[str]) -> None:
    chain.provider_arns = listed
    link = chain.only()
    assert (link.name, link.snippet) == ("provider", "oidc-provider-create")
    assert link.says.startswith(f"account {ACCOUNT} has no OIDC provider for {ISSUER}; a recreated")


def test_the_list_is_of_another_account(chain: Chain) -> None:
    chain.provider_arns = [ELSEWHERE]
    assert ("provider", f"the listed providers are not in the role's account, {ACCOUNT}") in (
        chain.says("unknown")
    )


@pytest.mark.parametrize("listed", [True, False])
def test_the_dual_stack_address_is_no_issuer(chain: Chain, listed: bool) -> None:
    chain.provider_arns = [f"arn:aws:iam::{ACCOUNT}:oidc-provider/{DUAL}"] if listed else None
    chain.provider = {"Url": DUAL, "ClientIDList": ["sts.amazonaws.com"]}
    link = chain.only()
    assert f"there is one for the dual-stack address, {DUAL}" in link.says


def test_no_file_shows_its_client_ids(chain: Chain) -> None:
    chain.provider = None
    link = next(link for link in chain.links() if link.name == "provider's client IDs")
    assert link.state == "unknown"
    assert link.fix.endswith(f"--open-id-connect-provider-arn {PROVIDER}")


def test_no_file_shows_it(chain: Chain) -> None:
    chain.provider = chain.provider_arns = None
    assert ("provider", "no file lists the providers") in chain.says("unknown")
    chain.more = [GONE]
    assert chain.only().name == "provider"


@pytest.mark.parametrize("known", [[], ["https://kubernetes.default.svc"], ["sts.amazonaws.com."]])
def test_it_lacks_the_audience(chain: Chain, known: list[str]) -> None:
    chain.provider = {"Url": ISSUER, "ClientIDList": known}
    link = chain.only()
    assert link.name == "provider's client IDs"
    assert link.says == f"{known} lacks the token's audience sts.amazonaws.com"
    assert link.command.endswith(f"{PROVIDER} --client-id sts.amazonaws.com")


def test_another_partition(chain: Chain) -> None:
    text = ISSUER.replace("eu-central-1.amazonaws.com", "cn-north-1.amazonaws.com.cn")
    assert chain.cluster is not None
    chain.cluster["identity"]["oidc"]["issuer"] = f"https://{text}"
    role = f"arn:aws-cn:iam::{ACCOUNT}:role/printer"
    chain.annotations["eks.amazonaws.com/role-arn"] = role
    for one in chain.container["env"]:
        if one["name"] == "AWS_ROLE_ARN":
            one["value"] = role
    chain.provider_arns, chain.trust = [f"arn:aws-cn:iam::{ACCOUNT}:oidc-provider/{text}"], None
    chain.provider = {"Url": text, "ClientIDList": []}
    assert f"arn:aws-cn:iam::{ACCOUNT}:oidc-provider/{text}" in chain.only().command
