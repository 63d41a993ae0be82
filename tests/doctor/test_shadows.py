"""What comes before a role in a container."""

from __future__ import annotations

import pytest

from tests.doctor.chains import IRSA_ENVIRONMENT, Chain, irsa

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "x"}


@pytest.fixture
def chain() -> Chain:
    return irsa()


def test_no_key(chain: Chain) -> None:
    assert "static key" not in [link.name for link in chain.links()]


def test_a_key_in_the_container_itself(chain: Chain) -> None:
    chain.set(**IRSA_ENVIRONMENT, **KEYS)
    link = chain.only()
    assert (link.name, link.snippet) == ("static key", "static-key-remove")
    assert "environment of the container app and comes before every role" in link.says
    assert "AKIDEXAMPLE" not in str(link)


def test_a_key_from_a_secret(chain: Chain) -> None:
    reference = {"secretKeyRef": {"name": "aws", "key": "id"}}
    chain.container["env"].append({"name": "AWS_ACCESS_KEY_ID", "valueFrom": reference})
    assert chain.only().name == "static key"


def test_an_empty_key_is_none(chain: Chain) -> None:
    chain.set(**IRSA_ENVIRONMENT, AWS_ACCESS_KEY_ID="")
    assert chain.says() == []
    assert any(says.startswith("AWS_ACCESS_KEY_ID of the") for _, says in chain.says("ok"))


@pytest.mark.parametrize("place", ["containers", "initContainers"])
def test_a_key_in_a_container_beside_it(chain: Chain, place: str) -> None:
    beside = {"name": "copy", "env": [{"name": key, "value": it} for key, it in KEYS.items()]}
    chain.pod["spec"].setdefault(place, []).append(beside)
    assert chain.says() == []
    assert ("static key", "AWS_ACCESS_KEY_ID is in the environment of the container copy and") in [
        (name, says.partition(" comes")[0]) for name, says in chain.says("unknown")
    ]
    # One that has the role's variables too means to use the role.
    beside["env"] += chain.container["env"]
    beside["volumeMounts"] = chain.container["volumeMounts"]
    assert chain.only().name == "static key"


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"])
def test_a_profile(chain: Chain, name: str) -> None:
    chain.set(**IRSA_ENVIRONMENT, **{name: "printer"})
    found = ("profile", f"{name} is set: a profile may come before the role")
    assert chain.says("unknown") == [found]
    chain.set(**IRSA_ENVIRONMENT, **{name: ""})
    assert chain.says("unknown") == []


def test_variables_that_no_manifest_shows(chain: Chain) -> None:
    chain.container["envFrom"] = [{"secretRef": {"name": "aws"}}]
    link = chain.only("unknown")
    assert link.name == "environment"
    assert link.fix.startswith("kubectl -n press exec printer-5c9f-x2 -c app -- env")
