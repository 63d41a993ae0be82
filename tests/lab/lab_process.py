"""`podrole lab serve` in a process of its own, and clients of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config


@contextmanager
def serving(*arguments: str, told: str = "", killed: bool = False) -> Iterator[dict[str, Any]]:
    """What `podrole lab serve --port 0 --json` prints, and its `pid`; ended by Ctrl-C, which must
    go well, unless the block has `killed` it.

    `told` is what stands on its stderr at the end.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "podrole", "lab", "serve", "--port", "0", "--json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield {**json.loads(line), "pid": process.pid}
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == (-signal.SIGKILL if killed else 0), errors
    assert errors == told, errors


def control(served: dict[str, Any]) -> dict[str, str]:
    """The header by which a lab's own interface knows who asks."""
    return {"X-Podrole-Lab": served["environment"]["PODROLE_LAB_TOKEN"]}


def client(
    served: dict[str, Any], service: str, *, signature_version: str | None = None, **keys: str
) -> Any:
    """A boto3 client of the lab, as its operator or with these keys."""
    environment = served["environment"]
    own = {
        f"aws_{name}": environment[f"AWS_{name.upper()}"]
        for name in ("access_key_id", "secret_access_key", "session_token")
    }
    return boto3.client(
        service,
        endpoint_url=served["endpoint"],
        region_name=environment["AWS_REGION"],
        config=Config(retries={"total_max_attempts": 1}, signature_version=signature_version),
        **(keys or own),
    )
