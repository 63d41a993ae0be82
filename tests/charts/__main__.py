"""Install each project's chart in a lab, use a custom resource of it, and take all away again.

Fetches the releases by Go (network), and builds helm by Go the first time. Prints a row a project;
the exit code is 1 where something was refused or stayed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from tests.charts.projects import HELM, PROJECTS, Project
from tests.client_programs import CACHE, kubectl
from tests.lab.lab_process import serving

_HERE = Path(__file__).parent
_GO = {**os.environ, "GOBIN": str(CACHE / "charts"), "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod"}


class Refused(Exception):
    """A command that failed, with what it said."""


class Cluster:
    """A lab's cluster, by kubectl and helm."""

    def __init__(self, kubeconfig: str, home: Path) -> None:
        folders = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "KUBECONFIG": kubeconfig,
            **{name: str(home / name) for name in folders},
        }

    def run(self, *command: str) -> str:
        """What a command prints. Raises Refused."""
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, timeout=120
        )
        if done.returncode:
            raise Refused(f"{' '.join(command[:4])}…: {done.stderr.strip()}")
        return done.stdout


def release(module: str) -> Path:
    """The folder of a module at its version, fetched by Go."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "go.mod").write_text("module charts\n")
        done = subprocess.run(
            ["go", "mod", "download", "-json", module],
            cwd=folder,
            env=_GO,
            capture_output=True,
            text=True,
        )
    found = json.loads(done.stdout or "{}")
    if "Dir" not in found:
        sys.exit(f"charts: {module}: {found.get('Error') or done.stderr}")
    return Path(found["Dir"])


def helm() -> str:
    """helm, built once."""
    path = CACHE / "charts" / "helm"
    if not path.exists():
        subprocess.run(["go", "install", "-ldflags=-s -w", HELM], env=_GO, check=True)
    return str(path)


def chart(source: Path, folder: Path) -> str:
    """A copy of a chart without the charts that it fetches from elsewhere if they are wanted."""
    copy = folder / source.name
    shutil.copytree(source, copy)
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    described = yaml.safe_load((copy / "Chart.yaml").read_text())
    described.pop("dependencies", None)
    (copy / "Chart.yaml").write_text(yaml.safe_dump(described))
    (copy / "Chart.lock").unlink(missing_ok=True)
    return str(copy)


def tried(project: Project, cluster: Cluster, folder: Path) -> str:
    """What was done with a project, in a few words. Raises Refused."""
    source, ctl = release(project.module), kubectl()
    space = ("--namespace", project.name)
    definitions = [str(path) for path in sorted((source / project.definitions).glob("*.*_*.yaml"))]
    if not project.definitions:
        definitions = []
    for path in definitions:
        cluster.run(ctl, "apply", "--server-side", "-f", path)
    for number, place in enumerate(project.charts):
        last = number == len(project.charts) - 1
        settings = [f"--set={one}" for one in (project.settings if last else ())]
        where = chart(source / place, folder)
        name = project.name if last else f"{project.name}-{number}"
        cluster.run(helm(), "install", name, where, *space, "--create-namespace", *settings)
    made = cluster.run(helm(), "get", "manifest", project.name, *space).count("\nkind: ")
    manifest = str(_HERE / "manifests" / f"{project.name}.yml")
    used = cluster.run(ctl, "apply", *space, "-f", manifest).count(" created")
    cluster.run(ctl, "get", *space, "-f", manifest)
    cluster.run(ctl, "delete", *space, "-f", manifest)
    for name in json.loads(cluster.run(helm(), "list", "-o", "json", *space)):
        cluster.run(helm(), "uninstall", name["name"], *space)
    for path in definitions:
        cluster.run(ctl, "delete", "-f", path)
    cluster.run(ctl, "delete", "namespace", project.name)
    left = cluster.run(ctl, "get", "crd", "-o", "name").split()
    if left:  # helm leaves what a chart has in its folder `crds`
        cluster.run(ctl, "delete", *left)
    return f"{made} objects installed, {used} custom resources made and deleted, all removed"


def main() -> int:
    """Try each project. Returns the exit code."""
    failed = 0
    with serving() as served, tempfile.TemporaryDirectory() as home:
        cluster = Cluster(served["kubeconfig"], Path(home))
        for project in PROJECTS:
            folder = Path(home) / project.name
            folder.mkdir()
            try:
                said = tried(project, cluster, folder)
            except Refused as error:
                failed, said = 1, f"REFUSED {error}"
            print(f"{project.module.rpartition('/')[2]}: {said}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
