"""`make` on a machine that lacks something: one message that names it and the way to get it."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tools import TOOLS

ROOT = Path(__file__).parents[1]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What `make` reads before it has made .venv."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    return tmp_path


def fake_python(folder: Path, version: str, *, fits: bool, venv: bool) -> Path:
    """A program that answers as the checks of the Makefile ask."""
    python = folder / "fake-python"
    python.write_text(
        "#!/bin/sh\n"
        f'case "$*" in -V) echo "Python {version}" ;;\n'
        f"  *version_info*) exit {0 if fits else 1} ;;\n"
        f"  *ensurepip*) exit {0 if venv else 1} ;;\n"
        "  *) echo unexpected: $*; exit 9 ;; esac\n"
    )
    python.chmod(0o755)
    return python


def make(clone: Path, python: Path | str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    return subprocess.run(
        ["make", "--no-print-directory", "site", f"PYTHON={python}"],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_python_too_old(clone: Path) -> None:
    done = make(clone, fake_python(clone, "3.9.2", fits=False, venv=True))
    assert done.returncode == 2
    assert "is Python 3.9.2; Podrole needs Python 3.11 to 3.14" in done.stderr
    assert "make PYTHON=python3.12" in done.stderr
    assert not (clone / ".venv").exists()


def test_no_venv_module(clone: Path) -> None:
    done = make(clone, fake_python(clone, "3.11.2", fits=True, venv=False))
    assert done.returncode == 2
    assert "lacks the venv module" in done.stderr
    assert "apt-get install python3-venv" in done.stderr


def test_no_python(clone: Path) -> None:
    done = make(clone, "no-such-python")
    assert done.returncode == 2
    assert "no no-such-python found. Install Python 3.11 or newer" in done.stderr


def test_help_lists_the_commands() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True)
    for command in ("serve", "site", "test", "check", "notebooks", "lab"):
        assert f"make {command} " in done.stdout


# -- with git, make and Python alone: `.ci/bare.py` runs both of the README's commands so ----


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of that run."""
    monkeypatch.setenv("CI", "true")
    made: dict[str, str] = runpy.run_path(str(ROOT / ".ci/bare.py"))["bare"](tmp_path / "bin")
    return made


def test_a_bare_machine_has_none_of_the_optional_tools(bare: dict[str, str]) -> None:
    there = {path.name for path in Path(bare["PATH"]).iterdir()}
    assert {"git", "make", "python3", "sh"} <= there
    assert there.isdisjoint(name for tool in TOOLS.values() for name in tool.programs)
    assert "CI" not in bare, "or what is missing would fail"


def test_a_bare_machine_runs_the_makefile(clone: Path, bare: dict[str, str]) -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, env=bare, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "make serve " in done.stdout
    python = fake_python(clone, "3.9.2", fits=False, venv=True)
    done = subprocess.run(
        ["make", "serve", f"PYTHON={python}"], cwd=clone, env=bare, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "is Python 3.9.2; Podrole needs Python 3.11 to 3.14" in done.stderr


def test_the_readme_s_needs_are_the_makefile_s() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "need git, make and Python 3.11 to 3.14" in readme
    assert f"With {TOOLS['node'].title.partition(',')[0]} or newer and npm" in readme
