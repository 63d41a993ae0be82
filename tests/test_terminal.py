"""Texts of outsiders on a terminal: one line that nothing hides in, one word of a shell."""

from __future__ import annotations

import subprocess

import pytest

from podrole.terminal import one_line, shell_option, shell_word
from tests import hostile

ARGUMENTS = hostile.arguments()


@pytest.mark.parametrize("text", hostile.texts())
def test_one_line_moves_no_cursor_and_ends_no_line(text: str) -> None:
    shown = one_line(f"podrole: {text}: no such file")
    assert shown.isprintable()
    assert len(shown.splitlines()) == 1
    assert shown.startswith("podrole: ")
    assert shown.endswith(": no such file")
    assert len(shown) < 13_000
    if text.isprintable() and len(text) < 1_000:
        assert text in shown


def test_a_shell_reads_each_as_one_word() -> None:
    """By bash itself."""
    texts = [text for text in ARGUMENTS if len(text) < 10_000]
    words = " ".join(map(shell_word, texts))
    assert words.isprintable()
    script = f'set -- {words}\nprintf "%s\\0" "$@"'
    done = subprocess.run(["bash"], input=script.encode(), capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == texts


@pytest.mark.parametrize("text", ARGUMENTS)
def test_a_value_never_is_an_option(text: str) -> None:
    option = shell_option("--name", text, to_fill_in="<name>")
    assert option.startswith("--name=" if text.startswith("-") else "--name ")
    assert option == "--name <name>" if text == "" else shell_word(text) in option
