"""Cases as data: each row names the AWS page that it follows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from podrole.policy.rows import decide_row
from tests.files import files

CASES = Path(__file__).parents[1] / "conformance" / "policy"
ROWS = [
    json.loads(line) for path in files(CASES, "*.jsonl") for line in path.read_text().splitlines()
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['id']} {row['name']}")
def test_case(row: dict[str, Any]) -> None:
    decision = decide_row({"request": row["request"], "policies": row["policies"]})
    assert decision.effect == row["expected"], f"{decision}; by {row['doc']}"
