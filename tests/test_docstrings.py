"""Docstrings are prose, and say what a public function raises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.files import files

SOURCE = Path(__file__).parents[1] / "src"
#: One form: what a section would list stands in sentences. Only fields are listed (`Attributes`).
_SECTION = re.compile(r"^ *(Args|Arguments|Parameters|Raises|Returns|Yields):$", re.M)
#: What every caller of anything may meet, and what says that no caller should come this way.
_UNSAID = {"AssertionError", "AttributeError", "NotImplementedError", "StopIteration"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in files(SOURCE, "**/*.py"):
        yield path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text())


def _bases(modules: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Each class's name and those of all that it comes from, as far as Podrole defines them."""
    direct = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for tree in modules.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }

    def all_of(name: str) -> set[str]:
        return {name}.union(*(all_of(base) for base in direct.get(name, ()) if base != name))

    return {name: all_of(name) for name in direct}


def _public_functions(tree: ast.Module) -> Iterator[tuple[str, Function, str]]:
    """Public functions and methods of public classes: name, node, and all that is said of it."""
    for node in tree.body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield node.name, node, ast.get_docstring(node) or ""
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            said = {"__init__": ast.get_docstring(node) or ""}
            for inner in node.body:
                if not isinstance(inner, Function):
                    continue
                # Of a property, getter and setter have the same name, and the getter's words.
                said[inner.name] = said.get(inner.name, "") + (ast.get_docstring(inner) or "")
                if not inner.name.startswith("_") or inner.name == "__init__":
                    yield f"{node.name}.{inner.name}", inner, said[inner.name]


def _raised(function: Function) -> Iterator[str]:
    """The classes that a function raises by name in its own body, and does not catch itself."""
    todo: list[tuple[ast.AST, frozenset[str]]] = [(node, frozenset()) for node in function.body]
    while todo:
        node, caught = todo.pop()
        if isinstance(node, Function | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(node, ast.Raise) and node.exc is not None:
            made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(made, ast.Name) and made.id[0].isupper() and made.id not in caught:
                yield made.id
        if isinstance(node, ast.Try):
            names = {
                name.id
                for handler in node.handlers
                for name in ast.walk(handler.type or ast.Constant(None))
                if isinstance(name, ast.Name)
            }
            todo += [(inner, caught | names) for inner in node.body]
            rest = [*node.handlers, *node.orelse, *node.finalbody]
            todo += [(inner, caught) for inner in rest]
        else:
            todo += [(inner, caught) for inner in ast.iter_child_nodes(node)]


def _unsaid(modules: dict[str, ast.Module]) -> list[str]:
    bases = _bases(modules)
    return [
        f"{name}:{function.lineno} {called} raises {raised}"
        for name, tree in modules.items()
        for called, function, said in _public_functions(tree)
        for raised in sorted({*_raised(function)} - _UNSAID)
        if not any(re.search(rf"\b{one}\b", said) for one in bases.get(raised, {raised}))
    ]


def test_a_public_function_says_what_it_raises() -> None:
    assert _unsaid(dict(_modules())) == []


@pytest.mark.parametrize(
    ("code", "unsaid"),
    [
        ('def read():\n    """Read."""\n    raise ValueError("x")', 1),
        ('def read():\n    """Read. Raises ValueError."""\n    raise ValueError("x")', 0),
        ('def _read():\n    """Read."""\n    raise ValueError("x")', 0),
        (
            'class A(ValueError): ...\ndef read():\n    """Raises ValueError."""\n    raise A',
            0,
        ),
        (
            'def read():\n    """Read."""\n    try:\n        raise ValueError\n'
            "    except ValueError:\n        return 1",
            0,
        ),
        (
            'def read():\n    """Read."""\n    try:\n        return 1\n'
            "    except KeyError as error:\n        raise ValueError from error",
            1,
        ),
        (
            'class A:\n    """Raises ValueError."""\n'
            "    def __init__(self):\n        raise ValueError",
            0,
        ),
        ('class A:\n    """An A."""\n    def read(self):\n        raise ValueError', 1),
    ],
)
def test_what_is_not_said_is_seen(code: str, unsaid: int) -> None:
    assert len(_unsaid({"module.py": ast.parse(code)})) == unsaid


def test_docstrings_have_no_sections() -> None:
    found = [
        f"{name}: {getattr(node, 'name', 'the module')}"
        for name, tree in _modules()
        for node in ast.walk(tree)
        if isinstance(node, Function | ast.ClassDef | ast.Module)
        and _SECTION.search(ast.get_docstring(node) or "")
    ]
    assert found == []
