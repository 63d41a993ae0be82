"""What a lab on ports draws its keys and tokens from: nothing that anyone else knows."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509

from podrole.lab import Lab
from podrole.lab.keyed_random import KeyedRandom
from podrole.lab.moto_adapter.backend import Moto
from podrole.lab.seed import Seed
from podrole.lab.serving.cluster_door import ClusterDoor
from podrole.lab.serving.served_lab import DOORS, ServedLab
from podrole.lab.settings import Settings
from tests.lab.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.lab.lab_process import client, serving
from tests.lab.serving.test_served_lab import podrole

URLS = {door: f"https://127.0.0.1:{4566 + number}" for number, door in enumerate(DOORS)}
REGION = "us-west-2"


@contextmanager
def served() -> Iterator[ServedLab]:
    lab = ServedLab(Settings())
    lab.open(URLS)
    try:
        yield lab
    finally:
        lab.close()


def handed_out_by_moto(moto: Moto) -> tuple[dict[str, str], dict[str, str]]:
    """Ids and secrets that moto makes."""
    moto.call("iam", "CreateUser", ACCOUNT, REGION, UserName="bob")
    key = moto.call("iam", "CreateAccessKey", ACCOUNT, REGION, UserName="bob")["AccessKey"]
    made = moto.call("kms", "CreateKey", ACCOUNT, REGION)["KeyMetadata"]["KeyId"]
    data = moto.call("kms", "GenerateDataKey", ACCOUNT, REGION, KeyId=made, KeySpec="AES_256")
    return {"user's key": key["AccessKeyId"]}, {
        "user's key": key["SecretAccessKey"],
        "data key": base64.b64encode(data["Plaintext"]).decode(),
        "ciphertext": base64.b64encode(data["CiphertextBlob"]).decode(),
    }


def secrets_of(lab: Lab, door: ClusterDoor, node: dict[str, str]) -> dict[str, str]:
    """Everything that opens something in a lab, by its name."""
    found = {"token": door.admin_token, "webhook": door.webhook_url("demo")}
    for name, keys in (
        (ACCOUNT, lab.environment(ACCOUNT)),
        (OTHER_ACCOUNT, lab.environment(OTHER_ACCOUNT)),
        ("node", node),
    ):
        for variable in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            found[f"{name} {variable}"] = keys[variable]
    found["issuer's key"] = lab.kubernetes().issuer.keys()["keys"][0]["n"]
    return found | handed_out_by_moto(lab.gateway.moto)[1]


def test_no_two_served_labs_and_no_notebook_share_a_secret() -> None:
    found = []
    for _ in range(2):
        with served() as lab:
            found.append(
                secrets_of(lab.lab, lab._clusters, lab.described()["node"])
                | {"TLS": tls_key(lab.kubeconfig()), "kubeconfig": token_of(lab.kubeconfig())}
            )
    with Lab.start() as here:
        in_process = secrets_of(here, ClusterDoor(here, "", ""), here.node.session().variables)
    first, second = found
    assert first.keys() == second.keys() > in_process.keys()
    assert [name for name in first if first[name] == second[name]] == []
    assert [name for name in in_process if first[name] == in_process[name]] == []


def test_ids_that_are_no_secrets_come_from_the_seed() -> None:
    found = []
    for _ in range(2):
        with served() as lab:
            described = lab.described()
            found.append(
                (
                    described["environment"]["AWS_ACCESS_KEY_ID"],
                    described["node"]["AWS_ACCESS_KEY_ID"],
                    lab.lab.kubernetes().issuer.url,
                )
            )
    assert found[0] == found[1]
    with Lab.start() as lab_here:
        assert lab_here.environment(ACCOUNT)["AWS_ACCESS_KEY_ID"] == found[0][0]
        assert lab_here.kubernetes().issuer.url == found[0][2]


def test_after_a_served_lab_moto_draws_from_the_seed_again() -> None:
    def drawn() -> Any:
        with Lab.start() as lab:
            return handed_out_by_moto(lab.gateway.moto)

    before = drawn()
    with served() as lab:
        assert handed_out_by_moto(lab.lab.gateway.moto) != before
    assert drawn() == before


def tls_key(kubeconfig: dict[str, Any]) -> str:
    authority = kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"]
    numbers: Any = x509.load_pem_x509_certificate(base64.b64decode(authority)).public_key()
    return str(numbers.public_numbers().x)


def token_of(kubeconfig: dict[str, Any]) -> str:
    return str(kubeconfig["users"][0]["user"]["token"])


def namespaces(kubeconfig: dict[str, Any], server: str) -> list[str]:
    """What kubectl would be answered at `server`, by a kubeconfig that may be an older one."""
    cluster = kubeconfig["clusters"][0]["cluster"]
    context = ssl.create_default_context(
        cadata=base64.b64decode(cluster["certificate-authority-data"]).decode()
    )
    request = urllib.request.Request(
        f"{server}/api/v1/namespaces", headers={"Authorization": f"Bearer {token_of(kubeconfig)}"}
    )
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    with opener.open(request) as response:
        return [item["metadata"]["name"] for item in json.load(response)["items"]]


def test_a_state_file_keeps_the_secrets(tmp_path: Path) -> None:
    state = tmp_path / "lab.json"
    with serving("--state", str(state)) as lab:
        before = {**lab, "kubeconfig": json.loads(Path(lab["kubeconfig"]).read_text())}
    with serving("--state", str(state)) as lab:
        assert lab["node"] == before["node"]
        assert lab["accounts"] == before["accounts"]
        kept = json.loads(Path(lab["kubeconfig"]).read_text())
        server = kept["clusters"][0]["cluster"]["server"]
        assert lab["webhook"].rpartition("/")[2] == before["webhook"].rpartition("/")[2]
        assert "default" in namespaces(before["kubeconfig"], server)
        # The keys that were printed before are still the operator's.
        again = {**before, "endpoint": lab["endpoint"]}
        assert client(again, "sts").get_caller_identity()["Account"] == ACCOUNT
        assert podrole("lab", "reset", "--endpoint", lab["endpoint"]).returncode == 0
        assert client(again, "sts").get_caller_identity()["Account"] == ACCOUNT
        assert "default" in namespaces(before["kubeconfig"], server)
    with serving() as other, pytest.raises(ClientError):
        client({**before, "endpoint": other["endpoint"]}, "sts").get_caller_identity()


def test_the_secret_is_in_the_state_file_and_nowhere_else(tmp_path: Path) -> None:
    state = tmp_path / "lab.json"
    with serving("--state", str(state)) as lab:
        shown = json.dumps(lab)
    secret = json.loads(state.read_text().splitlines()[0])["secret"]
    assert len(bytes.fromhex(secret)) == 32
    assert state.stat().st_mode & 0o777 == 0o600
    assert secret not in shown
    assert secret not in repr(Seed(7, secret))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "podrole lab state 1"}, "use the Podrole that wrote it, or give another file"),
        ({"secret": "ab"}, ':1: not a state file of a lab: "secret" is not 32 bytes'),
        ({"secret": 5}, ':1: not a state file of a lab: "secret" is no text'),
    ],
)
def test_a_state_file_without_a_secret_is_one_clear_line(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    state = tmp_path / "lab.json"
    with serving("--state", str(state)):
        pass
    head = json.loads(state.read_text())
    state.write_text(json.dumps(head | change) + "\n")
    done = podrole("lab", "serve", "--port", "0", "--state", str(state))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert said in done.stderr
    assert head["secret"] not in done.stderr


def test_a_keyed_stream() -> None:
    def drawn(stream: KeyedRandom) -> list[Any]:
        return [stream.random(), stream.getrandbits(70), stream.choices("abc", k=9),
                stream.randbytes(33)]  # fmt: skip

    key, other = bytes(32), b"\1" + bytes(31)
    assert drawn(KeyedRandom(key, "a")) == drawn(KeyedRandom(key, "a"))
    assert drawn(KeyedRandom(key, "a")) != drawn(KeyedRandom(key, "b"))
    assert drawn(KeyedRandom(key, "a")) != drawn(KeyedRandom(other, "a"))
    stream = KeyedRandom(key, "a")
    state = stream.getstate()
    first = drawn(stream)
    assert drawn(stream) != first
    stream.setstate(state)
    assert drawn(stream) == first
    assert stream.getrandbits(0) == 0
    bits = [stream.getrandbits(3) for _ in range(400)]
    assert set(bits) == set(range(8))
    assert all(0 <= stream.random() < 1 for _ in range(400))
