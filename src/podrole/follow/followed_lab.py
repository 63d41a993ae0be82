"""A lab in a process of its own, and a shell in which a reader's commands reach it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from podrole.follow.inventory import Inventory
from podrole.follow.kubectl_exec import write_kubectl
from podrole.lab.serving.lab_client import LabClient
from podrole.policy.error import InputError

#: What a page's commands call, and how to get it.
TOOLS = {
    "bash": "apt-get install bash",
    "aws": "docs.aws.amazon.com/cli, or pip install awscli",
    "kubectl": "kubernetes.io/docs/tasks/tools",
}
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
#: What a reader's one shell keeps from block to block: the variables that a block exports.
_KEEPING = """\
if [ -f "$HOME/exported" ]; then . "$HOME/exported"; fi
trap 'export -p > "$HOME/exported"' EXIT
"""
_RESTART = "rollout restart"
#: A command that takes longer than this hangs.
_LONGEST_SECONDS = 120
_SLEEP = """\
#!/bin/sh
# The lab is consistent at once: what waits for EKS need not.
exit 0
"""


class FollowError(InputError):
    """A page that cannot be followed here: what is missing."""


@dataclass(frozen=True)
class Typed:
    """What a shell made of a block: its exit code, and all that it printed."""

    code: int
    printed: str


class FollowedLab:
    """A served lab, made new, and the folder in which a reader sits.

    Attributes:
        settings: what `podrole lab serve --json` prints.
        folder: where the commands run; empty at the start.
        inventory: reads what stands in the lab.
        at_first: what stands in it when it is new.
    """

    def __init__(self, settings: Mapping[str, Any], folder: Path, programs: Sequence[Path]) -> None:
        self.settings, self.folder = settings, folder / "work"
        self.folder.mkdir()
        home = folder / "home"
        (home / ".aws").mkdir(parents=True)
        (home / ".aws/credentials").write_text(_profiles(settings["accounts"]))
        # The keys stand in profiles, as a reader's do: `export AWS_PROFILE=account-b` takes others.
        given = settings["environment"].items()
        variables = {
            **{name: value for name, value in given if name not in _KEYS},
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
            "AWS_SHARED_CREDENTIALS_FILE": str(home / ".aws/credentials"),
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": ":".join([*map(str, programs), os.environ.get("PATH", "/usr/bin:/bin")]),
        }
        if "TERM" in os.environ:
            variables["TERM"] = os.environ["TERM"]
        self._variables = variables
        self._restarted = 0.0
        self._bash = str(shutil.which("bash"))
        self.inventory = Inventory(settings)
        self.at_first = self.inventory.read()

    def renew(self) -> None:
        """Make the lab new, on the same ports, and the folder empty."""
        LabClient(self.settings["endpoint"]).reset()
        shutil.rmtree(self.folder)
        Path(self._variables["HOME"], "exported").unlink(missing_ok=True)
        self.folder.mkdir()

    def type(self, script: str) -> Typed:
        """Run a block as bash does, and end at the first command that fails."""
        if _RESTART in script:
            # kubectl takes one restart of a deployment a second. A reader is slower.
            time.sleep(max(0.0, self._restarted + 1 - time.monotonic()))
        done = subprocess.run(  # noqa: S603  (a page's commands)
            [self._bash, "-euo", "pipefail", "-c", _KEEPING + script],
            cwd=self.folder,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LONGEST_SECONDS,
        )
        if _RESTART in script:
            self._restarted = time.monotonic()
        return Typed(done.returncode, done.stdout)


@contextmanager
def followed_lab(programs: Path | None = None) -> Iterator[FollowedLab]:
    """A lab made new; it ends with the block.

    The `aws` and `kubectl` in the folder `programs` are taken before those of PATH. Raises
    FollowError if a tool is missing.
    """
    places = [str(programs)] if programs else []
    path = ":".join([*places, os.environ.get("PATH", "")])
    found = {name: shutil.which(name, path=path) for name in TOOLS}
    for name, where in found.items():
        if where is None:
            raise FollowError(f"no {name} on this machine: {TOOLS[name]}")
    with TemporaryDirectory(prefix="podrole-follow-") as name, _serving() as settings:
        folder = Path(name)
        own = folder / "bin"
        own.mkdir()
        write_kubectl(own, str(found["kubectl"]))
        (own / "aws").symlink_to(str(found["aws"]))
        (own / "podrole").symlink_to(Path(sys.executable).with_name("podrole"))
        # A link would not find the libraries of an environment.
        scripts = {"sleep": _SLEEP, "python": f'#!/bin/sh\nexec {sys.executable} "$@"\n'}
        for program, text in scripts.items():
            (own / program).write_text(text)
            (own / program).chmod(0o755)
        yield FollowedLab(settings, folder, [own])


@contextmanager
def _serving() -> Iterator[dict[str, Any]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "podrole", "lab", "serve", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise FollowError("the lab did not start; see above")
        yield json.loads(line)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def _profiles(accounts: Mapping[str, Mapping[str, str]]) -> str:
    """The operator of the first account by default, and of the second as `account-b`."""
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key.lower()} = {keys[key]}\n" for key in _KEYS)
        for name, keys in zip(("default", "account-b"), accounts.values(), strict=False)
    )
