"""`podrole lab`: serve the lab, run programs as pods, inject pods, connect a cluster, reset."""

from __future__ import annotations

import argparse

from podrole.lab.commands import connect as connect_command
from podrole.lab.commands import exec as exec_command
from podrole.lab.commands import inject as inject_command
from podrole.lab.commands import serve as serve_command
from podrole.lab.serving.lab_client import LabClient, LabUnreachable
from podrole.policy.error import InputError


def configure(_name: str, parser: argparse.ArgumentParser) -> None:
    """Give `podrole lab` its commands."""
    commands = parser.add_subparsers(
        dest="lab_command",
        required=True,
        metavar="COMMAND",
        parser_class=exec_command.ExecParser,
    )
    serve_command.configure(
        commands.add_parser("serve", help="serve the lab on loopback ports until Ctrl-C")
    )
    exec_command.configure(
        commands.add_parser("exec", help="run a program with a pod's variables and token files")
    )
    inject_command.configure(
        commands.add_parser(
            "inject", help="show what the pod identity webhook adds to a pod on stdin"
        )
    )
    connect_command.configure(
        commands.add_parser(
            "connect", help="let the pods of a cluster on this machine use the served lab as AWS"
        )
    )
    reset = commands.add_parser("reset", help="reset the served lab to its initial state")
    reset.add_argument("--endpoint", help="the lab's endpoint (AWS_ENDPOINT_URL)")
    reset.set_defaults(run=_reset)


def _reset(arguments: argparse.Namespace) -> int:
    try:
        LabClient(arguments.endpoint).reset()
    except LabUnreachable as error:
        raise InputError(str(error)) from error
    return 0
