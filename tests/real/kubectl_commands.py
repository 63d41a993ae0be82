"""What kubectl prints and how it ends, against the real API server and against the lab's."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.real.api_client import ApiClient
from tests.real.settling import settle

_HERE = Path(__file__).parent
_WORDS = (
    (re.compile(r"\borders-api-[a-z0-9]{8,10}(-[a-z0-9]{5})?\b"), "orders-api-SET"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UID"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+ \+0000|Z)"), "TIME"),
    (re.compile(r"(LIVE|MERGED)-\d+"), r"\1"),
    (re.compile(r'resourceVersion: "\d+"'), "VERSION"),
    (re.compile(r"\b(\d+[smhd])+\b"), "AGE"),
    (re.compile(r" +"), " "),
)


def printed(
    program: Path, kubeconfig: str, home: str, api: ApiClient, commands: list[dict[str, str]]
) -> list[dict[str, Any]]:
    """The exit code and the output of each command, without what differs between two clusters."""
    found = []
    for command in commands:
        text = command["run"].replace("{file}", str(_HERE / "deployment.yml"))
        done = subprocess.run(
            [program, "--kubeconfig", kubeconfig, *shlex.split(text)],
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": os.environ["PATH"], "HOME": home},
        )
        if "settle" in command:
            settle(api, f"/apis/apps/v1/namespaces/shop/deployments/{command['settle']}")
        found.append({"code": done.returncode, "output": _plain(done.stdout + done.stderr)})
    return found


def _plain(text: str) -> str:
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    return text


def named(commands: list[dict[str, str]]) -> list[Mapping[str, str]]:
    """The commands as the table of differences names them."""
    return [{"name": f"kubectl {command['run']}"} for command in commands]
