"""`make bench`: how many of 100 faulty policies lint reports, and of 100 good ones, beside peers.

The peers are outside tools of PyPI: parliament, cloudsplaining and checkov, installed pinned into
.cache/. A policy counts as reported where a tool has any finding on it: the tools name faults
differently. The policies are this project's own, so the row of podrole is a floor, not a race.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from podrole.policy import PolicyError, parse_policy
from podrole.policy.lint import lint

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests/conformance/lint"
PEERS = {"parliament": "1.6.4", "cloudsplaining": "0.9.1", "checkov": "3.3.30"}
_SCRIPT = ROOT / "bench/lint_peers.py"

Row = dict[str, Any]


def rows(name: str) -> list[Row]:
    """The policies of one file of the corpus."""
    return [json.loads(line) for line in (CORPUS / f"{name}.jsonl").read_text().splitlines()]


def reported(row: Row) -> bool:
    """Whether podrole lint says anything of the policy."""
    try:
        return bool(lint(parse_policy(row["policy"], kind=row["kind"])))
    except PolicyError:
        return True


def peer(name: str, version: str, policies: list[Row]) -> list[bool] | str:
    """Which of the policies the peer reports; a sentence where it cannot be had or run."""
    folder = ROOT / ".cache/lint-peers" / f"{name}-{version}"
    python = folder / "bin/python"
    uv = str(Path(sys.executable).parent / "uv")
    try:
        if not (folder / "ready").exists():
            base = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)]
            subprocess.run(base, check=True, capture_output=True, timeout=120)
            wanted = [f"{name}=={version}", "setuptools<81"]  # parliament imports pkg_resources
            install = [uv, "pip", "install", "--quiet", "--python", str(python), *wanted]
            subprocess.run(install, check=True, capture_output=True, timeout=400)
            (folder / "ready").touch()
        done = subprocess.run(
            [str(python), str(_SCRIPT), name],
            input=json.dumps(policies),
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"not measured: {type(error).__name__}"
    return list(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Print the figures."""
    bad, good = rows("bad"), rows("good")
    print("policies reported                 of 100 faulty  of 100 good (false alarms)")
    ours = sum(map(reported, bad)), sum(map(reported, good))
    print(f"{'podrole lint':<32}{ours[0]:>15}{ours[1]:>13}")
    for name, version in PEERS.items():
        found = peer(name, version, bad + good)
        if isinstance(found, str):
            print(f"{name} {version}: {found}")
        else:
            counts = sum(found[: len(bad)]), sum(found[len(bad) :])
            print(f"{f'{name} {version}':<32}{counts[0]:>15}{counts[1]:>13}")


if __name__ == "__main__":
    main()
