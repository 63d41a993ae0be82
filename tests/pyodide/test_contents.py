"""What the archives for the browser hold."""

from __future__ import annotations

import ast
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from podrole.pyodide.contents import REPOSITORY, contents
from tests.files import files
from tests.tools import needs

MOST = 12_000_000  # bytes over a server that compresses: issue 7's budget


def imported(path: Path) -> set[str]:
    """Our own modules that a notebook's cells import."""
    found = set()
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            for node in ast.walk(ast.parse("".join(cell["source"]))):
                if isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module)
    return {name for name in found if name.startswith("podrole")}


@pytest.fixture(scope="module")
def packed() -> set[str]:
    return set(contents("lab"))


def test_all_that_the_notebooks_import_is_packed(packed: set[str]) -> None:
    for path in files(REPOSITORY / "notebooks", "*.ipynb"):
        for name in imported(path):
            place = name.replace(".", "/")
            assert {f"{place}.py", f"{place}/__init__.py"} & packed, f"{path.name}: {name}"


RUN = """
import json, sys
from podrole.pyodide import cells
cells.reset(json.dumps({"values": {}}), print)
for path in sys.argv[1:]:
    for cell in json.load(open(path))["cells"]:
        if cell["cell_type"] == "code":
            answer = cells.run(json.dumps({"name": "", "code": "".join(cell["source"])}), len)
            assert json.loads(answer)["error"] is None, answer
print(json.dumps(sorted({name.split(".")[1] for name in sys.modules if name.startswith("moto.")})))
"""


def test_what_moto_imports_at_a_call_is_packed(packed: set[str]) -> None:
    """These two call each service that the notebooks use."""
    paths = [f"notebooks/{stem}.ipynb" for stem in ("01-the-leaky-key", "06-least-privilege")]
    done = subprocess.run(
        [sys.executable, "-c", RUN, *paths], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    held = {place.split("/")[1].removesuffix(".py") for place in packed if place[:5] == "moto/"}
    assert set(json.loads(done.stdout.splitlines()[-1])) - held == set()


def test_the_download_is_within_its_budget() -> None:
    plan = Path(needs("browser-python"))
    told = json.loads(plan.read_text(encoding="utf-8"))
    packed = [path for path in plan.parent.rglob("*") if path.is_file() and path != plan]
    assert {path.relative_to(plan.parent).as_posix() for path in packed} == set(told["sizes"])
    scripts = [
        *files(REPOSITORY / "docs/assets", "run*"),
        *files(REPOSITORY / "docs/assets/python", "*.js"),
    ]
    assert told["transfer"] == sum(len(gzip.compress(path.read_bytes(), 6)) for path in packed)
    whole = told["transfer"] + sum(len(gzip.compress(path.read_bytes(), 6)) for path in scripts)
    assert whole <= MOST, f"{whole / 1e6:.2f} MB"


def test_a_page_s_own_script_is_small() -> None:
    scripts = files(REPOSITORY / "docs/assets", "run*.js")
    assert sum(len(gzip.compress(path.read_bytes(), 6)) for path in scripts) < 6 * 1024
