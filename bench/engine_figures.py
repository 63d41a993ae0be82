"""One build of the engine, measured in CPU time: `python bench/engine_figures.py SRC MANAGED`.

Prints one JSON object. `SRC` is the folder that holds `podrole`, so that an older build is measured
by the same code; `MANAGED` is the file with AWS's managed policies, `-` for none.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SRC = Path(sys.argv[1]).resolve()
sys.path.insert(0, str(SRC))
policy = importlib.import_module("podrole.policy")
rows = importlib.import_module("podrole.policy.rows")
lint = importlib.import_module("podrole.policy.lint").lint
who = importlib.import_module("podrole.policy.who").who
if not callable(who):
    who = importlib.import_module("podrole.policy.who.admitted").who

CASES = Path(__file__).parents[1] / "tests/conformance/policy/cases.jsonl"
LINES = CASES.read_text().splitlines()
ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
TRUSTS = 20_000


def rate(run: Callable[[], Any], count: int) -> float:
    """How many a second: the best of slices, as what disturbs one only ever slows it."""
    rates = []
    for _ in range(20):
        started, done = time.process_time(), 0
        while time.process_time() - started < 0.1:
            run()
            done += count
        rates.append(done / (time.process_time() - started))
    return max(rates)


def compiled() -> float:
    """Decisions a second on policies that were parsed beforehand, mixed cases."""
    pairs = []
    for row in map(json.loads, LINES):
        given = row["request"]
        policies = rows._policy_set(row["policies"], [given["action"]])
        pairs.append((policy.Request(**given), policies))
    return rate(lambda: [policy.authorize(*pair) for pair in pairs], len(pairs))


def from_json() -> float:
    """Parse, compile and decide from JSON text each time."""

    def run() -> None:
        for line in LINES:
            rows._parsed.cache_clear()
            rows.decide_row(json.loads(line))

    return rate(run, len(LINES))


def of_trusts() -> tuple[float, float]:
    """The seconds that `who` takes for 20,000 trust policies, and the megabytes at its peak."""
    started = time.process_time()
    for number in range(TRUSTS):
        subject = f"system:serviceaccount:team-{number % 500}:app-{number}"
        text = json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"},
                    "Condition": {
                        "StringEquals": {
                            f"{ISSUER}:sub": subject,
                            f"{ISSUER}:aud": "sts.amazonaws.com",
                        }
                    },
                },
            }
        )
        for admitted in who(policy.parse_policy(text, kind="trust")):
            assert subject in str(admitted)
    seconds = time.process_time() - started
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def of_managed(file: Path) -> float:
    """The seconds that lint takes for all stored versions."""
    policies = [policy.parse_policy(item) for item in _documents(json.loads(file.read_text()))]
    started = time.process_time()
    for one in policies:
        lint(one)
    return time.process_time() - started


def _documents(value: Any) -> Iterator[Any]:
    if isinstance(value, dict) and "Statement" in value:
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _documents(item)


def main() -> None:
    """Print the figures."""
    assert policy.__file__.startswith(str(SRC)), policy.__file__
    who_seconds, megabytes = of_trusts()
    found = {
        "compiled": compiled(),
        "from_json": from_json(),
        "who": who_seconds,
        "megabytes": megabytes,
    }
    if sys.argv[2] != "-":
        found["lint"] = of_managed(Path(sys.argv[2]))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
