"""A notebook's cells, one after the other, in the reader's browser."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import linecache
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

_namespace: dict[str, Any] = {}


class _Output(io.TextIOBase):
    """Hands on what is printed, as it is printed."""

    def __init__(self, emit: Callable[[str], object]) -> None:
        self._emit = emit

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if text:
            self._emit(text)
        return len(text)


def reset(argument: str, _emit: Callable[[str], object]) -> str:
    """Forget all cells, and begin with the reader's values.

    Args:
        argument: `{"values": {…}}`, plain parameters by name; an empty object for the guide's own.

    Returns:
        `{}`.
    """
    values: Mapping[str, str] = json.loads(argument).get("values", {})
    from podrole.lab import Lab

    if Lab._running is not None:
        Lab._running.stop()
    _start_as(Lab, values)
    _namespace.clear()
    _namespace.update({"__name__": "__main__", "__builtins__": __builtins__})
    return "{}"


def _start_as(lab: Any, values: Mapping[str, str]) -> None:
    """The reader's account, Region and cluster are the lab's where a cell names none."""
    defaults = lab.start.__func__.__kwdefaults__
    own, other = defaults["accounts"]
    defaults["accounts"] = (
        values.get("account_id", own),
        values.get("target_account_id", other),
    )
    defaults["region"] = values.get("region", defaults["region"])
    defaults["cluster"] = values.get("cluster", defaults["cluster"])


def run(argument: str, emit: Callable[[str], object]) -> str:
    """Run one cell; what it prints goes to `emit`, a value in its last line too.

    Args:
        argument: `{"name": "cell 3", "code": "…"}`.

    Returns:
        `{"error": null}`, or the error's last line and its traceback, of the reader's lines only.
    """
    cell = json.loads(argument)
    place = f"<{cell['name']}>"
    linecache.cache[place] = (
        len(cell["code"]), None, cell["code"].splitlines(keepends=True), place,
    )  # fmt: skip
    output = _Output(emit)
    try:
        tree = ast.parse(cell["code"], place)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            exec(compile(tree, place, "exec"), _namespace)  # noqa: S102 # the reader's own cell
            if last is not None:
                value = eval(compile(ast.Expression(last.value), place, "eval"), _namespace)  # noqa: S307
                sys.displayhook(value)
    except BaseException as error:  # whatever a cell raises is the cell's
        return json.dumps({"error": _told(error, place)})
    return json.dumps({"error": None})


def _told(error: BaseException, place: str) -> dict[str, str]:
    frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename == place]
    lines = traceback.format_list(frames) + traceback.format_exception_only(error)
    return {
        "last": traceback.format_exception_only(error)[-1].strip(),
        "trace": "Traceback (most recent call last):\n" + "".join(lines).rstrip(),
    }
