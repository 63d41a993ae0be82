"""Unmodified SDKs over HTTP, in processes of their own, as pods: both mechanisms, yes and no.

The programs are in tests/clients; `podrole lab exec` gives them a pod's variables and tokens.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.client_programs import CLIENTS, aws_cli, node_modules
from tests.lab.conftest import ACCOUNT
from tests.lab.doors.served_pods import BUCKET, run_as, served_pods
from tests.lab.lab_process import client
from tests.tools import needs, needs_namespaces


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Any]]:
    with served_pods() as settings:
        yield settings


@pytest.fixture(scope="session")
def python_client() -> list[str]:
    return [sys.executable, str(CLIENTS / "python/client.py")]


@pytest.fixture(scope="session")
def node_client() -> list[str]:
    node_modules(CLIENTS / "node")
    return [needs("node"), str(CLIENTS / "node/client.mjs")]


@pytest.fixture(scope="session")
def go_client(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path = tmp_path_factory.mktemp("go") / "client"
    command = [needs("go"), "build", "-o", str(path), "."]
    subprocess.run(command, cwd=CLIENTS / "go", check=True, capture_output=True)
    return [str(path)]


LANGUAGES = ["python", "node", "go"]


@pytest.mark.parametrize("options", [(), ("--isolated",)], ids=["by variables", "isolated"])
@pytest.mark.parametrize("mechanism", ["irsa", "pod-identity"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_sdk_becomes_its_pods_role(
    served: dict[str, Any],
    request: pytest.FixtureRequest,
    language: str,
    mechanism: str,
    options: tuple[str, ...],
) -> None:
    if options:
        needs_namespaces()
    command = request.getfixturevalue(f"{language}_client")
    done = run_as(served, mechanism, [*command, BUCKET, f"{language}/{mechanism}"], *options)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["text"] == "from a pod"
    assert answer["arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/{mechanism}/")


@pytest.mark.parametrize(
    ("mechanism", "said"),
    [
        ("irsa", {"python": "AccessDenied", "node": "AccessDenied", "go": "AccessDenied"}),
        (
            "pod-identity",
            {
                "python": "EKS does not have permissions to assume the associated role",
                "node": "Could not load credentials from any providers",  # it says no more
                "go": "EKS does not have permissions to assume the associated role",
            },
        ),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pod_that_nobody_trusts_is_refused(
    served: dict[str, Any],
    request: pytest.FixtureRequest,
    language: str,
    mechanism: str,
    said: dict[str, str],
) -> None:
    command = request.getfixturevalue(f"{language}_client")
    done = run_as(served, f"{mechanism}-stranger", [*command, BUCKET, "k"])
    answer = json.loads(done.stdout)
    assert "arn" not in answer
    assert said[language] in answer["error"] + answer["message"]


def test_the_aws_cli_as_a_pod(served: dict[str, Any]) -> None:
    aws = aws_cli()
    for pod in ("irsa", "pod-identity"):
        done = run_as(served, pod, [aws, "sts", "get-caller-identity", "--query", "Arn"])
        assert f":assumed-role/{pod}/" in done.stdout, done.stderr
        stored = f"s3://{BUCKET}/cli/{pod}"
        done = run_as(served, pod, [aws, "s3", "cp", str(CLIENTS / "python/client.py"), stored])
        assert done.returncode == 0, done.stderr
        text = run_as(served, pod, [aws, "s3", "cp", stored, "-"])
        assert text.stdout == (CLIENTS / "python/client.py").read_text()
        denied = run_as(served, pod, [aws, "s3api", "list-objects-v2", "--bucket", BUCKET])
        assert denied.returncode != 0
        assert "because no identity-based policy allows the s3:ListBucket action" in denied.stderr


def test_exec_passes_on_exit_code_signals_and_nothing_of_the_readers_keys(
    served: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    script = "import os, sys; print('AWS_ACCESS_KEY_ID' in os.environ); sys.exit(7)"
    done = run_as(served, "irsa", [sys.executable, "-c", script])
    assert (done.returncode, done.stdout) == (7, "False\n")
    missing = run_as(served, "irsa", ["/no/such/program"])
    assert (missing.returncode, missing.stderr) == (
        2,
        "podrole: /no/such/program: No such file or directory\n",
    )
    nobody = run_as(served, "none", ["true"])
    assert (nobody.returncode, nobody.stderr) == (
        2,
        'podrole: Error from server (NotFound): pods "none" not found\n',
    )


def test_a_program_has_the_pods_identity_whatever_the_reader_has(
    served: dict[str, Any],
    python_client: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Keys of the reader's that come before the agent in an SDK's chain, and a proxy."""
    keys = "aws_access_key_id = AKIAREAL\naws_secret_access_key = real\n"
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(f"[default]\n{keys}")
    for name in (".boto", "boto.cfg"):
        (tmp_path / name).write_text(f"[Credentials]\n{keys}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BOTO_CONFIG", str(tmp_path / "boto.cfg"))
    monkeypatch.setenv("AWS_CREDENTIAL_FILE", str(tmp_path / ".aws/credentials"))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    keep = ["--keep-env=HTTP_PROXY", "--keep-env=http_proxy"]
    for options in ([], keep):
        done = run_as(served, "pod-identity", [*python_client, BUCKET, "k"], *options)
        assert done.returncode == 0, done.stdout + done.stderr
        assert ":assumed-role/pod-identity/" in json.loads(done.stdout)["arn"]


def test_the_documents_of_the_issuer_are_public(served: dict[str, Any]) -> None:
    issuer = client(served, "eks").describe_cluster(name="demo")["cluster"]["identity"]["oidc"]
    path = issuer["issuer"].partition("amazonaws.com")[2]
    read: Callable[[str], Any] = lambda end: json.load(  # noqa: E731
        urllib.request.urlopen(f"{served['endpoint']}{path}{end}")
    )
    assert read("/.well-known/openid-configuration")["issuer"] == issuer["issuer"]
    assert read("/keys")["keys"][0]["alg"] == "RS256"
