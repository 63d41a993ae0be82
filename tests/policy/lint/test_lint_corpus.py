"""A hundred faulty policies and a hundred good ones: each fault is found, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from podrole.policy import PolicyError, parse_policy
from podrole.policy.lint import lint

CORPUS = Path(__file__).parents[2] / "conformance/lint"


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPUS / name).read_text().splitlines()]


def found(row: dict[str, Any]) -> set[str]:
    try:
        return {item.code for item in lint(parse_policy(row["policy"], kind=row["kind"]))}
    except PolicyError as error:
        return {error.code}


def test_each_fault_is_found() -> None:
    bad = rows("bad.jsonl")
    assert len(bad) == len({json.dumps(row) for row in bad}) == 100
    missed = [(row["fault"], found(row)) for row in bad if row["fault"] not in found(row)]
    assert missed == []


def test_a_good_policy_has_no_finding() -> None:
    good = rows("good.jsonl")
    assert len(good) == len({json.dumps(row) for row in good}) == 100
    assert [(row["policy"], found(row)) for row in good if found(row)] == []
