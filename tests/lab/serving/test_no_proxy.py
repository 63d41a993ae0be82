"""A company's proxy is not asked for a lab on this machine, whichever variable a program reads."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from tests.lab.lab_process import client, serving

LAB = "127.0.0.1,localhost,.localhost,::1"


@pytest.fixture(scope="module")
def lines() -> str:
    """What `podrole lab serve` prints for another shell."""
    with subprocess.Popen(
        [sys.executable, "-m", "podrole", "lab", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_PROXY": "of-another-shell.example"},
    ) as process:
        assert process.stdout is not None
        found = ""
        while not found.endswith('export NO_PROXY="$no_proxy"\n'):
            line = process.stdout.readline()
            assert line, found
            found += line
        process.terminate()
        process.communicate(timeout=60)
    return found


@pytest.mark.parametrize(
    ("had", "becomes"),
    [
        ({}, LAB),
        ({"NO_PROXY": "corp.example"}, f"corp.example,{LAB}"),
        ({"no_proxy": "corp.example"}, f"corp.example,{LAB}"),
        ({"no_proxy": "a.example", "NO_PROXY": "b.example"}, f"a.example,{LAB}"),
        ({"NO_PROXY": "*"}, "*"),
        ({"NO_PROXY": "$(touch x) `id`"}, f"$(touch x) `id`,{LAB}"),
    ],
)
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_readers_own_hosts_stay(
    lines: str, shell: str, had: dict[str, str], becomes: str
) -> None:
    done = subprocess.run(
        [shell, "-euc", f'{lines}\nprintf "%s\\n%s\\n" "$no_proxy" "$NO_PROXY"'],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], **had},
    )
    assert (done.stderr, done.stdout) == ("", f"{becomes}\n{becomes}\n")


def test_a_script_gets_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "corp.example")
    with serving() as lab:
        found = {name: lab["environment"][name] for name in ("NO_PROXY", "no_proxy")}
        assert set(found.values()) == {f"corp.example,{LAB}"}
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens
        for name, value in found.items():
            monkeypatch.setenv(name, value)
        assert _account(lab)


def _account(lab: dict[str, Any]) -> str:
    return str(client(lab, "sts").get_caller_identity()["Account"])
