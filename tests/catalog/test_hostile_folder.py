"""`podrole snippet check DIR` on a folder in which anything may stand: findings, or one line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from podrole.cli import main
from tests import hostile

SNIPPETS = Path(__file__).parents[2] / "snippets"
FILES = (
    "policies/identity-quarantine-pod.yml",
    "policies/trust-irsa-bad-star.yml",
    "manifests/sa-annotated.yml",
    "cli/whoami.yml",
    "code/profile-chain-irsa.yml",
)
#: What these files name.
ALSO = ("policies/identity-s3-read.yml", "policies/trust-irsa-exact.yml")
PARAMETERS = yaml.safe_load((SNIPPETS / "parameters.yml").read_text(encoding="utf-8"))
SHORT = [value for value in hostile.flat(hostile.VALUES) if len(json.dumps(value)) < 2_000]
#: A policy's mutants take their time: a run tries some values, `make fuzz` all.
VALUES = SHORT if os.environ.get("PODROLE_FUZZ") else SHORT[:2] + SHORT[2::8]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of few snippets that is in order."""
    for name in (*FILES, *ALSO, "parameters.yml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text((SNIPPETS / name).read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def replaced(whole: Any, value: Any) -> Iterator[Any]:
    """The document with each of its members replaced, one after the other."""
    yield value
    if isinstance(whole, dict):
        for key, item in whole.items():
            yield from ({**whole, key: inner} for inner in replaced(item, value))
        yield {**whole, "": value}
    elif isinstance(whole, list):
        for index, item in enumerate(whole[:2]):
            yield from (
                [*whole[:index], inner, *whole[index + 1 :]] for inner in replaced(item, value)
            )


def check(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    code = main(["snippet", "check", str(folder), *more])
    out, err = capsys.readouterr()
    assert code in (0, 1, 2)
    assert err.count("\n") == 1
    assert err.startswith("podrole: ")
    assert (code == 2) == (out == "" and "snippets, " not in err)
    assert all(line.isprintable() for line in out.splitlines())
    return str(err)


def test_it_is_in_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "0 findings" in check(folder, capsys)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("number", range(len(VALUES)))
def test_any_value_in_any_member(
    folder: Path, name: str, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / name
    whole = yaml.safe_load(path.read_text(encoding="utf-8"))
    for changed in replaced(whole, VALUES[number]):
        path.write_text(json.dumps(changed), encoding="utf-8")
        check(folder, capsys)


@pytest.mark.parametrize("number", range(len(VALUES)))
def test_any_value_in_any_parameter(
    folder: Path, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    few = {name: PARAMETERS[name] for name in ("region", "queue_arn")}
    for changed in replaced(few, VALUES[number]):
        both = {**PARAMETERS, **changed} if isinstance(changed, dict) else changed
        (folder / "parameters.yml").write_text(json.dumps(both), encoding="utf-8")
        check(folder, capsys)


@pytest.mark.parametrize("body", hostile.named(hostile.YAML))
@pytest.mark.parametrize("name", ["parameters.yml", FILES[0]])
def test_any_file(folder: Path, name: str, body: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / name).write_bytes(body)
    assert name in check(folder, capsys)


def test_what_is_no_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / FILES[0]
    path.unlink()
    path.mkdir()
    assert "Is a directory" in check(folder, capsys)
    path.rmdir()
    path.symlink_to("/dev/zero")
    assert "is larger than" in check(folder, capsys)
    path.unlink()
    path.symlink_to("/no/such")
    assert "No such file" in check(folder, capsys)
