"""Node.js and npm of this machine, by which Python is packed for the reader's browser."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from pathlib import Path

#: The oldest major version that runs Pyodide and our programs.
OLDEST = 20


class NodeError(RuntimeError):
    """The machine has no Node.js that would do; the message says what it lacks and what helps."""


@functools.cache
def node() -> str:
    """Return the path of Node.js.

    Raises NodeError: it is missing or too old.
    """
    program = _found("node", "Node.js")
    done = subprocess.run(  # noqa: S603  the program found above
        [program, "--version"], capture_output=True, text=True, check=False
    )
    version = re.match(r"v([0-9]+)\.", done.stdout)
    if not version or int(version[1]) < OLDEST:
        told = f"is {done.stdout.strip()}" if version else "does not say its version"
        raise NodeError(f"Node.js here {told}; install {OLDEST} or newer, with npm")
    return program


def install(folder: Path, *options: str) -> None:
    """Install what the folder's lock file names into its `node_modules`, unless it is there.

    `folder`: holds `package.json` and `package-lock.json`. `options`: more options of `npm ci`.
    Raises NodeError: Node.js or npm is missing, Node.js is too old, or npm failed.
    """
    node()  # npm is a program of it
    npm = _found("npm", "npm")
    lock, installed = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    command = [npm, "ci", "--loglevel=error", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(  # noqa: S603  by the lock file, whose hashes npm checks
        [*command, *options], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = " ".join(done.stderr.split())[:300] or "npm does not say why"
        raise NodeError(f"npm could not install what {folder.name}/{lock.name} names: {said}")


def _found(name: str, title: str) -> str:
    program = shutil.which(name)
    if not program:
        raise NodeError(f"no {title} on this machine; install Node.js {OLDEST} or newer, with npm")
    return program
