"""Node.js for the packing of the browser's Python: without it the site is built, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from podrole.pyodide import bundle, nodejs
from podrole.pyodide.nodejs import NodeError


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The only folder in PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CI", raising=False)
    nodejs.node.cache_clear()
    yield folder
    nodejs.node.cache_clear()


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """What an earlier run has packed, perhaps of older sources."""
    folder = tmp_path / ".cache/python"
    folder.mkdir(parents=True)
    (folder / "bundle.json").write_text("{}")
    return folder


def test_without_node_the_site_says_what_it_lacks_and_is_built(
    packed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bundle.main([str(packed)]) == 0
    said = capsys.readouterr()
    assert said.out == (
        "Building the site without Run buttons and checkers: no Node.js on this machine;"
        " install Node.js 20 or newer, with npm\n"
    )
    assert said.err == ""
    assert not packed.exists()


def test_where_ci_is_set_it_fails(
    packed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    assert bundle.main([str(packed)]) == 2
    assert capsys.readouterr().err == (
        "podrole: no Node.js on this machine; install Node.js 20 or newer, with npm\n"
    )
    assert packed.exists(), "nothing is thrown away for a build that failed"


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("v18.20.4", "Node.js here is v18.20.4; install 20 or newer, with npm"),
        ("", "Node.js here does not say its version; install 20 or newer, with npm"),
        ("v20.0.0", "no npm on this machine; install Node.js 20 or newer, with npm"),
    ],
)
def test_what_is_wrong_with_it(
    programs: Path, packed: Path, capsys: pytest.CaptureFixture[str], version: str, says: str
) -> None:
    program(programs, "node", f"echo {version}")
    assert bundle.main([str(packed)]) == 0
    assert capsys.readouterr().out.strip().endswith(f"checkers: {says}")


@pytest.fixture
def project(tmp_path: Path, programs: Path) -> Path:
    """A folder with a lock file, and a Node.js."""
    program(programs, "node", "echo v22.1.0")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "package-lock.json").write_text("{}")
    return folder


def test_what_npm_says_is_handed_on(project: Path, programs: Path) -> None:
    program(programs, "npm", "echo npm error network is unreachable >&2; exit 1")
    with pytest.raises(NodeError) as caught:
        nodejs.install(project)
    assert str(caught.value) == (
        "npm could not install what project/package-lock.json names:"
        " npm error network is unreachable"
    )


def test_it_installs_once_for_a_lock_file(project: Path, programs: Path, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    installed = project / "node_modules/.package-lock.json"
    installed.parent.mkdir()
    program(programs, "npm", f'echo "$@" >> {calls}; : > {installed}')
    nodejs.install(project, "--legacy-peer-deps")
    nodejs.install(project)
    wanted = "ci --loglevel=error --ignore-scripts --no-audit --no-fund --legacy-peer-deps\n"
    assert calls.read_text() == wanted
