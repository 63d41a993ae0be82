"""A notebook's cells, one after the other, in the reader's browser.

A session is as Jupyter's: the cells share one `__main__`, a cell's last expression is shown, `_` is
what was shown last, and a traceback has the lines of cells. The place makes the rest: a page has no
keyboard for `input()`, one thread, and no way to interrupt a cell. So *Stop* ends Python whole, and
the page runs again what the next cell needs.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import contextlib
import io
import json
import linecache
import os
import pprint
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import boto3
import s3transfer.futures
from botocore import exceptions as sdk

from podrole.lab import Lab, LabError

#: Characters that one cell may print: beyond it a page grows slow.
LIMIT = 200_000
#: So many pieces of output go to the page at once; what follows is gathered for a while (seconds),
#: or a loop that prints would keep the page from hearing *Stop*.
_PIECES, _WHILE = 20, 0.05
_LAB_S_OWN = dict(Lab.start.__func__.__kwdefaults__)  # type: ignore[attr-defined]
_ENVIRONMENT = dict(os.environ)
_FEATURES = {getattr(__future__, name) for name in __future__.all_feature_names}

#: What boto3 says where no lab answers it.
_UNANSWERED = sdk.NoCredentialsError, sdk.NoRegionError, sdk.ConnectionError, sdk.HTTPClientError

_main = types.ModuleType("__main__")
_flags = 0  # what the cells imported from __future__

if sys.platform == "emscripten":
    # s3.upload_file and its kin would start threads, whatever their TransferConfig says.
    s3transfer.futures.BoundedExecutor.EXECUTOR_CLS = s3transfer.futures.NonThreadedExecutor


class _Output(io.TextIOBase):
    """Hands on what is printed, as it is printed."""

    encoding = "utf-8"

    def __init__(self, emit: Callable[[str], object]) -> None:
        self._emit = emit
        self._left = LIMIT
        self._pending: list[str] = []
        self._since = time.monotonic()
        self._pieces = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self._left > 0 and text:
            self._pending.append(text[: self._left])
            self._left -= len(text)
            if self._left <= 0:
                self._pending.append(
                    f"\n[output stops here: the page shows at most {LIMIT:,} characters]\n"
                )
            self._hand_on()
        return len(text)

    def _hand_on(self) -> None:
        now = time.monotonic()
        if now >= self._since + _WHILE:
            self._since, self._pieces = now, 0
        if self._pieces < _PIECES:
            self._pieces += 1
            self.flush()

    def flush(self) -> None:
        if self._pending:
            self._emit("".join(self._pending))
            self._pending.clear()


class _NoKeyboard(io.TextIOBase):
    """In place of `sys.stdin`."""

    def readable(self) -> bool:
        return True

    def readline(self, _size: int = -1, /) -> NoReturn:  # type: ignore[override]
        raise RuntimeError("a page has no keyboard to read from: write the value into the cell")

    def read(self, _size: int | None = -1, /) -> NoReturn:
        self.readline()


def reset(argument: str, _emit: Callable[[str], object]) -> str:
    """Forget all cells, and begin with the reader's values.

    `argument`: `{"values": {…}}`, plain parameters by name; an empty object for the guide's own.
    Returns `{}`.
    """
    global _flags
    values: Mapping[str, str] = json.loads(argument).get("values", {})
    if Lab._running is not None:
        Lab._running.stop()
    boto3.DEFAULT_SESSION = None
    os.environ.clear()
    os.environ.update(_ENVIRONMENT)
    _start_as(values)
    _main.__dict__.clear()
    _main.__dict__.update({"__name__": "__main__", "__doc__": None, "__builtins__": builtins})
    _flags = 0
    return "{}"


def _start_as(values: Mapping[str, str]) -> None:
    """The reader's account, Region and cluster are the lab's where a cell names none."""
    own, other = _LAB_S_OWN["accounts"]
    Lab.start.__func__.__kwdefaults__.update(  # type: ignore[attr-defined]
        accounts=(values.get("account_id", own), values.get("target_account_id", other)),
        region=values.get("region", _LAB_S_OWN["region"]),
        cluster=values.get("cluster", _LAB_S_OWN["cluster"]),
    )


def run(argument: str, emit: Callable[[str], object]) -> str:
    """Run one cell; what it prints goes to `emit`, a value in its last line too.

    `argument`: `{"name": "cell 3", "code": "…"}`; the name begins with `cell `. Returns `{"error":
    null}`, or `{"error": {"last": …, "trace": …, "hint": …}}`: the error's name and text, its
    traceback without the lines of libraries, and what to do about it or `""`.
    """
    cell = json.loads(argument)
    place = f"<{cell['name']}>"
    linecache.cache[place] = (
        len(cell["code"]), None, cell["code"].splitlines(keepends=True), place,
    )  # fmt: skip
    output = _Output(emit)
    error = None
    with _in_place(output):
        try:
            _execute(cell["code"], place)
        except BaseException as raised:  # whatever a cell raises is the cell's
            error = _told(raised)
    output.flush()
    return json.dumps({"error": error})


@contextlib.contextmanager
def _in_place(output: _Output) -> Iterator[None]:
    """The cell's output, keyboard and `__main__` are the process's, for as long as it runs."""
    main, stdin, sleep = sys.modules["__main__"], sys.stdin, time.sleep

    def seen_sleep(seconds: Any, /) -> None:
        sys.stdout.flush()  # what was printed before is to be seen meanwhile
        sleep(seconds)

    sys.modules["__main__"], sys.stdin, time.sleep = _main, _NoKeyboard(), seen_sleep
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            yield
    finally:
        sys.modules["__main__"], sys.stdin, time.sleep = main, stdin, sleep


def _execute(code: str, place: str) -> None:
    tree = ast.parse(code, place)
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        tree.body.pop()
    exec(_compiled(tree, place, "exec"), _main.__dict__)  # noqa: S102 # the reader's own cell
    if isinstance(last, ast.Expr):
        value = eval(_compiled(ast.Expression(last.value), place, "eval"), _main.__dict__)  # noqa: S307
        if value is not None and not code.rstrip().endswith(";"):
            _main.__dict__["_"] = value
            print(_shown(value))


def _compiled(tree: ast.Module | ast.Expression, place: str, mode: str) -> types.CodeType:
    """With the future features of earlier cells, and none of this file's."""
    global _flags
    code: types.CodeType = compile(tree, place, mode, _flags, dont_inherit=True)
    for feature in _FEATURES:
        _flags |= code.co_flags & feature.compiler_flag
    return code


def _shown(value: object) -> str:
    if isinstance(value, str):
        return repr(value)
    if hasattr(type(value), "_repr_markdown_"):
        return str(value)  # Jupyter would draw it; as plain text this reads better than repr
    return pprint.pformat(value, width=100, sort_dicts=False)


def _told(error: BaseException) -> dict[str, str]:
    told = traceback.TracebackException.from_exception(error)
    _leave_out_libraries(told)
    try:
        text = str(error)
    except Exception:  # a text that fails is the cell's, too
        text = ""
    name = type(error).__name__
    return {
        "last": f"{name}: {text}" if text else name,
        "trace": "".join(told.format()).rstrip(),
        "hint": _hint(error, text),
    }


def _leave_out_libraries(told: traceback.TracebackException) -> None:
    told.stack[:] = [frame for frame in told.stack if frame.filename.startswith("<cell ")]
    for name in ("__cause__", "__context__"):
        earlier: traceback.TracebackException | None = getattr(told, name)
        if earlier is not None:
            _leave_out_libraries(earlier)
            if not earlier.stack:
                setattr(told, name, None)
    for one in getattr(told, "exceptions", None) or ():
        _leave_out_libraries(one)


def _hint(error: BaseException, text: str) -> str:
    """What to do about an error that comes from the place more than from the cell."""
    if isinstance(error, SystemExit):
        return "Here sys.exit() ends the cell, not Python: all variables are still defined."
    if isinstance(error, RuntimeError) and text == "can't start new thread":
        return "Python in a page has only one thread. Use JupyterLab (make lab) instead."
    if isinstance(error, ImportError):
        return "Python in a page has only the standard library, boto3, moto and podrole."
    if isinstance(error, LabError) and Lab._running is not None and "running" in text:
        return "Use Run all to start again without a lab."
    if Lab._running is None and isinstance(error, _UNANSWERED):
        return "No lab is running: run the cell with Lab.start() first."
    if "TLS CA certificate" in text:  # what requests looks for before it calls anyone
        return "Python in a page has no network. boto3 reaches the lab once Lab.start() has run."
    return ""
