"""lint's work grows with the policy alone, and what a policy says stays within its line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from podrole.cli import main
from podrole.policy import parse_policy
from podrole.policy.lint import lint
from podrole.policy.statement import Statement
from tests import hostile

PODS = {
    "Effect": "Allow",
    "Principal": {"Service": "pods.eks.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
WEB = {
    "Effect": "Allow",
    "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/x"},
    "Action": "sts:AssumeRoleWithWebIdentity",
}
ANY = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def policy(*statements: Any, version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


@pytest.mark.parametrize("statement", [PODS, WEB], ids=["pods", "web identity"])
def test_no_rule_asks_the_whole_policy_for_each_statement(
    statement: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def counted(name: str) -> Any:
        method = getattr(Statement, name)

        def call(*given: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            return method(*given, **named)

        return call

    for name in ("names_action", "names_principal", "names_resource"):
        monkeypatch.setattr(Statement, name, counted(name))

    def asked(statements: int) -> int:
        nonlocal calls
        calls = 0
        lint(parse_policy(policy(*[statement] * statements), kind="trust"))
        return calls

    assert asked(200) <= 2 * asked(100) + 4
    assert asked(200) < 200 * 12


def test_a_key_that_fills_the_policy_is_cut_in_each_finding() -> None:
    key = "a:" + "x." * 40_000
    document = policy(
        {**ANY, "Condition": {"StringEquals": {key: ["${a:b}"] * 5_000}}}, version="2008-10-17"
    )
    found = lint(parse_policy(document))
    assert len(found) > 5_000
    assert max(len(str(one)) for one in found) < 2_000


@pytest.mark.parametrize(
    ("value", "wild"),
    [
        ("${" * 50_000, False),
        ("${" * 50_000 + "*", True),
        ("${a" * 30_000 + "}", False),
        ("${a:*}", False),
        ("${a:*}*", True),
        ("a}b*${", True),
    ],
)
def test_a_star_is_a_letter_outside_of_variables(value: str, wild: bool) -> None:
    document = policy({**ANY, "Condition": {"StringEquals": {"aws:x": value}}})
    codes = [one.code for one in lint(parse_policy(document))]
    assert ("PODROLE_LITERAL_WILDCARD" in codes) == wild


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"])
def test_an_object_s_action_is_known_without_trying(action: str) -> None:
    def codes(name: str) -> list[str]:
        statement = {"Effect": "Allow", "Action": name, "Resource": "arn:aws:s3:::b"}
        return [one.code for one in lint(parse_policy(policy(statement)))]

    assert "PODROLE_OBJECT_ACTION_ON_BUCKET" in codes(action)
    assert "PODROLE_OBJECT_ACTION_ON_BUCKET" not in codes("s3:get" + "object" * 20_000 + "1")
    assert "PODROLE_OBJECT_ACTION_ON_BUCKET" not in codes("s3:GetBucketAcl")


class TestCommand:
    """What `podrole lint` prints of a policy whose texts and whose name are hostile."""

    @pytest.fixture
    def outputs(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
        def run(value: str, name: str) -> dict[str, str]:
            path = tmp_path / name
            path.write_text(
                json.dumps(policy({**WEB, "Condition": {"StringEquals": {value: "*"}}}))
            )
            found = {}
            for format in ("text", "json", "github", "sarif"):
                assert main(["lint", str(path), "--format", format]) == 1
                found[format] = capsys.readouterr().out
            return found

        return run

    @pytest.mark.parametrize("value", [one for one in hostile.texts() if len(one) < 10_000])
    def test_a_text_of_the_policy_stays_in_its_line(self, value: str, outputs: Any) -> None:
        found = outputs(value, "p.json")
        rows = json.loads(found["json"])
        lines = found["text"].splitlines()
        assert len(lines) == len(rows)
        assert all(line.isprintable() for line in lines)
        commands = found["github"].splitlines()
        # A line's end of GitHub's is `\n` and `\r`; what else Python splits on is text there.
        assert found["github"].count("\n") == len(rows)
        assert "\r" not in found["github"]
        assert all(line.startswith("::") for line in commands[:1])
        assert len(json.loads(found["sarif"])["runs"][0]["results"]) == len(rows)

    def test_a_file_s_name_stays_a_name(self, outputs: Any) -> None:
        found = outputs("aws:x", "a,b:c%d\n::error::x.json")
        assert found["github"].count("\n") == len(json.loads(found["json"]))
        assert "/a%2Cb%3Ac%25d%0A%3A%3Aerror%3A%3Ax.json,line=" in found["github"]
        assert "\\n::error::x.json: Statement[0]" in found["text"]
        (address,) = {
            place["physicalLocation"]["artifactLocation"]["uri"]
            for result in json.loads(found["sarif"])["runs"][0]["results"]
            for place in result["locations"]
        }
        assert re.fullmatch(r"[A-Za-z0-9/_.~%-]+", address)
        assert address.endswith("/a%2Cb%3Ac%25d%0A%3A%3Aerror%3A%3Ax.json")

    def test_what_is_too_long_for_a_policy_is_refused(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "p.json"
        path.write_text(" " * 200_001)
        assert main(["lint", str(path)]) == 2
        said = capsys.readouterr().err
        assert said == f"podrole: {path}: is larger than the limit of 200,000 bytes\n"
