"""The real AWS CLI without its start: half a second of imports is paid once, then it forks.

A script finds `aws` in its PATH as ever. That is a small client of a server that has awscli loaded;
each command runs in a fork of its own, with the script's arguments, folder, variables and files.
"""

from __future__ import annotations

import array
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore

#: What the catalogue's commands call.
SERVICES = ("dynamodb", "ecr", "eks", "iam", "kms", "organizations", "s3", "secretsmanager", "sts")
_CLIENT = """\
#!{python} -SE
import array, json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({path!r})
files = array.array("i", [0, 1, 2])
asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
server.sendmsg([len(asked).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
server.sendall(asked)
sys.exit(int(server.recv(8) or b"250"))
"""


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Write `folder/bin/aws` and start the server behind it; returns when it listens."""
    (folder / "bin").mkdir()
    path = folder / "aws.socket"
    aws = folder / "bin" / "aws"
    aws.write_text(_CLIENT.format(python=sys.executable, path=str(path)))
    aws.chmod(0o755)
    # Version 1 has had botocore's models within itself since its maintenance began, and none that
    # are newer: the lock's botocore has those that version 2 has.
    models = {"AWS_DATA_PATH": str(Path(botocore.__file__).parent / "data")}
    server = subprocess.Popen(
        [sys.executable, __file__, str(path)],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **models},
    )
    assert server.stdout is not None
    assert server.stdout.readline() == b"listening\n"
    return server


def _serve(path: str) -> None:
    import awscli.clidriver
    import awscli.customizations.waiters
    import botocore.auth
    import botocore.parsers  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    driver = awscli.clidriver.create_clidriver()
    driver._get_command_table()
    for kind in ("endpoints", "partitions", "sdk-default-configuration"):
        driver.session.get_data(kind)
    for service in SERVICES:  # which a fork then need not read
        driver.session.get_service_model(service)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    print("listening", flush=True)
    while True:
        client, _ = listener.accept()
        if os.fork() == 0:
            _run(client, driver)
        client.close()


def _run(client: socket.socket, driver: Any) -> None:
    files = array.array("i")
    head, ancillary, _, _ = client.recvmsg(4, socket.CMSG_LEN(3 * files.itemsize))
    for _, _, data in ancillary:
        files.frombytes(data[: 3 * files.itemsize])
    left, parts = int.from_bytes(head, "big"), []
    while left:
        parts.append(client.recv(left))
        left -= len(parts[-1])
    arguments, folder, environment = json.loads(b"".join(parts))
    if arguments[:1] == ["sqs"]:
        # Version 1 asks queue.amazonaws.com whatever AWS_ENDPOINT_URL says (seen 2026-11-23).
        arguments += ["--endpoint-url", environment["AWS_ENDPOINT_URL"]]
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        for number, file in enumerate(files):
            os.dup2(file, number)
        os.chdir(folder)
        own = {"AWS_DATA_PATH": os.environ["AWS_DATA_PATH"]}  # awscli sets it when it is loaded
        os.environ.clear()
        os.environ.update({**environment, **own})
        from awscli.customizations import assumerole

        # Assumed roles are kept below the home of whom the command is for, not the server's.
        assumerole.CACHE_DIR = os.path.expanduser("~/.aws/cli/cache")

        driver.session._config = driver.session._profile_map = None  # the caller's own is read
        sys.argv = ["aws", *arguments]
        try:
            code = driver.main(arguments) or 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        sys.stdout.flush()
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    client.sendall(str(code).encode())
    os._exit(0)


if __name__ == "__main__":
    _serve(sys.argv[1])
