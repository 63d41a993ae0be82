"""A served lab and a shell in which the real AWS CLI and kubectl work against it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from podrole.catalog import Catalog
from podrole.follow.kubectl_exec import write_kubectl
from podrole.lab.serving.lab_client import LabClient
from tests.catalog import preloaded_aws
from tests.client_programs import kubectl
from tests.lab.lab_process import serving
from tests.tools import needs

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"


class Shell:
    """Runs scripts as a reader does, in a folder of their own, against a lab made new."""

    def __init__(self, served: dict[str, Any], programs: Path, folder: Path) -> None:
        self.served, self.folder, self._programs = served, folder, programs

    def boto(self, service: str, account: str = ACCOUNT) -> Any:
        """A client of an account's operator."""
        keys = self.served["accounts"][account]
        return boto3.client(
            service,
            endpoint_url=self.served["endpoint"],
            region_name=keys["AWS_REGION"],
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=keys["AWS_SESSION_TOKEN"],
        )

    def run(self, script: str, account: str = ACCOUNT, *, stdin: str = "") -> str:
        """What a script prints; any command of it that fails, fails the test."""
        if "curl" in script:
            needs("curl")
        if "kubectl" in script and not (self._programs / "kubectl").exists():
            write_kubectl(self._programs, kubectl())
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            env={
                **self.served["accounts"][account],
                "AWS_ENDPOINT_URL": self.served["endpoint"],
                "PODROLE_LAB_TOKEN": self.served["environment"]["PODROLE_LAB_TOKEN"],
                "AWS_MAX_ATTEMPTS": "1",
                "AWS_PAGER": "",
                "KUBECONFIG": self.served["kubeconfig"],
                "HOME": str(self.folder),
                "PATH": f"{self._programs}:{os.environ['PATH']}",
            },
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for PATH: `aws` without its start, podrole, no waiting; kubectl once it is used,
    whose `exec` runs programs as the lab's pods."""
    folder = tmp_path_factory.mktemp("programs")
    server = preloaded_aws.start(folder)
    # The lab is consistent at once: a script that waits for EKS need not wait for it.
    (folder / "bin" / "sleep").symlink_to("/bin/true")
    (folder / "bin" / "podrole").symlink_to(Path(sys.executable).with_name("podrole"))
    yield folder / "bin"
    server.kill()
    server.communicate()


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, Any]]:
    with serving() as settings:
        yield settings


@pytest.fixture
def shell(served: dict[str, Any], programs: Path, tmp_path: Path) -> Shell:
    LabClient(served["endpoint"]).reset()
    return Shell(served, programs, tmp_path)


@pytest.fixture
def catalog(shell: Shell) -> Catalog:
    """The catalogue with the lab's own cluster in it."""
    cluster = shell.boto("eks").describe_cluster(name="demo")["cluster"]
    issuer: str = cluster["identity"]["oidc"]["issuer"]
    return Catalog(values={"oidc_id": issuer.rpartition("/")[2]})
