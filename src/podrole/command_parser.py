"""The parser of every command: a wrong argument is one line, as every other fault is."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from typing import NoReturn

from podrole.terminal import one_line


class CommandParser(argparse.ArgumentParser):
    """argparse's parser, whose errors are one line on stderr with exit code 2."""

    def error(self, message: str) -> NoReturn:
        """End with the message and where to read on."""
        self.exit(2, one_line(f"podrole: {message}; see {self.prog} --help") + "\n")

    def parse_known_args(  # type: ignore[override]  # its overloads cannot be named
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As argparse does; `--option=--`, of which it makes an empty list, is refused."""
        for word in itertools.takewhile("--".__ne__, args or ()):
            if word.startswith("--") and word.endswith("=--"):
                self.error(f"argument {word[:-3]}: -- is not a value")
        return super().parse_known_args(args, namespace)
