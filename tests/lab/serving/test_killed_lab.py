"""A lab with a state file that is killed, has no room, or has a twin: as processes, on ports."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from tests.lab.lab_process import client, serving
from tests.lab.serving.test_served_lab import podrole

_CLIENTS, _WRITES = 4, 100


def names(iam: Any) -> set[str]:
    pages = iam.get_paginator("list_users").paginate()
    return {user["UserName"] for page in pages for user in page["Users"]}


def test_kill_9_in_mid_write_loses_no_acknowledged_write(tmp_path: Path) -> None:
    state = tmp_path / "lab.json"
    acknowledged: list[str] = []
    with serving("--state", str(state), killed=True) as served:
        iam = client(served, "iam")

        def write(number: int) -> None:
            for turn in range(_WRITES):
                name = f"u-{number}-{turn}"
                try:
                    iam.create_user(UserName=name)
                except (BotoCoreError, ClientError, ResponseParserError):
                    return  # the lab is gone, perhaps in the middle of an answer
                acknowledged.append(name)
                if len(acknowledged) >= _WRITES:  # the others are writing
                    os.kill(served["pid"], signal.SIGKILL)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(_CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert _WRITES <= len(acknowledged) < _CLIENTS * _WRITES
    with serving("--state", str(state)) as served:  # nobody holds the lock any more
        assert names(client(served, "iam")) >= set(acknowledged)


def test_a_second_lab_on_the_file_is_refused_in_one_line(tmp_path: Path) -> None:
    state = tmp_path / "lab.json"
    with serving("--state", str(state)) as served:
        client(served, "iam").create_user(UserName="bob")
        done = podrole("lab", "serve", "--port", "0", "--state", str(state))
        assert (done.returncode, done.stdout) == (2, "")
        said = "another lab is using it; stop that lab or give another file"
        assert done.stderr == f"podrole: {state}: {said}\n"
        client(served, "iam").create_user(UserName="eve")
    with serving("--state", str(state)) as served:
        assert names(client(served, "iam")) == {"bob", "eve"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process")
def test_room_that_runs_out_and_comes_back(tmp_path: Path) -> None:
    """The system itself refuses to let the file grow; what was refused is not in it."""
    state = tmp_path / "lab.json"
    with serving("--state", str(state)) as served:
        iam = client(served, "iam")
        iam.create_user(UserName="bob")
        _, hard = resource.prlimit(served["pid"], resource.RLIMIT_FSIZE)
        limit = state.stat().st_size + 300  # a part of a request
        resource.prlimit(served["pid"], resource.RLIMIT_FSIZE, (limit, hard))
        with pytest.raises(ClientError, match=r"cannot be written \(File too large\)"):
            iam.create_user(UserName="eve")
        resource.prlimit(served["pid"], resource.RLIMIT_FSIZE, (hard, hard))
        assert names(iam) == {"bob"}
        iam.create_user(UserName="mallory")
    with serving("--state", str(state)) as served:
        assert names(client(served, "iam")) == {"bob", "mallory"}
