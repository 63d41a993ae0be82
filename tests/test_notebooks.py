"""The notebooks as files. Running them and comparing their outputs is nbval's part."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from podrole.catalog.notebook import drift
from tests.catalogue import CATALOG
from tests.files import files

NOTEBOOKS = files(Path(__file__).parents[1] / "notebooks", "*.ipynb")
#: Code that a reader can paste against real AWS imports nothing else.
ALLOWED = {"base64", "json", "os", "boto3", "botocore", "podrole"}


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text()))


def code(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]


def test_the_tutorials_are_there() -> None:
    assert [path.stem.partition("-")[0] for path in NOTEBOOKS] == [
        f"{number:02}" for number in range(1, 13)
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestNotebook:
    def test_snippet_cells_are_the_catalogues(self, path: Path) -> None:
        found = drift(read(path), CATALOG, path.name)
        assert not found, "\n".join(found) + "\nrun: make notebooks"

    def test_it_was_run_from_top_to_bottom(self, path: Path) -> None:
        counts = [cell["execution_count"] for cell in code(path)]
        assert counts == list(range(1, len(counts) + 1)), f"{path.name}: run: make notebooks"

    def test_no_cell_failed_unmeant(self, path: Path) -> None:
        for index, cell in enumerate(read(path)["cells"]):
            for output in cell.get("outputs", []):
                assert output["output_type"] != "error", f"{path.name}, cell {index}"
                assert output.get("name") != "stderr", f"{path.name}, cell {index}"

    def test_it_imports_little(self, path: Path) -> None:
        for cell in code(path):
            for node in ast.walk(ast.parse("".join(cell["source"]))):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                    if node.module == "podrole.lab":
                        assert [alias.name for alias in node.names] == ["Lab"]
                else:
                    continue
                assert {name.partition(".")[0] for name in names} <= ALLOWED

    def test_it_names_no_path_of_a_machine(self, path: Path) -> None:
        assert not re.search(r"/(home|Users|root|work|tmp)/", path.read_text())

    def test_it_begins_with_a_promise_and_ends_with_a_clean_up(self, path: Path) -> None:
        cells = read(path)["cells"]
        first = "".join(cells[0]["source"])
        assert first.startswith("# ")
        assert "**You will be able to**" in first
        text = "".join("".join(cell["source"]) for cell in cells)
        assert "## Remember" in text
        assert "".join(cells[-1]["source"]).rstrip().endswith("lab.stop()")
