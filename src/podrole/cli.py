"""The command line: `podrole COMMAND …`. Each command lives beside its noun."""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import os
import sys
from collections.abc import Container, Sequence

from podrole import __version__
from podrole.command_parser import CommandParser
from podrole.policy.error import InputError
from podrole.terminal import one_line

#: Command to the module that carries it, and its line in `podrole --help`. A module is imported
#: only when its command is asked for: `podrole decide` must not pay for boto3.
COMMANDS = {
    "decide": (
        "podrole.policy.commands.decisions",
        "decide requests given as JSON lines on stdin: allow or deny",
    ),
    "explain": ("podrole.policy.commands.decisions", "decide one request, and explain why"),
    "who": (
        "podrole.policy.commands.decisions",
        "list the service accounts and principals that a trust policy admits",
    ),
    "lint": (
        "podrole.policy.commands.lint",
        "find what is valid in a policy but risky or without effect",
    ),
    "snippet": (
        "podrole.catalog.snippet_command",
        "render policies, manifests and commands with your values",
    ),
    "doctor": (
        "podrole.doctor.doctor_command",
        "find out why a pod is denied, from the output of kubectl and aws",
    ),
    "follow": ("podrole.follow.follow_command", "run a how-to page step by step in a new lab"),
    "conformance": (
        "podrole.conformance.conformance_command",
        "ask an endpoint what AWS accepts and refuses, and compare",
    ),
    "lab": (
        "podrole.lab.commands.lab",
        "run AWS and EKS on a laptop, for programs in any language",
    ),
}


def parser(names: Container[str]) -> argparse.ArgumentParser:
    """The parser of the command line, with the arguments of these commands."""
    whole = CommandParser(prog="podrole", description="AWS IAM for pods on EKS.")
    whole.add_argument("--version", action="version", version=f"podrole {__version__}")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name in names:
            importlib.import_module(module).configure(name, command)
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 (findings) or 2 (bad input)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parsed = parser(given[:1]).parse_args(given)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # JSON may hold half of a surrogate pair, which no encoding can write.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = int(parsed.run(parsed))
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except InputError as error:
        print(one_line(f"podrole: {error}"), file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader has had enough, as `podrole decide | head` has; nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"podrole: cannot write the answer: {error.strerror}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
