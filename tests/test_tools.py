"""What a machine lacks: a test is skipped or fails, and the end of a run names the tool."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import tools
from tests.files import files
from tests.skips import table
from tests.tools import TOOLS, needs

TESTS = Path(__file__).parent
SOURCES = [one for one in files(TESTS, "**/*.py") if "node_modules" not in one.parts]
Program = Callable[..., Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Makes programs in an otherwise empty PATH; each prints a text, whatever it is asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CI", raising=False)

    def make(name: str, says: str = "", place: Path = folder) -> Path:
        place.mkdir(exist_ok=True)
        path = place / name
        path.write_text(f"#!/bin/sh\necho {says}\n")
        path.chmod(0o755)
        return path

    return make


def lacking(name: str) -> str:
    with pytest.raises(pytest.skip.Exception) as caught:
        needs(name)
    return str(caught.value)


@pytest.mark.parametrize("name", [name for name, tool in TOOLS.items() if tool.programs])
def test_a_missing_program_is_named_with_the_way_to_get_it(name: str, program: Program) -> None:
    said = lacking(name)
    assert said.startswith(f"needs {name}: no ")
    assert said.endswith(f"To get it: {TOOLS[name].get}")


def test_where_ci_is_set_it_fails(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="needs shellcheck: no shellcheck on this mach"):
        needs("shellcheck")


def test_what_is_there_is_taken(program: Program) -> None:
    path = program("shellcheck")
    assert needs("shellcheck") == str(path)


def test_the_first_name_is_preferred(program: Program) -> None:
    other = program("chromium")
    assert needs("chromium") == str(other)
    shell = program("chromium-headless-shell")
    assert needs("chromium") == str(shell)


def test_an_ordinary_user_has_the_programs_of_sbin(program: Program, tmp_path: Path) -> None:
    path = program("nginx", place=tmp_path / "sbin")
    assert needs("nginx") == str(path)


@pytest.mark.parametrize(
    ("name", "says"),
    [("node", "v18.20.4"), ("node", "nonsense"), ("go", "go version go1.19.8 linux/amd64")],
)
def test_what_is_too_old_is_as_good_as_missing(program: Program, name: str, says: str) -> None:
    program(name, says)
    assert f"{TOOLS[name].title} or newer is wanted, and here is " in lacking(name)


@pytest.mark.parametrize(
    ("name", "says"), [("node", "v20.0.0"), ("node", "v100.1"), ("go", "go version go1.21 x/y")]
)
def test_what_is_new_enough_is_taken(program: Program, name: str, says: str) -> None:
    path = program(name, says)
    assert needs(name) == str(path)


def test_npm_is_of_no_use_without_node(program: Program) -> None:
    npm = program("npm")
    assert "no node on this machine" in lacking("npm")
    program("node", "v22.1.0")
    assert needs("npm") == str(npm)


def test_what_is_not_built(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "ROOT", tmp_path)
    assert lacking("site") == "needs site: site/index.html is not built. To get it: make site"
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").touch()
    assert needs("site") == str(tmp_path / "site/index.html")


# -- the end of a run ----------------------------------------------------------------------


def test_the_table_groups_by_tool() -> None:
    lines = table(
        [
            "Skipped: needs go: no go on this machine. To get it: x",
            "Skipped: needs npm: no npm on this machine. To get it: x",
            "Skipped: needs node: no node on this machine. To get it: x",
            "Skipped: no /dev/full on this system",
        ]
    )
    assert (
        len(
            {
                line.find(word)
                for line, word in zip(lines, ("want", "Node", "Go", "no /dev"), strict=True)
            }
        )
        == 1
    )
    assert [line.split()[0] for line in lines] == ["tests", "2", "1", "1"]
    assert lines[1].endswith("apt-get install nodejs npm, or nodejs.org")


def test_the_table_is_short() -> None:
    lines = table(f"needs {name}: x" for name in TOOLS)
    assert len(lines) < 18
    assert max(map(len, lines)) < 120


def test_the_table_says_what_is_too_old() -> None:
    said = "needs go: Go 1.21 or newer is wanted, and here is 1.19.8. To get it: x"
    assert "Go 1.21 (here is 1.19.8)  " in table([said])[1]


CASES = """
import pytest
from tests.tools import needs

def test_here():
    pass

@pytest.mark.parametrize("number", range(3))
def test_there(number):
    needs("shellcheck")
"""


def run(folder: Path, *arguments: str, text: str = CASES, **variables: str) -> tuple[int, str]:
    """The exit status and the output of pytest on a file, with our hooks and nothing in PATH."""
    (folder / "conftest.py").write_text("from tests.skips import pytest_terminal_summary\n")
    (folder / "test_cases.py").write_text(text)
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "PATH")}
    own = {
        "PATH": "",
        "PYTHONPATH": str(TESTS.parent),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # their imports take longer than the run
        "PYTEST_PLUGINS": "xdist.plugin",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *arguments, "."],
        cwd=folder,
        env={**kept, **own, **variables},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_run_ends_with_the_table(tmp_path: Path, workers: str) -> None:
    status, said = run(tmp_path, "-n", workers)
    assert status == 0, said
    assert "not proven here, 3 skipped" in said
    assert said.count("apt-get install shellcheck") == 1
    assert "1 passed, 3 skipped" in said


def test_in_ci_a_run_fails_or_says_that_nothing_was_skipped(tmp_path: Path) -> None:
    status, said = run(tmp_path, "--tb=no", CI="true")
    assert status == 1
    assert "3 failed, 1 passed" in said
    status, said = run(tmp_path, "-k", "test_here", CI="true")
    assert status == 0, said
    assert "Nothing was skipped." in said


# -- one way to ask ------------------------------------------------------------------------


def called(tree: ast.AST) -> set[str]:
    """The last name of each call: `which` of `shutil.which("x")`."""
    functions = (one.func for one in ast.walk(tree) if isinstance(one, ast.Call))
    return {getattr(one, "attr", getattr(one, "id", "")) for one in functions}


def test_no_test_asks_in_another_way() -> None:
    """But for what one system has and another has not, which `skipif` says."""
    own = {TESTS / "tools.py", TESTS / "client_programs.py", Path(__file__)}
    for path in set(SOURCES) - own:
        found = called(ast.parse(path.read_text())) & {"which", "skip", "importorskip"}
        assert not found, f"{path}: ask by tests.tools.needs"


def test_each_tool_is_asked_for() -> None:
    text = "".join(path.read_text() for path in SOURCES if path.name != Path(__file__).name)
    for name in TOOLS:
        assert f'needs("{name}")' in text, f"nothing needs {name}"


# -- tests of nothing ----------------------------------------------------------------------

OF_NOTHING = """
import pytest

@pytest.mark.parametrize("path", [])
def test_each(path):
    pass
"""


def test_a_test_of_no_case_fails(tmp_path: Path) -> None:
    status, said = run(tmp_path, "-c", str(TESTS.parent / "pyproject.toml"), text=OF_NOTHING)
    assert status == 2, said
    assert "Empty parameter set in 'test_each'" in said


def test_a_folder_that_has_moved_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "b.yml").touch()
    (tmp_path / "a.yml").touch()
    assert [path.name for path in files(tmp_path, "*.yml")] == ["a.yml", "b.yml"]
    with pytest.raises(AssertionError, match=r"has no \*\.yaml: where is it now\?"):
        files(tmp_path, "*.yaml")
