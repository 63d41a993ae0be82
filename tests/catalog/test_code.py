"""Programs and profiles: run in the lab, or compiled by their language's own tools."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from podrole.catalog import Catalog, Snippet
from tests.catalog.conftest import ACCOUNT, OTHER_ACCOUNT, Shell
from tests.catalogue import CATALOG
from tests.tools import needs

CODE = CATALOG.of("code")
APPS = Path(__file__).parents[2] / "snippets/apps"


def in_language(language: str) -> list[Snippet]:
    return [one for one in CODE if one.language == language]


def run(shell: Shell, catalog: Catalog, name: str) -> str:
    """What a Python program prints as the operator of the first account."""
    program = shell.folder / "program.py"
    program.write_text(catalog.render(name, "python"))
    return shell.run(f'"{sys.executable}" program.py')


def test_the_python_program(shell: Shell, catalog: Catalog) -> None:
    values = catalog.values
    s3 = shell.boto("s3")
    s3.create_bucket(
        Bucket=values["bucket"], CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    s3.put_object(Bucket=values["bucket"], Key=f"{values['prefix']}/a.csv", Body=b"x")
    who, *keys = run(shell, catalog, "app-python").splitlines()
    assert who.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/platform-admin/")
    assert keys == ["in/a.csv"]


def make_target(shell: Shell, catalog: Catalog, trusted: str, external_id: str) -> None:
    """The role in the other account."""
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": trusted},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
        },
    }
    shell.boto("iam", OTHER_ACCOUNT).create_role(
        RoleName=catalog.values["target_role_name"], AssumeRolePolicyDocument=json.dumps(trust)
    )


def test_the_python_chain(shell: Shell, catalog: Catalog) -> None:
    values = catalog.values
    make_target(
        shell, catalog, f"arn:aws:iam::{ACCOUNT}:role/platform-admin", values["external_id"]
    )
    assert run(shell, catalog, "chain-python").strip() == (
        f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/{values['target_role_name']}"
        f"/{values['service_account']}"
    )


def test_the_database_token(shell: Shell, catalog: Catalog) -> None:
    assert run(shell, catalog, "rds-token-python").startswith("orders.cluster-abc.us-west-2.rds")


@pytest.mark.parametrize(
    ("name", "policies", "token"),
    [
        ("profile-chain-irsa", ["oidc-provider-create", "trust-irsa-exact"], True),
        ("profile-chain-pod-identity", ["trust-pod-identity", "agent-addon"], False),
    ],
)
def test_a_profile_in_a_pod(
    shell: Shell, catalog: Catalog, name: str, policies: list[str], token: bool
) -> None:
    """The AWS CLI in a pod becomes the target role by the profile alone."""
    values = catalog.values
    for one in policies:
        shell.run(catalog.render(one, catalog.formats(one)[0] if one[0] != "t" else "cli"))
    shell.run(catalog.render("identity-assume-target", "cli"))
    make_target(shell, catalog, values["role_arn"], values["external_id"])
    shell.run("kubectl apply -f -", stdin=catalog.render("namespace", "yaml"))
    account = "sa-annotated" if token else "sa-plain"
    shell.run("kubectl apply -f -", stdin=catalog.render(account, "yaml"))
    if not token:
        shell.run(catalog.render("pia-create", "bash"))
    pod = catalog.render("pod-other-audience", "yaml")
    shell.run("kubectl apply -f -", stdin=pod)
    profile = shell.folder / "config"
    profile.write_text(catalog.render(name, "ini"))
    script = f'sed -i "s#/var/run/.*#$AWS_WEB_IDENTITY_TOKEN_FILE#" "{profile}"; ' if token else ""
    script += f'AWS_CONFIG_FILE="{profile}" AWS_PROFILE=target aws sts get-caller-identity'
    pod_name = f"{values['deployment']}-vault"
    said = shell.run(
        f'"{sys.executable}" -m podrole lab exec --endpoint "$AWS_ENDPOINT_URL"'
        f" -n orders {pod_name} -- bash -c '{script}'"
    )
    assert f"assumed-role/{values['target_role_name']}/" in json.loads(said)["Arn"]


def test_go_programs_compile(tmp_path: Path) -> None:
    for name in ("go.mod", "go.sum"):
        shutil.copy(APPS / "go" / name, tmp_path)
    for snippet in in_language("go"):
        folder = tmp_path / snippet.id
        folder.mkdir()
        (folder / "main.go").write_text(CATALOG.render(snippet.id, "go") + "\n")
    go = needs("go")
    for command in ([go, "vet", "./..."], [str(Path(go).with_name("gofmt")), "-l", "."]):
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, env={**os.environ}
        )
        assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_everything_is_proven_or_says_why() -> None:
    for snippet in CODE:
        if snippet.proof == "cited":
            assert snippet.notes, f"{snippet.place}: notes must say why it is only cited"
