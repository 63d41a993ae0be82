"""The README's two commands where nothing is installed but git, make and Python.

A fresh clone in a folder that goes away, and a PATH of those three and of what every Unix has. What
a test wants beyond that is skipped here, though CI is set for the rest of the run.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: What the Makefile, git, the AWS CLI and the guide's own scripts call.
UNIX = (
    *("awk", "base64", "basename", "bash", "cat", "chmod", "cp", "cut", "date", "dirname"),
    *("env", "find", "grep", "head", "id", "ln", "ls", "mkdir", "mktemp", "mv", "rm", "sed"),
    *("sh", "sleep", "sort", "tail", "touch", "tr", "true", "uname", "wc", "yes"),
)
#: Which tests passed here; `.ci/run` need not run them again.
PROVEN = ROOT / ".cache/proven.txt"
#: Pages, and what stands on each.
PAGES = {
    "": "<title>",
    "notebooks/02-irsa/": "Download this notebook",
    "check/policy/": "This copy of the guide was built without Node.js",
    "llms.txt": "# ",
}


def main() -> None:
    """Run both, and end with 1 where one of them fails."""
    PROVEN.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        environment = bare(folder / "bin")
        clone = folder / "podrole"
        # A checkout of another user's is git's business, not ours.
        subprocess.run(
            ["git", "clone", "--quiet", str(ROOT), str(clone)],
            env={**environment, **_trusted(folder)},
            check=True,
        )
        print(f"bare: the last commit, with git, make, python3, {', '.join(UNIX)}", flush=True)
        serve(clone, environment)
        proves = {"PODROLE_PROVES": str(PROVEN)}
        done = subprocess.run(["make", "test"], cwd=clone, env={**environment, **proves})
    if done.returncode:
        sys.exit("bare: make test failed with git, make and Python alone")
    print("bare: both commands work with git, make and Python alone")


def bare(folder: Path) -> dict[str, str]:
    """Fill a folder for PATH, and return an environment with it and without CI."""
    folder.mkdir()
    (folder / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    for name in ("git", "make", *UNIX):
        found = shutil.which(name)
        if not found:
            sys.exit(f"bare: this machine has no {name}")
        (folder / name).symlink_to(found)
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    return {**kept, "PATH": str(folder)}


def _trusted(folder: Path) -> dict[str, str]:
    config = folder / "gitconfig"
    config.write_text("[safe]\n\tdirectory = *\n")
    return {"GIT_CONFIG_GLOBAL": str(config)}


def serve(clone: Path, environment: dict[str, str]) -> None:
    """`make serve` says what is left out and where it serves; a page of each kind is there."""
    process = subprocess.Popen(
        ["make", "serve", "PORT=0"],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    said = ""
    try:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            said += line
            if line.startswith("Serving "):
                break
        else:
            sys.exit("bare: make serve ended before it served")
        if "without Run buttons" not in said:
            sys.exit("bare: make serve does not say what it leaves out")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for page, text in PAGES.items():
            with opener.open(f"{line.split()[1]}{page}", timeout=30) as answer:
                if text not in answer.read().decode():
                    sys.exit(f"bare: no {text!r} in {page!r}")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


if __name__ == "__main__":
    main()
