"""`podrole snippet`: what it prints, and what it says of bad input."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from podrole.cli import main
from tests.catalogue import CATALOG

SNIPPETS = Path(__file__).parents[2] / "snippets"
#: Other people's files that a test has put beside a program.
INSTALLED = shutil.ignore_patterns("node_modules")


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    assert main(["snippet", *arguments]) == code
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_list_filters(capsys: pytest.CaptureFixture[str]) -> None:
    all_, _ = said(capsys, "list")
    assert len(all_.splitlines()) == len(CATALOG.snippets)
    some, _ = said(capsys, "list", "--for", "controller", "--format", "eksctl")
    assert "identity-external-dns" in some
    assert "trust-irsa-exact" not in some


def test_render_with_values(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    acme = tmp_path / "acme.yml"
    acme.write_text('account_id: "999988887777"\nnamespace: payments\n')
    text, _ = said(
        capsys, "render", "trust-irsa-exact", "--values", str(acme), "--set", "namespace=billing"
    )
    statement = json.loads(text)["Statement"][0]
    assert "999988887777" in statement["Principal"]["Federated"]
    (subject,) = (
        value
        for key, value in statement["Condition"]["StringEquals"].items()
        if key.endswith(":sub")
    )
    assert subject == "system:serviceaccount:billing:orders-api"


def test_an_antipattern_is_rendered_with_a_warning_beside_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text, warning = said(capsys, "render", "trust-irsa-bad-star")
    json.loads(text)
    assert warning.startswith("podrole: do not copy: ")


def test_show_tells_parameters_and_the_truth_table(capsys: pytest.CaptureFixture[str]) -> None:
    text, _ = said(capsys, "show", "trust-irsa-exact")
    assert "namespace = orders" in text
    assert "denied   other service account, same namespace" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["render", "nothing"], "no snippet 'nothing'; `podrole snippet list` lists all"),
        (["render", "sa-plane"], "no snippet 'sa-plane'; did you mean sa-plain"),
        (
            ["render", "sa-plain", "--format", "hcl"],
            "sa-plain: no format 'hcl'; it has",
        ),
        (["render", "sa-plain", "--set", "namespace=A B"], "namespace: 'A B' does not match "),
        (["render", "sa-plain", "--set", "namespace"], "--set namespace: write NAME=VALUE"),
        (["render", "sa-plain", "--values", "/no/such.yml"], "/no/such.yml: No such file"),
        (["check", "/no/such"], "/no/such: no parameters.yml"),
    ],
)
def test_bad_input(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    out, err = said(capsys, *arguments, code=2)
    assert out == ""
    assert err.startswith(f"podrole: {message}")


def test_an_account_id_without_quotes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    acme = tmp_path / "acme.yml"
    acme.write_text("account_id: 012345670123\n")
    _, err = said(capsys, "render", "sa-plain", "--values", str(acme), code=2)
    assert "account_id" in err
    assert "put it in quotes" in err


def test_check_of_a_fork(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    fork = Path(shutil.copytree(SNIPPETS, tmp_path / "snippets", ignore=INSTALLED))
    out, err = said(capsys, "check", str(fork))
    assert out == ""
    assert "0 findings" in err
    path = fork / "policies" / "identity-sqs-producer.yml"
    content = yaml.safe_load(path.read_text())
    content["policy"]["Statement"][0]["Resource"] = "*"
    content["cases"] = [one for one in content["cases"] if one["expect"] == "allow"]
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    out, _ = said(capsys, "check", str(fork), code=1)
    assert "policies/identity-sqs-producer.yml: no case notices: " in out
    content["cases"][0]["expect"] = "explicit_deny"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    out, _ = said(capsys, "check", str(fork), code=1)
    assert "case 'send': expected explicit_deny, the engine says allow" in out
