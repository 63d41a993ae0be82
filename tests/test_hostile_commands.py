"""Each command with each kind of hostile input: one line on stderr, never a traceback or a hang.

The commands come from the command line's own table, their arguments from its parsers: a new command
is asked as well. `make fuzz` gives each argument every text and every file.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from podrole import cli
from podrole.lab.commands import serve as serve_command
from tests import hostile
from tests.catalogue import CATALOG

FUZZ = bool(os.environ.get("PODROLE_FUZZ"))
#: A guard against a hang, in seconds; nothing here comes near it.
GUARD = 120
BODIES = {**hostile.JSON, **{f"YAML {kind}": bodies for kind, bodies in hostile.YAML.items()}}
#: What a command needs besides its required arguments, so that it ends.
ALSO = {("lab", "serve"): ["--port", "0"]}
ASKED = "explain --principal x --action s3:Get --resource *"
#: Arguments beside which another one is asked for at all.
BESIDE = {
    ("explain", "--context"): ASKED.split()[1:],
    ("doctor", "--cluster"): ["--collect"],
    ("doctor", "--role"): ["--collect"],
    ("doctor", "--namespace"): ["--collect"],
}


@dataclass(frozen=True)
class Argument:
    """One argument of a command that takes a value."""

    command: tuple[str, ...]
    action: argparse.Action
    parser: argparse.ArgumentParser

    @property
    def name(self) -> str:
        long = [one for one in self.action.option_strings if one.startswith("--")]
        return (long or [self.action.dest])[0]

    @property
    def is_file(self) -> bool:
        shown = str(self.action.metavar or "")
        return self.action.type is Path or any(one in shown for one in ("FILE", "DIR", "PATH"))

    def words(self, value: str) -> list[str]:
        """The argument with a value, as it stands on the command line."""
        if self.action.option_strings:
            return [f"{self.name}={value}"] if value.startswith("-") else [self.name, value]
        return ["--", value] if value.startswith("-") else [value]

    def __str__(self) -> str:
        return f"{' '.join(self.command)} {self.name}"


def commands(
    parser: argparse.ArgumentParser, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    """Each command that does something, with its parser."""
    below = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    if not below:
        yield words, parser
    for one in below:
        for name, inner in one.choices.items():
            yield from commands(inner, (*words, name))


COMMANDS = dict(commands(cli.parser(cli.COMMANDS)))
ARGUMENTS = [
    Argument(command, action, parser)
    for command, parser in COMMANDS.items()
    for action in parser._actions
    if action.nargs != 0 and not isinstance(action, argparse._HelpAction)
]
FILES = [one for one in ARGUMENTS if one.is_file]


def test_every_command_is_walked() -> None:
    assert {command[0] for command in COMMANDS} == set(cli.COMMANDS)
    assert {("who",), ("snippet", "render"), ("lab", "serve"), ("lab", "exec")} <= set(COMMANDS)
    assert {"lint files", "doctor --error", "lab inject --associations", "explain --scp"} <= {
        str(one) for one in FILES
    }


class Runner:
    """Runs commands in this process, in a folder of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.good = folder / "good.json"
        self.good.write_text(CATALOG.render("trust-irsa-exact", "json"))

    def base(self, argument: Argument | None, command: tuple[str, ...]) -> list[str]:
        """The command with all that it requires, but for an argument that is given after it."""
        found = [*command, *ALSO.get(command, [])]
        if argument:
            found += BESIDE.get((" ".join(command), argument.name), [])
        given = argument.action if argument else None
        for one in ARGUMENTS:
            required = one.action.required and one.action.nargs not in ("*", "?")
            if one.command == command and required and one.action is not given:
                choices = [*map(str, one.action.choices or ())]
                value = str(self.good) if one.is_file else choices[0] if choices else "x"
                found += one.words(value)
        return found

    def run(self, words: list[str], stdin: bytes = b"") -> bool:
        """Run it; whether it has read its input. Fails for all that a reader should not see."""
        given = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stdin", given)
            shown = f"podrole {words!r:.500} < {stdin[:200]!r}"
            signal.setitimer(signal.ITIMER_REAL, GUARD)
            try:
                code = cli.main(words)
            except SystemExit as exit:
                code = int(exit.code or 0)
            except BaseException as error:
                raise AssertionError(f"{shown}: {type(error).__name__}: {error}") from error
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        out, err = self._capsys.readouterr()
        assert code in (0, 1, 2), shown
        assert "Traceback" not in err, shown
        if code == 2:
            assert out == "", shown
            assert err.count("\n") == 1, (shown, err)
            assert err.startswith("podrole: "), (shown, err)
            assert err[:-1].isprintable(), (shown, err)
            assert len(err) < 10_000, (shown, err)
        return given.closed or given.buffer.tell() > 0


def _hangs(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"more than {GUARD} seconds")


@pytest.fixture
def runner(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Runner]:
    before, environment = signal.signal(signal.SIGALRM, _hangs), dict(os.environ)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(serve_command, "_serve", lambda *_: None)  # or it would serve on
    with socket.socket() as taken:
        # No lab answers here, and none of another test's does.
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        yield Runner(tmp_path, capsys)
    signal.signal(signal.SIGALRM, before)
    gc.unfreeze()
    gc.enable()
    os.environ.clear()
    os.environ.update(environment)


def chosen(number: int, table: hostile.Table[Any]) -> list[Any]:
    """For an argument's number: one of each kind, another for each argument; all in `make fuzz`."""
    if FUZZ:
        return hostile.flat(table)
    return [values[number % len(values)] for values in table.values()]


TEXTS = {
    kind: tuple(one for one in texts if one in hostile.arguments())
    for kind, texts in hostile.TEXTS.items()
    if kind != "surrogate"
}


@pytest.mark.parametrize("number", range(len(ARGUMENTS)), ids=lambda number: str(ARGUMENTS[number]))
def test_a_hostile_argument(number: int, runner: Runner) -> None:
    argument = ARGUMENTS[number]
    for text in chosen(number, TEXTS):
        runner.run([*runner.base(argument, argument.command), *argument.words(text)])


@pytest.mark.parametrize("number", range(len(FILES)), ids=lambda number: str(FILES[number]))
def test_a_hostile_file(number: int, runner: Runner) -> None:
    argument = FILES[number]
    base = runner.base(argument, argument.command)
    for index, body in enumerate(chosen(number, BODIES)):
        for suffix in ("json", "yml"):
            path = runner.folder / f"{index}.{suffix}"
            path.write_bytes(body)
            runner.run([*base, *argument.words(str(path))])
        folder = runner.folder / str(index)
        folder.mkdir()
        (folder / "parameters.yml").write_bytes(body)
        runner.run([*base, *argument.words(str(folder))])


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_hostile_standard_input(command: tuple[str, ...], runner: Runner) -> None:
    for body in chosen([*COMMANDS].index(command), BODIES):
        if not runner.run(runner.base(None, command), body) and body:
            break  # it reads none


@pytest.mark.parametrize("words", [[], ["nothing"], ["--nothing"], ["lab"], ["lab", "nothing"]])
def test_no_such_command(words: list[str], runner: Runner) -> None:
    runner.run(words)
    for text in hostile.arguments():
        runner.run([*words, text])


def test_a_policy_with_any_value_anywhere(runner: Runner) -> None:
    """Each member of a policy, replaced by each hostile value, in each command that reads one."""
    whole = json.loads(runner.good.read_text())
    values = hostile.flat(hostile.VALUES)
    for number, value in enumerate(values if FUZZ else values[::3]):
        for changed in replaced(whole, value):
            text = json.dumps(changed)
            if not FUZZ and len(text) > 20_000:
                continue
            path = runner.folder / f"{number}.json"
            path.write_text(text)
            for words in ("who", "lint", f"{ASKED} --resource-policy"):
                runner.run([*words.split(), str(path)])


def replaced(whole: Any, value: Any) -> Iterator[Any]:
    yield value
    if isinstance(whole, dict):
        for key, item in whole.items():
            yield from ({**whole, key: inner} for inner in replaced(item, value))
    elif isinstance(whole, list):
        for index, item in enumerate(whole):
            yield from (
                [*whole[:index], inner, *whole[index + 1 :]] for inner in replaced(item, value)
            )
