"""A service serves many calls: nothing of one of them stays on the service."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator

import pytest

from podrole.lab.access.service import Service
from podrole.lab.dispatcher import Dispatcher

#: Attributes that the lab sets for all calls that follow.
SETTINGS = {"_endpoint", "authority"}  # Eks.listens


def classes(base: type) -> Iterator[type]:
    yield base
    for below in base.__subclasses__():
        yield from classes(below)


def assigned(code: str) -> Iterator[str]:
    """The attributes of `self` that methods other than a constructor bind again."""
    for method in ast.walk(ast.parse(textwrap.dedent(code))):
        if not isinstance(method, ast.FunctionDef) or method.name == "__init__":
            continue
        for node in ast.walk(method):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Store)
                and isinstance(node.value, ast.Name)
                and node.value.id == "self"
            ):
                yield node.attr


def test_no_service_keeps_the_state_of_a_call() -> None:
    every = [*classes(Service), Dispatcher]
    assert len(every) > 15
    kept = {
        f"{kind.__name__}.{name}"
        for kind in every
        for name in set(assigned(inspect.getsource(kind))) - SETTINGS
    }
    assert not kept, "what a call must remember until its end goes into Call.afterwards"


@pytest.mark.parametrize("line", ["self.a = call", "self.a, b = call, 1", "self.a += 1"])
def test_a_kept_call_is_noticed(line: str) -> None:
    code = f"class Service:\n    def before_moto(self, call):\n        {line}\n"
    assert list(assigned(code)) == ["a"]
