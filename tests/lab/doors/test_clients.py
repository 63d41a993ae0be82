"""Unmodified SDKs over HTTP, in processes of their own, as pods: both mechanisms, yes and no.

The programs are in tests/clients; `podrole lab exec` gives them a pod's variables and tokens.
"""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.client_programs import CLIENTS, aws_cli, node_modules
from tests.lab.conftest import ACCOUNT, POD_IDENTITY_TRUST, allow, statement
from tests.lab.lab_process import client, serving
from tests.tools import needs

BUCKET = "orders-data"


class Cluster:
    """The cluster's API server, by its kubeconfig."""

    def __init__(self, served: dict[str, Any]) -> None:
        config = json.loads(Path(served["kubeconfig"]).read_text())
        cluster = config["clusters"][0]["cluster"]
        self.server = cluster["server"]
        self._token = config["users"][0]["user"]["token"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._context = ssl.create_default_context(cadata=authority)

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            self.server + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, context=self._context) as response:
            return json.load(response)

    def run(self, namespace: str, name: str, **annotations: str) -> None:
        """A service account and a pod of that name."""
        base = f"/api/v1/namespaces/{namespace}"
        metadata = {"name": name, "annotations": annotations}
        self("POST", f"{base}/serviceaccounts", {"metadata": metadata})
        specification = {
            "serviceAccountName": name,
            "containers": [{"name": "app", "image": "app"}],
        }
        self("POST", f"{base}/pods", {"metadata": {"name": name}, "spec": specification})


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Any]]:
    """A lab with a pod for each mechanism, and one of each that nobody trusts."""
    with serving() as settings:
        iam, eks, s3 = (client(settings, name) for name in ("iam", "eks", "s3"))
        s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
        )
        issuer = eks.describe_cluster(name="demo")["cluster"]["identity"]["oidc"]["issuer"]
        iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["sts.amazonaws.com"])
        host = issuer.removeprefix("https://")
        irsa = statement(
            Principal={"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"},
            Action="sts:AssumeRoleWithWebIdentity",
            Condition={
                "StringEquals": {
                    f"{host}:aud": "sts.amazonaws.com",
                    f"{host}:sub": "system:serviceaccount:orders:irsa",
                }
            },
        )
        wanted = allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{BUCKET}/*")
        for name, trust in (
            ("irsa", irsa),
            ("pod-identity", POD_IDENTITY_TRUST),
            ("pod-identity-stranger", POD_IDENTITY_TRUST),
        ):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
            iam.put_role_policy(RoleName=name, PolicyName="data", PolicyDocument=json.dumps(wanted))
        eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent")
        cluster = Cluster(settings)
        cluster("POST", "/api/v1/namespaces", {"metadata": {"name": "orders"}})
        role = f"arn:aws:iam::{ACCOUNT}:role/"
        for name in ("irsa", "irsa-stranger"):
            cluster.run("orders", name, **{"eks.amazonaws.com/role-arn": f"{role}irsa"})
        for name in ("pod-identity", "pod-identity-stranger"):
            eks.create_pod_identity_association(
                clusterName="demo",
                namespace="orders",
                serviceAccount=name,
                roleArn=f"{role}{name}",
            )
            cluster.run("orders", name)
        # EKS reads the trust policy when it associates; what changes later, the pod meets.
        iam.update_assume_role_policy(
            RoleName="pod-identity-stranger", PolicyDocument=json.dumps(irsa)
        )
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


def run_as(
    served: dict[str, Any], pod: str, command: list[str], *options: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "podrole", "lab", "exec", "--endpoint", served["endpoint"],
         pod, "-n", "orders", *options, "--", *command],
        capture_output=True,
        text=True,
        timeout=120,
    )  # fmt: skip


LANGUAGES = ["python", "node", "go"]


@pytest.mark.parametrize("mechanism", ["irsa", "pod-identity"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_sdk_becomes_its_pods_role(
    served: dict[str, Any], request: pytest.FixtureRequest, language: str, mechanism: str
) -> None:
    command = request.getfixturevalue(f"{language}_client")
    done = run_as(served, mechanism, [*command, BUCKET, f"{language}/{mechanism}"])
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
