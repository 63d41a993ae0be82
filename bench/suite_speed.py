"""How long the whole suite takes, beside its parts one after another (about 12 minutes).

Ours: `make test`. The peer: `jupyter nbconvert --execute` over the notebooks, one after
another, and the rest of the suite in one process. Both in this run, on this machine.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def seconds(*command: str) -> float:
    """How long a command takes; it must go well."""
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - began


def main() -> None:
    """Print both times and their ratio."""
    python = [sys.executable, "-m"]
    ours = seconds("make", "test")
    with tempfile.TemporaryDirectory() as folder:
        notebooks = sum(
            seconds(*python, "nbconvert", "--execute", "--to", "notebook", "--output-dir", folder,
                    str(path))
            for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
        )  # fmt: skip
    of_the_site = sys.argv[1:]  # what `make test-site` runs
    rest = seconds(*python, "pytest", *(f"--ignore={one}" for one in of_the_site), "tests")
    print(f"whole suite: {ours:.0f} s")
    print(f"nbconvert, one notebook after another: {notebooks:.0f} s; the rest: {rest:.0f} s")
    print(f"ratio: {ours / (notebooks + rest):.2f}")


if __name__ == "__main__":
    main()
