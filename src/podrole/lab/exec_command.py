"""`podrole lab exec POD -- CMD`: a program of this machine with a pod's variables and tokens."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

from .lab_client import LabClient, LabUnreachable

_REFRESH_SECONDS = 5


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `podrole lab exec` its arguments."""
    parser.add_argument("pod", help="a pod, or a deployment for its newest pod")
    parser.add_argument("--namespace", "-n", default="default", help="(%(default)s)")
    parser.add_argument("--container", "-c", help="container, by default the first")
    parser.add_argument("--endpoint", help="the lab's endpoint (AWS_ENDPOINT_URL)")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- CMD", help="the program")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the program; its exit code, or 2 where it could not be started."""
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        print("podrole: give the program after --, for example -- python app.py", file=sys.stderr)
        return 2
    try:
        client = LabClient(arguments.endpoint)
        with tempfile.TemporaryDirectory(prefix="podrole-pod-") as folder:
            return _run(client, arguments, command, Path(folder))
    except LabUnreachable as error:
        print(f"podrole: {error}", file=sys.stderr)
    except (FileNotFoundError, PermissionError) as error:
        print(f"podrole: {command[0]}: {error.strerror}", file=sys.stderr)
    return 2


def _run(client: LabClient, arguments: argparse.Namespace, command: list[str], folder: Path) -> int:
    pod = client.pod(arguments.pod, arguments.namespace, arguments.container)
    _write(folder, pod["files"])
    outside = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    # The mounts are at other places on this machine: the variables that name them say so.
    inside = {
        name: str(_place(folder, value)) if value in pod["files"] else value
        for name, value in pod["env"].items()
    }
    environment = {**outside, "HOSTNAME": pod["name"], **pod["reach"], **inside}
    process = subprocess.Popen(command, env=environment)  # noqa: S603  (the reader's own program)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda given, _: process.send_signal(given))
    done = threading.Event()

    def kubelet() -> None:
        while not done.wait(_REFRESH_SECONDS):
            try:
                fresh = client.pod(pod["name"], arguments.namespace, arguments.container)
            except LabUnreachable:
                return  # the pod or the lab is gone; the program finds out by itself
            _write(folder, fresh["files"])

    refresher = threading.Thread(target=kubelet, daemon=True)
    refresher.start()
    code = process.wait()
    done.set()
    refresher.join()
    return code if code >= 0 else 128 - code


def _place(folder: Path, path: str) -> Path:
    return folder / path.lstrip("/")


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Each file whole at any instant, as the kubelet swaps them."""
    for path, text in files.items():
        place = _place(folder, path)
        if place.exists() and place.read_text() == text:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        new = place.with_name(f".{place.name}.new")
        new.touch(mode=0o600)
        new.write_text(text)
        new.replace(place)
