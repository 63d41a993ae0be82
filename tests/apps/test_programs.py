"""The three programs of snippets/apps, as pods: one source, both mechanisms, yes and no."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import kubernetes_validate
import pytest
import yaml

from podrole.doctor.symptom import symptom_of
from tests.lab.conftest import ACCOUNT, POD_IDENTITY_TRUST, statement
from tests.lab.serving import serving
from tests.lab.test_clients import Cluster
from tests.lab.tools import node_modules, tool

APPS = Path(__file__).parents[2] / "snippets/apps"
LANGUAGES = ["python", "go", "node"]
OTHER_ACCOUNT = "444455556666"
SETTINGS = {
    "BUCKET": "orders-data",
    "KEY": "in/1001.json",
    "SECRET_ID": "orders/db",
    "ROUNDS": "1",
    "S3_PATH_STYLE": "true",  # the loopback has no host name for each bucket
}


def operator(served: dict[str, Any], service: str, account: str = ACCOUNT) -> Any:
    keys = served["accounts"][account]
    return boto3.client(
        service,
        endpoint_url=served["endpoint"],
        region_name="us-west-2",
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=keys["AWS_SESSION_TOKEN"],
    )


def data(served: dict[str, Any], account: str) -> None:
    """What the program reads; in the other account the bucket has another name."""
    bucket = SETTINGS["BUCKET"] + ("" if account == ACCOUNT else "-b")
    s3 = operator(served, "s3", account)
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket=bucket, Key=SETTINGS["KEY"], Body=b"12345")
    operator(served, "secretsmanager", account).create_secret(Name="orders/db", SecretString="fish")


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Any]]:
    """A lab with three pods a mechanism: allowed, with an empty role, trusted by nobody."""
    with serving() as settings:
        iam, eks = operator(settings, "iam"), operator(settings, "eks")
        issuer = eks.describe_cluster(name="demo")["cluster"]["identity"]["oidc"]["issuer"]
        iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["sts.amazonaws.com"])
        eks.create_addon(clusterName="demo", addonName="eks-pod-identity-agent")
        host = issuer.removeprefix("https://")
        irsa = statement(
            Principal={"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"},
            Action="sts:AssumeRoleWithWebIdentity",
            Condition={
                "StringEquals": {f"{host}:aud": "sts.amazonaws.com"},
                "StringLike": {f"{host}:sub": "system:serviceaccount:orders:irsa*"},
            },
        )
        may = statement(
            Action=["s3:GetObject", "secretsmanager:GetSecretValue", "sts:AssumeRole",
                    "sts:TagSession"],
            Resource="*",
        )  # fmt: skip
        cluster = Cluster(settings)
        cluster("POST", "/api/v1/namespaces", {"metadata": {"name": "orders"}})
        for mechanism, trust in (("irsa", irsa), ("pod-identity", POD_IDENTITY_TRUST)):
            for suffix in ("", "-nothing", "-stranger"):
                name = mechanism + suffix
                if suffix != "-stranger":
                    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
                if not suffix:
                    iam.put_role_policy(
                        RoleName=name, PolicyName="may", PolicyDocument=json.dumps(may)
                    )
                # A stranger has the role of the other mechanism, which does not trust it.
                other = "pod-identity" if mechanism == "irsa" else "irsa"
                role = other if suffix == "-stranger" else name
                arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
                annotations = {"eks.amazonaws.com/role-arn": arn} if mechanism == "irsa" else {}
                if mechanism != "irsa":
                    eks.create_pod_identity_association(
                        clusterName="demo", namespace="orders", serviceAccount=name, roleArn=arn
                    )
                cluster.run("orders", name, **annotations)
        for account in (ACCOUNT, OTHER_ACCOUNT):
            data(settings, account)
        target = statement(
            Principal={
                "AWS": [f"arn:aws:iam::{ACCOUNT}:role/{n}" for n in ("irsa", "pod-identity")]
            },
            Action=["sts:AssumeRole", "sts:TagSession"],
            Condition={"StringEqualsIfExists": {"sts:ExternalId": "orders"}},
        )
        iam_b = operator(settings, "iam", OTHER_ACCOUNT)
        iam_b.create_role(RoleName="target", AssumeRolePolicyDocument=json.dumps(target))
        iam_b.put_role_policy(RoleName="target", PolicyName="may", PolicyDocument=json.dumps(may))
        yield settings


@pytest.fixture(scope="session")
def python_program() -> list[str]:
    return [sys.executable, str(APPS / "python/orders_reader.py")]


@pytest.fixture(scope="session")
def go_program(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path = tmp_path_factory.mktemp("go") / "orders-reader"
    build = [tool("go"), "build", "-o", str(path), "."]
    subprocess.run(build, cwd=APPS / "go", check=True, capture_output=True)
    return [str(path)]


@pytest.fixture(scope="session")
def node_program(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    modules = node_modules(APPS / "node")
    built = tmp_path_factory.mktemp("node")
    compiler = [tool("node"), str(modules / "typescript/bin/tsc"), "-p", str(APPS / "node")]
    done = subprocess.run([*compiler, "--outDir", str(built)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    (built / "node_modules").symlink_to(modules)
    (built / "package.json").write_text('{"type": "module"}')
    return [tool("node"), str(built / "main.js")]


@pytest.fixture(params=LANGUAGES)
def program(request: pytest.FixtureRequest) -> list[str]:
    return list(request.getfixturevalue(f"{request.param}_program"))


def run_as(
    served: dict[str, Any], pod: str, program: list[str], **settings: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "podrole", "lab", "exec", "--endpoint", served["endpoint"],
         "-n", "orders", pod, "--", *program],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **SETTINGS, **settings},
    )  # fmt: skip


@pytest.mark.parametrize("mechanism", ["irsa", "pod-identity"])
class TestAsAPod:
    def test_it_reads(self, served: dict[str, Any], program: list[str], mechanism: str) -> None:
        done = run_as(served, mechanism, program, ROUNDS="2", INTERVAL_SECONDS="0")
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(lines) == 2
        for line in lines:
            assert line.pop("identity").startswith(
                f"arn:aws:sts::{ACCOUNT}:assumed-role/{mechanism}/"
            )
            assert line == {"object": 5, "secret": 4}
        assert "fish" not in done.stdout + done.stderr

    def test_it_is_denied(self, served: dict[str, Any], program: list[str], mechanism: str) -> None:
        done = run_as(served, f"{mechanism}-nothing", program)
        assert done.returncode == 3, done.stderr
        refusal = json.loads(done.stdout)["denied"]
        assert "because no identity-based policy allows the s3:GetObject action" in refusal

    def test_nobody_trusts_it(
        self, served: dict[str, Any], program: list[str], mechanism: str
    ) -> None:
        done = run_as(served, f"{mechanism}-stranger", program)
        assert done.returncode == 4, done.stderr
        assert "    at " not in done.stderr
        assert "Traceback" not in done.stderr
        assert list(json.loads(done.stdout)) == ["no_credentials"]

    def test_it_works_in_another_account(
        self, served: dict[str, Any], program: list[str], mechanism: str
    ) -> None:
        target = f"arn:aws:iam::{OTHER_ACCOUNT}:role/target"
        of_b = {"TARGET_ROLE_ARN": target, "BUCKET": "orders-data-b"}
        done = run_as(served, mechanism, program, **of_b, EXTERNAL_ID="orders")
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["identity"] == (
            f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/target/orders-reader"
        )
        done = run_as(served, mechanism, program, **of_b, EXTERNAL_ID="wrong")
        assert done.returncode == 4, done.stdout + done.stderr


def test_it_opens_one_session_for_all_rounds(served: dict[str, Any], program: list[str]) -> None:
    def sessions() -> int:
        events = operator(served, "cloudtrail").lookup_events(
            LookupAttributes=[
                {"AttributeKey": "EventName", "AttributeValue": "AssumeRoleWithWebIdentity"}
            ]
        )
        return len(events["Events"])

    before = sessions()
    done = run_as(served, "irsa", program, ROUNDS="5", INTERVAL_SECONDS="0")
    assert len(done.stdout.splitlines()) == 5, done.stderr
    assert sessions() == before + 1


@pytest.mark.parametrize("wrong", [{"SECRET_ID": ""}, {"ROUNDS": "many"}])
def test_a_wrong_setting_is_one_line(program: list[str], wrong: dict[str, str]) -> None:
    done = subprocess.run(
        program,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "AWS_REGION": "us-west-2", **SETTINGS, **wrong},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("orders-reader: ")
    assert len(done.stderr.splitlines()) == 1


def test_go_is_vetted() -> None:
    go = tool("go")
    for command in (
        [go, "vet", "./..."],
        [go, "tool", "staticcheck", "./..."],
        [str(Path(go).with_name("gofmt")), "-l", "."],
    ):
        done = subprocess.run(command, cwd=APPS / "go", capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_typescript_is_linted() -> None:
    modules = node_modules(APPS / "node")
    command = [tool("node"), str(modules / "eslint/bin/eslint.js"), "--max-warnings=0", "src"]
    done = subprocess.run(command, cwd=APPS / "node", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_python_is_typed() -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "orders_reader.py"]
    done = subprocess.run(command, cwd=APPS / "python", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("language", LANGUAGES)
class TestImage:
    def test_it_runs_as_nobody(self, language: str) -> None:
        text = (APPS / language / "Dockerfile").read_text()
        last = text[text.rindex("\nFROM ") :]
        assert "\nUSER 65532:65532\n" in last
        assert text.count("FROM ") == 2, "what builds stays out of the image"
        for line in text.splitlines():
            if line.startswith("FROM "):
                assert re.search(r":[\w.-]*\d|:nonroot", line), f"{line}: pin a version"
            if line.startswith("COPY ") and "--from" not in line:
                for name in line.split()[1:-1]:
                    assert (APPS / language / name).exists(), name

    @pytest.mark.parametrize("version", ["1.31", "1.35"])
    def test_its_manifest(self, language: str, version: str) -> None:
        manifest = yaml.safe_load((APPS / language / "deployment.yml").read_text())
        kubernetes_validate.validate(manifest, version, strict=True)
        pod = manifest["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        container = pod["containers"][0]["securityContext"]
        assert container["readOnlyRootFilesystem"] is True
        assert container["capabilities"] == {"drop": ["ALL"]}
        names = {one["name"] for one in pod["containers"][0]["env"]}
        assert not any(name.startswith("AWS_") for name in names)

    def test_its_lock_file_names_no_host(self, language: str) -> None:
        lock = {"python": "requirements.txt", "go": "go.sum", "node": "package-lock.json"}
        text = (APPS / language / lock[language]).read_text()
        assert '"resolved"' not in text
        assert "--index-url" not in text


def test_a_token_that_it_may_not_read(served: dict[str, Any], program: list[str]) -> None:
    """Root reads every file: the process gives up that right, as one that is not root has none."""
    script = 'chmod 000 "$AWS_WEB_IDENTITY_TOKEN_FILE"; exec "$@"'
    if os.geteuid() == 0:
        drop = [tool("setpriv"), "--bounding-set=-dac_override,-dac_read_search"]
        program = [*drop, *program]
    done = run_as(served, "irsa", ["sh", "-c", script, "sh", *program])
    assert done.returncode == 4, done.stdout + done.stderr
    found = symptom_of(json.loads(done.stdout)["no_credentials"])
    assert found, done.stdout
    assert found.id == "token-unreadable"
