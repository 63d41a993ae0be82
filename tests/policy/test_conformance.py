"""Cases as data: each row names the AWS page that it follows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from podrole.policy import Policy, PolicySet, Request, authorize, parse_policy

CASES = Path(__file__).parents[1] / "conformance" / "policy" / "cases.jsonl"
ROWS = [json.loads(line) for line in CASES.read_text().splitlines()]


def parsed(documents: Any, kind: Any) -> list[Policy]:
    several = documents if isinstance(documents, list) else [documents] if documents else []
    return [parse_policy(document, kind=kind) for document in several]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['id']} {row['name']}")
def test_case(row: dict[str, Any]) -> None:
    given = row["policies"]
    trust = row["request"]["action"].startswith("sts:")
    policies = PolicySet(
        identity=parsed(given["identity"], "identity"),
        resource=next(iter(parsed(given["resource"], "trust" if trust else "resource")), None),
        boundary=parsed(given["boundary"], "boundary") or None,
        session=parsed(given["session"], "session") or None,
        scp=[parsed(level, "scp") for level in given["scp"]],
        rcp=[parsed(level, "rcp") for level in given["rcp"]],
    )
    decision = authorize(Request(**row["request"]), policies)
    assert decision.effect == row["expected"], f"{decision}; by {row['doc']}"
