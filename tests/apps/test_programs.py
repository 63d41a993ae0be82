"""The three programs of snippets/apps, as pods: one source, both mechanisms, yes and no."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from podrole.doctor.texts import explain
from tests.apps.conftest import (
    APPS,
    LANGUAGES,
    MECHANISMS,
    OTHER_ACCOUNT,
    SETTINGS,
    SHORT_SECONDS,
    command_as,
    node_sources,
    operator,
    run_as,
)
from tests.client_programs import node_modules
from tests.kept_results import kept
from tests.lab.conftest import ACCOUNT
from tests.tools import needs


@pytest.mark.parametrize("mechanism", MECHANISMS)
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


@pytest.fixture(scope="module")
def renewed(
    short_lived: dict[str, dict[str, Any]], go_program: list[str], node_program: list[str]
) -> dict[tuple[str, str], subprocess.CompletedProcess[str]]:
    """Three rounds of each program, at once: with IRSA they wait for longer than their keys live.

    The SDKs differ in when they renew, and go by the machine's clock: five minutes before the end
    (Go by Pod Identity), at the end (Go by IRSA), five minutes before but not at once (JavaScript).
    The agent fetches new keys 15 seconds before the end.
    """
    settings = {**SETTINGS, "ROUNDS": "3", "INTERVAL_SECONDS": str(SHORT_SECONDS + 1)}
    programs = {"go": go_program, "node": node_program}
    running = {
        (language, mechanism): subprocess.Popen(
            command_as(short_lived[mechanism], mechanism, program),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **settings},
        )
        for language, program in programs.items()
        for mechanism in MECHANISMS
    }
    try:
        outputs = {key: one.communicate(timeout=120) for key, one in running.items()}
        return {
            key: subprocess.CompletedProcess(key, running[key].returncode, *output)
            for key, output in outputs.items()
        }
    finally:
        for one in running.values():
            one.kill()


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("language", ["go", "node"])
def test_it_renews_its_keys(
    renewed: dict[tuple[str, str], subprocess.CompletedProcess[str]], language: str, mechanism: str
) -> None:
    """One process, several sessions: each has a name of its own. For Python, see notebook 08."""
    done = renewed[language, mechanism]
    assert done.returncode == 0, done.stdout + done.stderr
    first, _, last = (json.loads(line)["identity"] for line in done.stdout.splitlines())
    role = f"arn:aws:sts::{ACCOUNT}:assumed-role/{mechanism}/"
    assert first.startswith(role)
    assert last.startswith(role)
    assert first != last


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
    go = needs("go")
    for command in (
        [go, "vet", "./..."],
        [go, "tool", "staticcheck", "./..."],
        [str(Path(go).with_name("gofmt")), "-l", "."],
    ):
        done = subprocess.run(command, cwd=APPS / "go", capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_typescript_is_linted() -> None:
    def found() -> str:
        modules = node_modules(APPS / "node")
        command = [needs("node"), str(modules / "eslint/bin/eslint.js"), "--max-warnings=0", "src"]
        done = subprocess.run(command, cwd=APPS / "node", capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
        return done.stdout

    assert kept("eslint", node_sources(), found) == ""


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
        drop = [needs("setpriv"), "--bounding-set=-dac_override,-dac_read_search"]
        program = [*drop, *program]
    done = run_as(served, "irsa", ["sh", "-c", script, "sh", *program])
    assert done.returncode == 4, done.stdout + done.stderr
    said = json.loads(done.stdout)["no_credentials"]
    assert explain(said).causes == ["token-unreadable"], done.stdout
