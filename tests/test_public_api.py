"""What others may build on: the packages below and the names in their `__all__`, with types."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from tests.files import files

ROOT = Path(__file__).parents[1]
PUBLIC = (
    "podrole.attribution",
    "podrole.catalog",
    "podrole.doctor",
    "podrole.lab",
    "podrole.policy",
    "podrole.policy.analysis",
    "podrole.policy.lint",
    "podrole.policy.who",
)
#: An import as a reader would copy it, in whatever text it stands.
_IMPORT = re.compile(
    r"\bfrom (podrole[\w.]*) import (\([^)]*\)|[\w, ]+)|\bimport (podrole[\w.]*)", re.ASCII
)


def _texts() -> Iterator[tuple[str, str]]:
    for pattern in ("docs/**/*.md", "docs/**/*.yml", "snippets/**/*.*", "notebooks/*.py"):
        for path in files(ROOT, pattern):
            if path.suffix in (".md", ".yml", ".yaml", ".py", ".sh", ".json"):
                yield str(path.relative_to(ROOT)), path.read_text()
    yield "README.md", (ROOT / "README.md").read_text()
    for path in files(ROOT / "notebooks", "*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        yield path.name, "\n".join("".join(cell["source"]) for cell in cells)


def _imports(text: str) -> Iterator[tuple[str, str | None]]:
    """Each module, with a name out of it, that a text imports of Podrole."""
    for match in _IMPORT.finditer(text):
        if match[3]:
            yield match[3], None
        else:
            for name in match[2].strip("() \n").split(","):
                if name.strip():
                    yield match[1], name.split()[0]


def test_guide_imports_only_what_is_public() -> None:
    found = [(where, *imported) for where, text in _texts() for imported in _imports(text)]
    assert len(found) > 15
    deeper = [
        f"{where}: {module}.{name}"
        for where, module, name in found
        if module not in PUBLIC
        or (name is not None and name not in importlib.import_module(module).__all__)
    ]
    assert deeper == []


def test_an_import_that_goes_deeper_is_seen() -> None:
    text = "from podrole.lab.clock import Clock\n>>> import podrole.site\n"
    text += "from podrole.policy import (\n    Policy as P,\n    authorize,\n)\n"
    assert list(_imports(text)) == [
        ("podrole.lab.clock", "Clock"),
        ("podrole.site", None),
        ("podrole.policy", "Policy"),
        ("podrole.policy", "authorize"),
    ]


@pytest.mark.parametrize("name", PUBLIC)
def test_each_public_name_is_there_and_says_what_it_is(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    assert [*module.__all__] == sorted(module.__all__)
    for offered in module.__all__:
        found = getattr(module, offered)
        assert type(found).__name__ != "module", offered
        assert found.__doc__, offered


def test_the_types_are_part_of_the_package() -> None:
    """PEP 561: without the marker mypy takes all of it for Any."""
    assert resources.files("podrole").joinpath("py.typed").is_file()


#: What each may load beside Python's own library; a prefix stands for its modules.
LIGHT = {
    "import podrole.policy": ("podrole.policy",),
    "import podrole.attribution": ("podrole.attribution",),
    "import podrole.policy.lint, podrole.policy.who, podrole.policy.analysis": (
        "podrole.policy",
        "podrole.terminal",
    ),
    "import podrole.lab": ("podrole.lab",),
    "import podrole.cli; podrole.cli.parser(['--help']).format_help()": (
        "podrole.cli",
        "podrole.command_parser",
        "podrole.policy",
        "podrole.terminal",
    ),
    "import podrole.catalog": (
        "podrole.catalog",
        "podrole.partitions",
        "podrole.policy",
        "podrole.reading",
        "podrole.terminal",
        "podrole.yaml_writer",
        "yaml",
    ),
}


@pytest.mark.parametrize("statement", LIGHT)
def test_what_is_light_stays_light(statement: str) -> None:
    """boto3 and moto take most of a second: only what needs them may load them."""
    before, after = (
        set(_modules_of(code)) for code in ("import argparse, importlib, json", statement)
    )
    known = {"podrole", *sys.stdlib_module_names}
    allowed = tuple(f"{name}." for name in LIGHT[statement])
    heavy = {
        name
        for name in after - before
        if "cython" not in name  # of the C part of yaml
        and name not in known
        and name.split(".")[0] not in sys.stdlib_module_names
        and not f"{name}.".startswith(allowed)
    }
    assert heavy == set()


def _modules_of(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint([*sys.modules])"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded: list[str] = ast.literal_eval(done.stdout.splitlines()[-1])
    return loaded
