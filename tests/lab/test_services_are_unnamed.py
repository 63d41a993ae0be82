"""What every call passes through knows no service: what differs stands in the service's hooks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import podrole.lab
from podrole.lab.protocol.operations import SERVICES
from podrole.lab.service_models import service_model

LAB = Path(podrole.lab.__file__).parent
#: The path of every call. `iam_state` and the organization's modules are not on it: they are what
#: IAM and Organizations hold, which every decision reads.
COMMON = [
    LAB / "gateway.py",
    LAB / "dispatcher.py",
    *(LAB / "access" / f"{name}.py" for name in ("authentication", "authorizer", "service")),
    *sorted((LAB / "audit").glob("*.py")),
]
OPERATIONS = {name for service in SERVICES for name in service_model(service).operation_names}


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of each string of the program that is no docstring."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        if _is_docstring(node) or _makes_services(tree, node):
            continue
        yield from texts(node)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _makes_services(parent: ast.AST, node: ast.AST) -> bool:
    """The gateway's constructor, which makes each service under its name."""
    return (
        isinstance(parent, ast.ClassDef)
        and parent.name == "Gateway"
        and isinstance(node, ast.FunctionDef)
        and node.name == "__init__"
    )


def names_a_service(text: str) -> bool:
    parts = text.split(":")
    of_an_action = len(parts) > 1 and parts[0] in SERVICES
    of_an_arn = parts[0] == "arn" and len(parts) > 2 and parts[2] in SERVICES
    return text in SERVICES | OPERATIONS or of_an_action or of_an_arn


@pytest.mark.parametrize("path", COMMON, ids=lambda path: str(path.relative_to(LAB)))
def test_the_path_of_a_call_names_no_service(path: Path) -> None:
    found = texts(ast.parse(path.read_text()))
    named = {(line, text) for line, text in found if names_a_service(text)}
    assert not named, f"{path}: let a hook of the service say it"


@pytest.mark.parametrize(
    "code", ['if service == "s3": pass', 'names = ("GetObject",)', 'action.startswith("s3:")']
)
def test_a_branch_on_a_service_is_noticed(code: str) -> None:
    assert any(names_a_service(text) for _, text in texts(ast.parse(code)))
