"""The three programs of snippets/apps, and labs with pods for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.client_programs import node_modules
from tests.kept_results import kept
from tests.lab.conftest import ACCOUNT, POD_IDENTITY_TRUST, statement
from tests.lab.doors.served_pods import Cluster
from tests.lab.lab_process import serving
from tests.tools import needs

APPS = Path(__file__).parents[2] / "snippets/apps"
LANGUAGES = ["python", "go", "node"]
MECHANISMS = ["irsa", "pod-identity"]
SHORT_SECONDS = 4
#: How long short sessions live: the agent hands out no keys that end within 15 seconds.
SESSION_SECONDS = {"irsa": SHORT_SECONDS, "pod-identity": SHORT_SECONDS + 15}
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


def furnish(settings: dict[str, Any]) -> None:
    """Three pods a mechanism: allowed, with an empty role, trusted by nobody."""
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
            if (mechanism, suffix) != ("irsa", "-stranger"):
                iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
            if not suffix:
                iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=json.dumps(may))
            # A stranger's role trusts the other mechanism alone; EKS looks when it is associated.
            stranger = suffix == "-stranger"
            role = "pod-identity" if stranger and mechanism == "irsa" else name
            arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
            annotations = {"eks.amazonaws.com/role-arn": arn} if mechanism == "irsa" else {}
            if mechanism != "irsa":
                eks.create_pod_identity_association(
                    clusterName="demo", namespace="orders", serviceAccount=name, roleArn=arn
                )
                if stranger:
                    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(irsa))
            cluster.run("orders", name, **annotations)
    for account in (ACCOUNT, OTHER_ACCOUNT):
        data(settings, account)
    target = statement(
        Principal={"AWS": [f"arn:aws:iam::{ACCOUNT}:role/{n}" for n in ("irsa", "pod-identity")]},
        Action=["sts:AssumeRole", "sts:TagSession"],
        Condition={"StringEqualsIfExists": {"sts:ExternalId": "orders"}},
    )
    iam_b = operator(settings, "iam", OTHER_ACCOUNT)
    iam_b.create_role(RoleName="target", AssumeRolePolicyDocument=json.dumps(target))
    iam_b.put_role_policy(RoleName="target", PolicyName="may", PolicyDocument=json.dumps(may))


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Any]]:
    """A lab whose sessions live as long as AWS's."""
    with serving() as settings:
        furnish(settings)
        yield settings


@pytest.fixture(scope="module")
def short_lived() -> Iterator[dict[str, dict[str, Any]]]:
    """A lab for each mechanism, whose sessions live for seconds."""
    with ExitStack() as stack:
        labs = {}
        for mechanism, seconds in SESSION_SECONDS.items():
            labs[mechanism] = stack.enter_context(serving("--session-seconds", str(seconds)))
            furnish(labs[mechanism])
        yield labs


@pytest.fixture(scope="session")
def python_program() -> list[str]:
    return [sys.executable, str(APPS / "python/orders_reader.py")]


@pytest.fixture(scope="session")
def go_program(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path = tmp_path_factory.mktemp("go") / "orders-reader"
    build = [needs("go"), "build", "-o", str(path), "."]
    subprocess.run(build, cwd=APPS / "go", check=True, capture_output=True)
    return [str(path)]


def node_sources() -> list[str]:
    """All that a compiler or a linter of the program reads: its files, and what is installed."""
    folder = APPS / "node"
    files = [*folder.glob("*.json"), *folder.glob("*.js"), *(folder / "src").rglob("*.ts")]
    return [f"{one.relative_to(folder)}\n{one.read_text()}" for one in sorted(files)]


@pytest.fixture(scope="session")
def node_program(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    modules = node_modules(APPS / "node")
    built = tmp_path_factory.mktemp("node")

    def compiled() -> dict[str, str]:
        compiler = [needs("node"), str(modules / "typescript/bin/tsc"), "-p", str(APPS / "node")]
        done = subprocess.run([*compiler, "--outDir", str(built)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
        return {one.name: one.read_text() for one in built.glob("*.js")}

    for name, text in kept("node-program", node_sources(), compiled).items():
        (built / name).write_text(text)
    (built / "node_modules").symlink_to(modules)
    (built / "package.json").write_text('{"type": "module"}')
    return [needs("node"), str(built / "main.js")]


@pytest.fixture(params=LANGUAGES)
def program(request: pytest.FixtureRequest) -> list[str]:
    return list(request.getfixturevalue(f"{request.param}_program"))


def command_as(served: dict[str, Any], pod: str, program: list[str]) -> list[str]:
    lab = [sys.executable, "-m", "podrole", "lab", "exec", "--endpoint", served["endpoint"]]
    settings = [*SETTINGS, "INTERVAL_SECONDS", "TARGET_ROLE_ARN", "EXTERNAL_ID"]
    kept = [f"--keep-env={name}" for name in settings]
    return [*lab, pod, "-n", "orders", *kept, "--", *program]


def run_as(
    served: dict[str, Any], pod: str, program: list[str], **settings: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command_as(served, pod, program),
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **SETTINGS, **settings},
    )
