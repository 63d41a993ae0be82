"""How long the whole suite takes, beside its parts one after another (about 12 minutes).

Ours: `make test`'s pytest. The peer: `jupyter nbconvert --execute` over the notebooks, one after
another, and the rest of the suite in one process. Both in this run, on this machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: What `make test-site` runs.
OF_THE_SITE = ("tests/browser", "tests/site/test_valid_html.py", "tests/site/test_zensical.py")


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
    pytest = [*python, "pytest", "-q", *(f"--ignore={path}" for path in OF_THE_SITE)]
    os.environ["PODROLE_SITE"] = str(ROOT / "site")
    whole = [*pytest, "-n", "auto", "--dist", "loadfile", "--nbval", "--nbval-current-env"]
    ours = seconds(*whole, "tests", "notebooks")
    with tempfile.TemporaryDirectory() as folder:
        notebooks = sum(
            seconds(*python, "nbconvert", "--execute", "--to", "notebook", "--output-dir", folder,
                    str(path))
            for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
        )  # fmt: skip
    rest = seconds(*pytest, "tests")
    print(f"whole suite: {ours:.0f} s")
    print(f"nbconvert, one notebook after another: {notebooks:.0f} s; the rest: {rest:.0f} s")
    print(f"ratio: {ours / (notebooks + rest):.2f}")


if __name__ == "__main__":
    main()
