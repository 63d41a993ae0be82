"""A notebook's cells run as they do in the reader's browser, here by this machine's Python."""

from __future__ import annotations

import builtins
import io
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import s3transfer.futures

from podrole.pyodide import cells
from tests.files import files

NOTEBOOKS = files(Path(__file__).parents[2] / "notebooks", "*.ipynb")


class Session:
    """The page's side: cells are numbered, and each gives its output and its error."""

    def __init__(self) -> None:
        self.count = 0
        self.pieces: list[str] = []

    def reset(self, **values: str) -> None:
        assert cells.reset(json.dumps({"values": values}), print) == "{}"

    def run(self, code: str) -> tuple[str, dict[str, str] | None]:
        self.count += 1
        self.pieces = []
        cell = {"name": f"cell {self.count}", "code": code}
        answer = json.loads(cells.run(json.dumps(cell), self.pieces.append))
        return "".join(self.pieces), answer["error"]

    def output(self, code: str) -> str:
        text, error = self.run(code)
        assert error is None, error
        return text

    def error(self, code: str) -> dict[str, str]:
        error = self.run(code)[1]
        assert error is not None
        return error


@pytest.fixture
def session() -> Iterator[Session]:
    environment = dict(os.environ)
    session = Session()
    session.reset()
    yield session
    session.reset()
    os.environ.clear()
    os.environ.update(environment)


def code_cells(path: Path) -> list[dict[str, Any]]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_gives_its_stored_outputs(session: Session, path: Path) -> None:
    for cell in code_cells(path):
        stored = "".join("".join(output["text"]) for output in cell["outputs"])
        assert session.run("".join(cell["source"])) == (stored, None)


def test_cells_share_their_names_until_a_reset(session: Session) -> None:
    session.output("x = 1\ndef double():\n    return 2 * x")
    assert session.output("x = 21\ndouble()") == "42\n"
    session.reset()
    assert session.error("x")["last"] == "NameError: name 'x' is not defined"


def test_a_reset_stops_the_lab_and_forgets_variables(session: Session) -> None:
    session.output(
        "import os\nfrom podrole.lab import Lab\nlab = Lab.start()\nos.environ['A'] = 'b'"
    )
    session.reset()
    assert session.output("import os\n'A' in os.environ, 'AWS_REGION' in os.environ") == (
        "(False, False)\n"
    )
    session.output("from podrole.lab import Lab\nlab = Lab.start()")


def test_the_lab_has_the_reader_s_values_and_its_own_again(session: Session) -> None:
    code = (
        "from podrole.lab import Lab\nwith Lab.start() as lab: print(lab.accounts[0], lab.region)"
    )
    session.reset(account_id="999988887777", region="eu-west-1", cluster="prod", bucket="b")
    assert session.output(code) == "999988887777 eu-west-1\n"
    session.reset()
    assert session.output(code) == "111122223333 us-west-2\n"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("1 + 1", "2\n"),
        ("'a'", "'a'\n"),
        ("None", ""),
        ("1 + 1;", ""),
        ("x = 1", ""),
        ("print('a')\n'b'", "a\n'b'\n"),
        ("import sys\nprint('a', file=sys.stderr)", "a\n"),
        ("dict(b=1, a='x' * 99)", "{'b': 1,\n 'a': '" + "x" * 99 + "'}\n"),
        ("", ""),
        ("# nothing", ""),
    ],
)
def test_what_a_cell_shows(session: Session, code: str, shown: str) -> None:
    assert session.output(code) == shown


def test_the_last_value_is_kept(session: Session) -> None:
    session.output("6 * 7")
    assert session.output("_ + 1") == "43\n"


def test_a_decision_is_told_in_words(session: Session) -> None:
    shown = session.output(
        "from podrole.policy import Decision\n"
        "Decision('allow', 'identity', 'a statement allows it', ())"
    )
    assert shown == "ALLOW by identity: a statement allows it\n"


def test_a_cell_is_main(session: Session) -> None:
    main = sys.modules["__main__"]
    session.output("import pickle\nclass Order:\n    pass")
    assert (
        session.output("type(pickle.loads(pickle.dumps(Order())))") == "<class '__main__.Order'>\n"
    )
    assert sys.modules["__main__"] is main


def test_future_features_are_the_cells_own(session: Session) -> None:
    assert session.output("def f(x: int): ...\nf.__annotations__['x']") == "<class 'int'>\n"
    session.output("from __future__ import annotations")
    assert session.output("def f(x: int): ...\nf.__annotations__['x']") == "'int'\n"


def test_a_traceback_has_the_lines_of_cells_only(session: Session) -> None:
    session.output("import json\ndef parse(text):\n    return json.loads(text)")
    error = session.error("parse('x')")
    assert error["last"].startswith("JSONDecodeError: Expecting value")
    lines = [line.strip() for line in error["trace"].splitlines()]
    assert lines[0] == "Traceback (most recent call last):"
    assert 'File "<cell 2>", line 1, in <module>' in lines
    assert 'File "<cell 1>", line 3, in parse' in lines
    assert "return json.loads(text)" in lines
    assert [line for line in lines if line.startswith("File") and "<cell" not in line] == []
    assert not any("During handling" in line for line in lines), "json's own StopIteration"


def test_a_cause_that_the_cell_gives_is_told(session: Session) -> None:
    error = session.error(
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise OSError from e"
    )
    assert error["last"] == "OSError"
    assert "ZeroDivisionError: division by zero" in error["trace"]
    assert "direct cause" in error["trace"]


def test_a_syntax_error_shows_the_place(session: Session) -> None:
    error = session.error("x = (1,\nfor")
    assert error["last"].startswith("SyntaxError: ")
    assert 'File "<cell 1>", line' in error["trace"]


def test_an_error_whose_text_fails_is_told(session: Session) -> None:
    code = "class Bad(Exception):\n    def __str__(self):\n        raise Exception\nraise Bad"
    assert session.error(code)["last"] == "Bad"


def test_what_was_printed_before_an_error_is_shown(session: Session) -> None:
    text, error = session.run("print('before')\n1 / 0")
    assert text == "before\n"
    assert error is not None
    assert session.output("'and the session lives'") == "'and the session lives'\n"


@pytest.mark.parametrize(
    ("code", "last", "hint"),
    [
        ("import sys; sys.exit(3)", "SystemExit: 3", "not Python"),
        ("exit()", "SystemExit", "not Python"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
        ("import numpy_", "ModuleNotFoundError: No module named 'numpy_'", "standard library"),
        (
            'raise RuntimeError("can\'t start new thread")',
            "RuntimeError: can't start",
            "one thread",
        ),
        (
            "from podrole.lab import Lab\nLab.start()\nLab.start()",
            "LabError: a lab is running in this process: stop() it first",
            "Use Run all",
        ),
        (
            "import boto3\nboto3.client('sts', region_name='us-west-2').get_caller_identity()",
            "NoCredentialsError",
            "Lab.start()",
        ),
        (
            "from botocore.exceptions import ConnectionClosedError\n"
            "raise ConnectionClosedError(endpoint_url='https://sts.amazonaws.com/')",
            "ConnectionClosedError",
            "Lab.start()",
        ),
        (
            "raise OSError('Could not find a suitable TLS CA certificate bundle')",
            "OSError: Could not find",
            "has no network",
        ),
    ],
)
def test_an_error_of_the_place_says_what_to_do(
    session: Session, monkeypatch: pytest.MonkeyPatch, code: str, last: str, hint: str
) -> None:
    monkeypatch.setattr("botocore.credentials.CredentialResolver.load_credentials", lambda _: None)
    if code == "exit()":
        session.output("import builtins, _sitebuiltins\nexit = _sitebuiltins.Quitter('exit', '')")
    error = session.error(code)
    assert error["last"].startswith(last)
    assert hint in error["hint"]
    assert bool(hint) is bool(error["hint"])


@pytest.mark.parametrize("code", ["input('name? ')", "import sys\nsys.stdin.read()"])
def test_there_is_no_keyboard(session: Session, code: str) -> None:
    stdin = sys.stdin
    text, error = session.run(code)
    assert text == ("name? " if "input" in code else "")
    assert error is not None
    assert error["last"] == (
        "RuntimeError: a page has no keyboard to read from: write the value into the cell"
    )
    assert sys.stdin is stdin


def test_output_comes_before_a_sleep(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr(time, "sleep", lambda _: seen.append([*session.pieces]))
    session.output("import time\nfor n in range(99):\n    print(n)\ntime.sleep(9)\nprint('end')")
    assert "".join(seen[0]) == "".join(f"{n}\n" for n in range(99))


def test_a_loop_that_prints_does_not_flood_the_page(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podrole.pyodide.cells.time.monotonic", lambda: 0.0)
    text = session.output("for n in range(300_000):\n    print(n)")
    assert len(session.pieces) < 30
    assert text.startswith("0\n1\n2\n")
    assert text.endswith("\n[output stops here: the page shows at most 200,000 characters]\n")
    assert len(text) < cells.LIMIT + 100


def test_transfers_need_no_threads(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the browser, where no thread starts."""
    futures = s3transfer.futures

    def no_thread(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    code = """
import boto3, io
from podrole.lab import Lab
with Lab.start():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="b-1", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.upload_fileobj(io.BytesIO(b"order" * 3_000_000), "b-1", "k")
    back = io.BytesIO()
    s3.download_fileobj("b-1", "k", back)
    print(len(back.getvalue()))
"""
    monkeypatch.setattr("threading.Thread.start", no_thread)
    assert session.error(code)["hint"].startswith("Python in a page has only one thread")
    session.reset()
    monkeypatch.setattr(futures.BoundedExecutor, "EXECUTOR_CLS", futures.NonThreadedExecutor)
    assert session.output(code) == "15000000\n"


def test_the_process_is_as_before(session: Session) -> None:
    before = (sys.stdout, sys.stderr, sys.stdin, time.sleep, builtins.open, io.open)
    session.error("1 / 0")
    assert (sys.stdout, sys.stderr, sys.stdin, time.sleep, builtins.open, io.open) == before
