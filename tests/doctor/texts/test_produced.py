"""Each symptom is produced in the lab and recognised by its text; the rest is labelled as cited."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from podrole.doctor.texts import causes, explain, known_texts
from tests.doctor.conftest import Ward
from tests.doctor.texts.produced import PRODUCED

#: Want processes of their own: tests/apps/test_programs.py, tests/doctor/test_old_sdk.py.
BY_PROGRAMS = {"token-unreadable", "sdk-too-old"}


@pytest.mark.parametrize("name", PRODUCED)
def test_it_is_produced_and_recognised(ward: Ward, name: str) -> None:
    text = PRODUCED[name](ward)
    assert explain(text).causes == [name.partition(":")[0]], text


def test_what_is_not_produced_is_cited() -> None:
    produced = {name.partition(":")[0] for name in PRODUCED} | BY_PROGRAMS
    executed = {one.causes[0] for one in known_texts() if one.known == "executed"}
    executed |= {one.id for one in causes().values() if one.known == "executed"}
    assert executed == produced


def test_the_command(tmp_path: Path) -> None:
    def run(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "podrole", "doctor", "--error", *arguments]
        return subprocess.run(command, input=text, capture_output=True, text=True)

    done = run("-", text="Traceback …\nIncorrect token audience\n")
    assert done.returncode == 0
    assert "wrong-audience: " in done.stdout
    assert run("Incorrect token audience").stdout == done.stdout
    (tmp_path / "error.txt").write_text("Incorrect token audience")
    assert run(str(tmp_path / "error.txt")).stdout == done.stdout
    told = json.loads(run("-", "--json", text="Incorrect token audience").stdout)
    assert told["answers"][0]["causes"][0]["id"] == "wrong-audience"
    unknown = run("-", text="all is well")
    assert (unknown.returncode, len(unknown.stdout.splitlines())) == (1, 1)
    empty = run("-", text=" \n")
    assert (empty.returncode, empty.stdout.splitlines()) == (
        1, ["it contains no text; give a program's output, or its last lines"],
    )  # fmt: skip
    missing = run(str(tmp_path / "none.txt"))
    assert (missing.returncode, len(missing.stderr.splitlines())) == (2, 1)
