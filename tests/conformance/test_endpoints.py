"""The conformance suite against the lab and moto's server, and what the command says else."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from podrole.cli import main
from podrole.conformance.endpoint import Elsewhere, Endpoint, Keys
from podrole.conformance.token_issuer import ISSUER, make_keys
from podrole.site.pages.data_table import read_data
from tests.conformance.test_suite import DATA
from tests.lab.lab_process import client, serving

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite") / "keys"
    make_keys(folder)
    return folder


@pytest.fixture(scope="module")
def lab(keys: Path) -> Iterator[dict[str, Any]]:
    with serving("--issuer", ISSUER, "--jwks", str(keys / "jwks.json")) as served:
        yield served


@pytest.fixture
def as_operator(lab: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    other = list(lab["accounts"].values())[1]
    for name in _KEYS:
        monkeypatch.setenv(name, lab["environment"][name])
        monkeypatch.setenv(f"OTHER_{name}", other[name])
    return lab


def test_the_lab_does_as_aws_in_each_case(
    as_operator: dict[str, Any],
    keys: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-the-reader")  # which there is not
    place = tmp_path / "results.json"
    words = ["--keys", str(keys), "--json", str(place), "--keep"]
    code = main(["conformance", "--endpoint", as_operator["endpoint"], *words])
    said = capsys.readouterr().out
    counts = json.loads(place.read_text())["all"]
    assert (code, counts["passed"]) == (0, counts["cases"]), said
    assert f"passed: {counts['cases']} of {counts['cases']} (100.0 %)\n" in said


def test_a_run_deletes_what_it_creates(
    as_operator: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    def there() -> tuple[int, ...]:
        return (
            len(client(as_operator, "iam").list_roles()["Roles"]),
            len(client(as_operator, "iam").list_policies(Scope="Local")["Policies"]),
            len(client(as_operator, "s3").list_buckets()["Buckets"]),
            len(client(as_operator, "sqs").list_queues().get("QueueUrls", [])),
            len(client(as_operator, "secretsmanager").list_secrets()["SecretList"]),
            len(client(as_operator, "eks").list_clusters()["clusters"]),
        )

    before = there()
    asked = ("role-twice", "boundary-allows", "s3-object", "sqs-send", "secret-get", "association")
    chosen = [word for one in asked for word in ("--case", one)]
    assert main(["conformance", "--endpoint", as_operator["endpoint"], *chosen]) == 0
    assert "passed: 6 of 6 (100.0 %)" in capsys.readouterr().out
    assert there() == before


def test_what_an_endpoint_lacks_is_skipped_and_said(
    as_operator: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in _KEYS:
        monkeypatch.delenv(f"OTHER_{name}")
    place = tmp_path / "results.xml"
    cases = ["--case", "web-identity", "--case", "across-accounts-both", "--junit", str(place)]
    assert main(["conformance", "--endpoint", as_operator["endpoint"], *cases]) == 0
    told = capsys.readouterr()
    assert "passed: 0 of 0, 2 skipped" in told.out
    assert f"skipped: the endpoint does not trust tokens of {ISSUER}: give it the keys" in told.err
    assert "skipped: no keys of a second account: set OTHER_AWS_ACCESS_KEY_ID" in told.err
    (first, second) = ElementTree.parse(place).getroot()
    assert {first.get("skipped"), second.get("skipped")} == {"1"}


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    words = [sys.executable, "-m", "moto.server", "-p", "0"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, stdout=quiet, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        running = (
            re.search(r"Running on (http://127\.0\.0\.1:\d+)", one) for one in process.stderr
        )
        endpoint = next(found[1] for found in running if found)
        rest = threading.Thread(target=process.stderr.read)  # or the pipe fills, and it waits
        rest.start()
        yield endpoint
        process.kill()
        rest.join()


def test_moto_does_as_the_page_says_or_better(
    moto: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "OTHER_AWS_"))]:
        monkeypatch.delenv(name)
    place, report = tmp_path / "results.json", tmp_path / "results.xml"
    words = ["--json", str(place), "--junit", str(report), "--keep"]
    assert main(["conformance", "--endpoint", moto, *words]) == 1
    with capsys.disabled():
        print(f"\nconformance of moto's server: {capsys.readouterr().out.splitlines()[-1]}")
    found = json.loads(place.read_text())
    counts = {**found["areas"], "all": found["all"]}
    stated = {row["area"]: int(row["moto"]) for row in read_data(DATA)["rows"]}
    assert stated.keys() == counts.keys()
    worse = {
        area: (figure, counts[area]["passed"])
        for area, figure in stated.items()
        if counts[area]["passed"] < figure
    }
    assert not worse
    failed = [one for one in found["results"] if one["outcome"] not in ("passed", "skipped")]
    assert len(ElementTree.parse(report).getroot().findall(".//failure")) == len(failed)
    accepted = next(one for one in failed if one["id"] == "token-forged")
    assert (accepted["outcome"], accepted["said"]) == ("decision", "accepted")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--endpoint", "https://sts.amazonaws.com"], "sts.amazonaws.com belongs to AWS"),
        (["--endpoint", "https://iam.cn-north-1.amazonaws.com.cn."], "belongs to AWS"),
        (["--endpoint", "https://eks.eu-west-1.api.aws/x"], "eks.eu-west-1.api.aws belongs to AWS"),
        (["--endpoint", "https://S3.AMAZONAWS.COM:443"], "s3.amazonaws.com belongs to AWS"),
        (["--endpoint", "https://sts.eusc-de-east-1.amazonaws.eu"], "belongs to AWS"),
        (["--endpoint", "127.0.0.1:4566"], "is no URL such as http://127.0.0.1:4566"),
        (["--endpoint", "http://127.0.0.1:99999"], "is no URL such as"),
        (["--endpoint", "http://127.0.0.1:9", "--case", "x"], "--case 'x': the suite has none"),
        (["--endpoint", "http://127.0.0.1:9", "--area", "x"], "--area 'x': the suite has none"),
        (["--endpoint", "http://127.0.0.1:9", "--keys", "/no"], "there are no keys of the suite"),
        (["--export", "/no/folder/suite.json"], "cannot be written: No such file or directory"),
        (["--make-keys", "/dev/null/x"], "cannot keep keys there: Not a directory"),
    ],
)
def test_bad_input(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", *words]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert said in error
    assert error.count("\n") == 1


def test_an_endpoint_that_does_not_answer(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert main(["conformance", "--endpoint", url]) == 2
    assert f"podrole: {url} does not answer sts.GetCallerIdentity" in capsys.readouterr().err


def test_no_request_leaves_for_another_host() -> None:
    """Whatever botocore makes of a parameter, such as a queue's URL."""
    endpoint = Endpoint("http://127.0.0.1:9", "us-west-2")

    def elsewhere(request: Any, **_: Any) -> None:
        request.url = "https://sqs.us-west-2.amazonaws.com/"

    made = endpoint._client("sqs", signed=True)
    made.meta.events.register_first("before-send", elsewhere)
    with pytest.raises(Elsewhere, match="about to go to https://sqs"):
        endpoint.call(Keys("a", "b"), "sqs.ListQueues", {})
